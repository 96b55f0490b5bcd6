import * as tf from '@tensorflow/tfjs-core';
import { concat } from './concat.js';
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput } from './conv.js';
import { conv3dBackpropInput } from './conv3d.js';
import { depthwiseFilter, depthwiseInput } from './depthwise.js';
import { einsum } from './einsum.js';
import { exp } from './exp.js';
import { fusedMatMul } from './fused-mat-mul.js';
import type { PartialKernel } from './heap.js';
import { identity } from './identity.js';
import { matMul } from './mat-mul.js';
import { avgPoolGradient, maxPoolGradient } from './pool.js';
import { reluGradient } from './relu.js';
import { unsortedSegmentSum } from './segment-sum.js';
import { sgdStep } from './sgd.js';
import { crossEntropy, crossEntropyGradient } from './softmax.js';
import { splitV } from './split.js';
import { depthwise, fusedConv2d, fusedDepthwise } from './stock-conv.js';
import { sum } from './sum.js';
import { tile } from './tile.js';

/** What stands in the place of the stock kernels, or where there is none. */
const kernels: Readonly<Record<string, tf.KernelFunc>> = {
  [tf.AvgPoolGrad]: avgPoolGradient,
  [tf.BatchMatMul]: matMul,
  [tf.Conv2D]: conv2d,
  [tf.Conv2DBackpropFilter]: conv2dBackpropFilter,
  [tf.Conv2DBackpropInput]: conv2dBackpropInput,
  [tf.Conv3DBackpropInputV2]: conv3dBackpropInput,
  [tf.DepthwiseConv2dNativeBackpropFilter]: depthwiseFilter,
  [tf.DepthwiseConv2dNativeBackpropInput]: depthwiseInput,
  [tf.Einsum]: einsum,
  [tf.Identity]: identity,
  [tf.MaxPoolGrad]: maxPoolGradient,
  [tf.Tile]: tile,
  [tf.UnsortedSegmentSum]: unsortedSegmentSum,
  [tf._FusedMatMul]: fusedMatMul,
  AssayCrossEntropy: crossEntropy,
  AssayCrossEntropyGrad: crossEntropyGradient,
  AssayReluGrad: reluGradient,
  AssaySgd: sgdStep,
};

/** What stands before the stock kernels: what they get wrong, and float32 inputs of the kinds that training has. */
const partial: Readonly<Record<string, PartialKernel>> = {
  [tf.Concat]: concat,
  [tf.DepthwiseConv2dNative]: depthwise,
  [tf.Exp]: exp,
  [tf.FusedConv2D]: fusedConv2d,
  [tf.FusedDepthwiseConv2D]: fusedDepthwise,
  [tf.SplitV]: splitV,
  [tf.Sum]: sum,
};

const cured = new WeakSet<tf.KernelFunc>();

/** Cures the backend `wasm`, if its kernels are registered. */
export function cureWasm(): void {
  if (tf.getKernelsForBackend('wasm').length === 0) return;
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) replace(kernelName, () => kernelFunc);
  for (const [kernelName, first] of Object.entries(partial)) {
    replace(kernelName, (stock) => (call) => first(call) ?? stock!.kernelFunc(call));
  }
}

function replace(kernelName: string, kernelFor: (stock: tf.KernelConfig | undefined) => tf.KernelFunc): void {
  const stock = tf.getKernel(kernelName, 'wasm');
  if (stock && cured.has(stock.kernelFunc)) return;
  const kernelFunc = kernelFor(stock);
  cured.add(kernelFunc);
  if (stock) tf.unregisterKernel(kernelName, 'wasm');
  // The stock kernel's set-up stays: other kernels call what it prepares.
  tf.registerKernel({ ...stock, kernelName, backendName: 'wasm', kernelFunc });
}
