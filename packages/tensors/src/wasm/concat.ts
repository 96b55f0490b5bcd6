import * as tf from '@tensorflow/tfjs-core';
import { addressOf, kernelsOf, type PartialKernel, type WasmBackend } from './heap.js';

/** Tensors side by side along an axis, by copying rows; the stock kernel takes a view of memory for each row of each. */
export const concat: PartialKernel = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { axis } = attrs as unknown as { axis: number };
  const tensors = inputs as unknown as tf.TensorInfo[];
  const full = tensors.filter(({ shape }) => tf.util.sizeFromShape(shape) > 0);
  // One alone is shared, not copied; the stock kernel does so.
  if (full.length < 2 || tensors.some(({ dtype }) => dtype !== 'float32')) return undefined;
  const shapes = tensors.map(({ shape }) => shape);
  const [at] = tf.util.parseAxisParam(axis, shapes[0]!) as [number];
  tf.backend_util.assertParamsConsistent(shapes, at);
  const outShape = tf.backend_util.computeOutShape(shapes, at);
  const out = backend.makeOutput(outShape, 'float32');
  const rows = tf.util.sizeFromShape(outShape.slice(0, at));
  const line = 4 * tf.util.sizeFromShape(outShape.slice(at));
  const { copyRows } = kernelsOf(backend);
  let to = addressOf(backend, out);
  for (const tensor of full) {
    const bytes = 4 * tf.util.sizeFromShape(tensor.shape.slice(at));
    copyRows(rows, bytes, addressOf(backend, tensor), bytes, to, line);
    to += bytes;
  }
  return out;
};
