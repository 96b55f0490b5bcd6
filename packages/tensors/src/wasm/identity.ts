import type * as tf from '@tensorflow/tfjs-core';
import type { WasmBackend } from './heap.js';

/** A second name for the same values, as on the other backends: the stock kernel copies all that a gradient saves. */
export const identity: tf.KernelFunc = ({ inputs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { dataId, shape, dtype } = inputs['x'] as tf.TensorInfo;
  backend.incRef(dataId);
  return { dataId, shape, dtype };
};
