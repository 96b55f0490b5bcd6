import * as tf from '@tensorflow/tfjs-core';
import { addressOf, kernelsOf, type PartialKernel, type WasmBackend, withScratch } from './heap.js';

/**
 * Sums over neighbouring axes that are not the last ones, which the stock kernel transposes first, and of nothing, which it
 * leaves as the memory was.
 */
export const sum: PartialKernel = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const x = inputs['x'] as tf.TensorInfo;
  const { axis, keepDims } = attrs as unknown as { axis: number | number[]; keepDims: boolean };
  if (x.dtype !== 'float32') return undefined;
  const axes = tf.util.parseAxisParam(axis, x.shape);
  const [outShape] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
  const parts = partsOf(x.shape, axes);
  if (!parts) return undefined;
  const shape = keepDims ? tf.backend_util.expandShapeToKeepDim(outShape, axes) : outShape;
  const out = backend.makeOutput(shape, 'float32');
  withScratch(backend, 12 * parts.width, (scratch) => {
    const { count, rows, width } = parts;
    kernelsOf(backend).sumRows(count, rows, width, addressOf(backend, x), addressOf(backend, out), scratch);
  });
  return out;
};

/** The tensor as so many matrices whose rows are summed; undefined where axes stay between or none behind. */
function partsOf(shape: readonly number[], axes: readonly number[]) {
  const size = (sides: readonly number[]) => sides.reduce((product, side) => product * side, 1);
  if (size(shape) === 0) return { count: 1, rows: 0, width: size(shape.filter((_, d) => !axes.includes(d))) };
  // Sides of 1 stand nowhere.
  const long = [...shape.keys()].filter((d) => shape[d] !== 1);
  const from = long.findIndex((d) => axes.includes(d));
  const to = long.findLastIndex((d) => axes.includes(d)) + 1;
  if (from < 0 || to === long.length || !long.slice(from, to).every((d) => axes.includes(d))) return undefined;
  const sides = long.map((d) => shape[d]!);
  return { count: size(sides.slice(0, from)), rows: size(sides.slice(from, to)), width: size(sides.slice(to)) };
}
