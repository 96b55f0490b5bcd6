import * as tf from '@tensorflow/tfjs-core';
import { addressOf, kernelsOf, type PartialKernel, type WasmBackend } from './heap.js';

/** Parts of a tensor along an axis, by copying rows; the stock kernel takes a view of memory for each row of each part. */
export const splitV: PartialKernel = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const x = inputs['x'] as tf.Tensor;
  const { numOrSizeSplits, axis } = attrs as unknown as { numOrSizeSplits: number | number[]; axis: number };
  if (x.dtype !== 'float32') return undefined;
  const [at] = tf.util.parseAxisParam(axis, x.shape) as [number];
  const rows = tf.util.sizeFromShape(x.shape.slice(0, at));
  const inner = 4 * tf.util.sizeFromShape(x.shape.slice(at + 1));
  const line = inner * x.shape[at]!;
  const { copyRows } = kernelsOf(backend);
  let from = addressOf(backend, x);
  return tf.backend_util.prepareSplitSize(x, numOrSizeSplits, at).map((side) => {
    const part = backend.makeOutput(x.shape.with(at, side), 'float32');
    const bytes = inner * side;
    copyRows(rows, bytes, from, line, addressOf(backend, part), bytes);
    from += bytes;
    return part;
  });
};
