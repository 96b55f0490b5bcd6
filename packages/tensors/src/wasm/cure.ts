import * as tf from '@tensorflow/tfjs-core';
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput } from './conv.js';
import { depthwiseFilter, depthwiseInput } from './depthwise.js';
import { einsum } from './einsum.js';
import { fusedMatMul } from './fused-mat-mul.js';
import { identity } from './identity.js';
import { matMul } from './mat-mul.js';
import { avgPoolGradient, maxPoolGradient } from './pool.js';
import { reluGradient } from './relu.js';
import { unsortedSegmentSum } from './segment-sum.js';
import { tile } from './tile.js';

/** What stands in the place of the stock kernels, or where there is none. */
const kernels: Readonly<Record<string, tf.KernelFunc>> = {
  [tf.AvgPoolGrad]: avgPoolGradient,
  [tf.BatchMatMul]: matMul,
  [tf.Conv2D]: conv2d,
  [tf.Conv2DBackpropFilter]: conv2dBackpropFilter,
  [tf.Conv2DBackpropInput]: conv2dBackpropInput,
  [tf.DepthwiseConv2dNativeBackpropFilter]: depthwiseFilter,
  [tf.DepthwiseConv2dNativeBackpropInput]: depthwiseInput,
  [tf.Einsum]: einsum,
  [tf.Identity]: identity,
  [tf.MaxPoolGrad]: maxPoolGradient,
  [tf.Tile]: tile,
  [tf.UnsortedSegmentSum]: unsortedSegmentSum,
  [tf._FusedMatMul]: fusedMatMul,
  AssayReluGrad: reluGradient,
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
