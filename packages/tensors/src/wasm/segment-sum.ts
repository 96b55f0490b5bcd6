import * as tf from '@tensorflow/tfjs-core';
import { addressOf, kernelsOf, type WasmBackend } from './heap.js';

/**
 * The gradient of gather and embeddings, which the backend lacks. Ids outside 0 … numSegments − 1 are dropped. Other
 * numbers than float32 are summed as such, whole ones exactly below 2²⁴.
 */
export const unsortedSegmentSum: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
  const { numSegments } = attrs as unknown as { numSegments: number };
  const inner = x.shape.slice(segmentIds.shape.length);
  if (x.dtype !== 'float32') {
    return tf.tidy(() => {
      const sums = tf.unsortedSegmentSum(tf.cast(x as tf.Tensor, 'float32'), segmentIds as tf.Tensor1D, numSegments);
      return tf.cast(sums, x.dtype);
    });
  }
  const out = backend.makeOutput([numSegments, ...inner], 'float32');
  kernelsOf(backend).segmentSum(
    ...[tf.util.sizeFromShape(segmentIds.shape), tf.util.sizeFromShape(inner), addressOf(backend, x)],
    ...[addressOf(backend, segmentIds), numSegments, addressOf(backend, out)],
  );
  return out;
};
