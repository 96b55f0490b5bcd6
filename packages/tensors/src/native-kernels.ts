/** The kernels of this package on native TensorFlow. */
import * as tf from '@tensorflow/tfjs-core';
import { nativeClassEntropy, nativeClassEntropyGradient } from './native-class-entropy.js';
import { nativeReluGradient } from './native-relu.js';

const kernels: Readonly<Record<string, tf.KernelFunc>> = {
  AssayClassEntropy: nativeClassEntropy,
  AssayClassEntropyGrad: nativeClassEntropyGradient,
  AssayReluGrad: nativeReluGradient,
};

/** Registers them for the backend `tensorflow`, there or not. */
export function cureNative(): void {
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, 'tensorflow')) continue;
    tf.registerKernel({ kernelName, backendName: 'tensorflow', kernelFunc });
  }
}
