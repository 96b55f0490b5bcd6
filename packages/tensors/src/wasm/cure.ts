import * as tf from '@tensorflow/tfjs-core';
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput } from './conv.js';
import { matMul } from './mat-mul.js';

/** What stands in the place of the stock kernels, or where there is none. */
const kernels: Readonly<Record<string, tf.KernelFunc>> = {
  [tf.BatchMatMul]: matMul,
  [tf.Conv2D]: conv2d,
  [tf.Conv2DBackpropInput]: conv2dBackpropInput,
  [tf.Conv2DBackpropFilter]: conv2dBackpropFilter,
};

/** Cures the backend `wasm`, if its kernels are registered. */
export function cureWasm(): void {
  if (tf.getKernelsForBackend('wasm').length === 0) return;
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) {
    const stock = tf.getKernel(kernelName, 'wasm');
    if (stock?.kernelFunc === kernelFunc) continue;
    if (stock) tf.unregisterKernel(kernelName, 'wasm');
    // The stock kernel's set-up stays: other kernels call what it prepares.
    tf.registerKernel({ ...stock, kernelName, backendName: 'wasm', kernelFunc });
  }
}
