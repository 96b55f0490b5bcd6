/**
 * The sum of many tensors on the backend webgpu. A shader there binds 8 storage buffers unless the device is asked for
 * more, one of which is the output; TensorFlow.js 4.22 writes a shader that reads all terms at once, whose validation
 * fails unseen: sums of 8 terms and more are wrong. Cure: as many at a time as a shader may read.
 */
import * as tf from '@tensorflow/tfjs-core';
import { replace } from './replace.js';

/** The part of the backend that knows the limits of its device. */
interface WebgpuBackend {
  readonly device: { readonly limits: { readonly maxStorageBuffersPerShaderStage: number } };
}

/** Replaces the kernel if those of the backend are registered. */
export function cureAddN(): void {
  if (!tf.getKernel(tf.AddN, 'webgpu')) return;
  replace('addN', tf.AddN, 'webgpu', (stock) => ({ inputs, backend }) => {
    const terms = inputs as unknown as tf.Tensor[];
    const most = (backend as WebgpuBackend).device.limits.maxStorageBuffersPerShaderStage - 1;
    if (terms.length <= most) return stock!.kernelFunc({ inputs, backend });
    return tf.tidy(() => {
      let sum = tf.addN(terms.slice(0, most));
      for (let i = most; i < terms.length; i += most - 1) sum = tf.addN([sum, ...terms.slice(i, i + most - 1)]);
      return sum;
    });
  });
}
