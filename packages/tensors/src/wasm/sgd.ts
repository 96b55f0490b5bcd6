import * as tf from '@tensorflow/tfjs-core';
import { addressOf, kernelsOf, type WasmBackend } from './heap.js';

/** Inputs theta, velocity, gradient and perhaps a mask; the next theta and velocity. */
export const sgdStep: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { theta, velocity, gradient } = inputs as Record<'theta' | 'velocity' | 'gradient', tf.TensorInfo>;
  const mask = inputs['mask'] as tf.TensorInfo | undefined;
  const { rate, momentum, weightDecay } = attrs as unknown as Record<'rate' | 'momentum' | 'weightDecay', number>;
  const outputs = [0, 1].map(() => backend.makeOutput(theta.shape, 'float32'));
  kernelsOf(backend).sgd(
    tf.util.sizeFromShape(theta.shape),
    ...[theta, velocity, gradient].map((tensor) => addressOf(backend, tensor)),
    ...[mask ? addressOf(backend, mask) : 0, rate, momentum, weightDecay],
    ...outputs.map((tensor) => addressOf(backend, tensor)),
  );
  return outputs;
};
