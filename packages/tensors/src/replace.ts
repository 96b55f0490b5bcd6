import * as tf from '@tensorflow/tfjs-core';

/** The cures that a kernel went through. */
const cures = new WeakMap<tf.KernelFunc, ReadonlySet<string>>();

/**
 * Registers a kernel in place of the one that is there, once for each cure. The stock kernel's set-up stays: other kernels
 * call what it prepares.
 * @param cure name of the cure
 * @param kernelFor from the kernel so far, undefined where the backend lacks it
 */
export function replace(
  cure: string,
  kernelName: string,
  backendName: string,
  kernelFor: (before: tf.KernelConfig | undefined) => tf.KernelFunc,
): void {
  const before = tf.getKernel(kernelName, backendName);
  const done = before && cures.get(before.kernelFunc);
  if (done?.has(cure)) return;
  const own = kernelFor(before);
  // A function of its own for each name: one kernel may stand under several.
  const kernelFunc: tf.KernelFunc = (call) => own(call);
  cures.set(kernelFunc, new Set([...(done ?? []), cure]));
  if (before) tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({ ...before, kernelName, backendName, kernelFunc });
}
