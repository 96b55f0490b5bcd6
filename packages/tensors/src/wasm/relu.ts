import * as tf from '@tensorflow/tfjs-core';
import { addressOf, kernelsOf, type WasmBackend } from './heap.js';

/** dy where x > 0: one pass where the stock gradient takes two. */
export const reluGradient: tf.KernelFunc = ({ inputs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { dy, x } = inputs as { dy: tf.TensorInfo; x: tf.TensorInfo };
  const out = backend.makeOutput(x.shape, 'float32');
  const addresses = [dy, x, out].map((tensor) => addressOf(backend, tensor));
  kernelsOf(backend).reluGradient(tf.util.sizeFromShape(x.shape), ...addresses);
  return out;
};
