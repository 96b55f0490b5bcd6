import * as tf from '@tensorflow/tfjs-core';
import { addressOf, kernelsOf, type PartialKernel, type WasmBackend } from './heap.js';

/** The exponential of float32 numbers, four at a time where the stock kernel calls the library for each. */
export const exp: PartialKernel = ({ inputs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const x = inputs['x'] as tf.TensorInfo;
  if (x.dtype !== 'float32') return undefined;
  const out = backend.makeOutput(x.shape, 'float32');
  kernelsOf(backend).exp(tf.util.sizeFromShape(x.shape), addressOf(backend, x), addressOf(backend, out));
  return out;
};
