import type * as tf from '@tensorflow/tfjs-core';
import { addressOf, kernelsOf, type PartialKernel, type WasmBackend } from './heap.js';

/** Shorter rows are left to the stock kernel. */
const SHORTEST = 4;

/**
 * Transposes that exchange two neighbouring runs of axes and leave the rows behind whole, as attention's heads need them: rows are
 * copied, where the stock kernel looks each element's place up.
 */
export const transpose: PartialKernel = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const x = inputs['x'] as tf.TensorInfo;
  const { perm } = attrs as unknown as { perm: readonly number[] };
  if (x.dtype !== 'float32' && x.dtype !== 'int32') return undefined;
  const parts = partsOf(x.shape, perm);
  if (!parts) return undefined;
  const { count, rows, columns, width } = parts;
  // Where nothing moves the stock kernel shares the memory.
  if (width < SHORTEST || rows === 1 || columns === 1) return undefined;
  const out = backend.makeOutput(
    perm.map((axis) => x.shape[axis]!),
    x.dtype,
  );
  kernelsOf(backend).swapRows(count, rows, columns, 4 * width, addressOf(backend, x), addressOf(backend, out));
  return out;
};

/** The tensor as matrices of rows whose two sides are exchanged; undefined where it is none. */
function partsOf(shape: readonly number[], perm: readonly number[]) {
  const from = perm.findIndex((axis, d) => axis !== d);
  // The axes that come first afterwards are the second run.
  const [middle, second] = [perm[from], perm.indexOf(from)];
  if (middle === undefined) return undefined;
  const to = middle + second - from;
  const exchanged = perm.every((axis, d) => {
    if (d < from || d >= to) return axis === d;
    return axis === (d < second ? middle + d - from : from + d - second);
  });
  if (!exchanged) return undefined;
  const size = (start: number, end?: number) => shape.slice(start, end).reduce((product, side) => product * side, 1);
  return { count: size(0, from), rows: size(from, middle), columns: size(middle, to), width: size(to) };
}
