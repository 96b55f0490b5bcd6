import * as tf from '@tensorflow/tfjs-core';

const cured = new WeakSet<tf.KernelFunc>();

/**
 * Registers a kernel in place of the stock one, once. The stock kernel's set-up stays: other kernels call what it prepares.
 * @param kernelFor from the stock kernel, undefined where the backend lacks it
 */
export function replace(
  kernelName: string,
  backendName: string,
  kernelFor: (stock: tf.KernelConfig | undefined) => tf.KernelFunc,
): void {
  const stock = tf.getKernel(kernelName, backendName);
  if (stock && cured.has(stock.kernelFunc)) return;
  const kernelFunc = kernelFor(stock);
  cured.add(kernelFunc);
  if (stock) tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({ ...stock, kernelName, backendName, kernelFunc });
}
