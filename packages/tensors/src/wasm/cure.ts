import * as tf from '@tensorflow/tfjs-core';
import { replace } from '../replace.js';
import { guardAllocation } from './allocation.js';
import { causalSoftmax, causalSoftmaxGradient, rotary } from './attention.js';
import { classEntropy, classEntropyGradient } from './class-entropy.js';
import { concat } from './concat.js';
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput } from './conv.js';
import { conv3dBackpropFilter, conv3dBackpropInput } from './conv3d.js';
import { depthwiseFilter, depthwiseInput } from './depthwise.js';
import { cast, clip, gather, prelu, stridedSlice } from './dtypes.js';
import { einsum } from './einsum.js';
import { exp } from './exp.js';
import { fusedMatMul } from './fused-mat-mul.js';
import { gelu, geluGradient, swiglu, swigluGradient } from './gates.js';
import type { PartialKernel } from './heap.js';
import { identity } from './identity.js';
import { matMul } from './mat-mul.js';
import { avgPoolGradient, maxPoolGradient } from './pool.js';
import { avgPool, maxPool } from './pool-forward.js';
import { refused } from './refused.js';
import { reluGradient } from './relu.js';
import { layerNorm, layerNormGradient, rmsNorm, rmsNormGradient } from './row-norm.js';
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
  [tf.Conv3DBackpropFilterV2]: conv3dBackpropFilter,
  [tf.Conv3DBackpropInputV2]: conv3dBackpropInput,
  [tf.DepthwiseConv2dNativeBackpropFilter]: depthwiseFilter,
  [tf.DepthwiseConv2dNativeBackpropInput]: depthwiseInput,
  [tf.Einsum]: einsum,
  [tf.Identity]: identity,
  [tf.MaxPoolGrad]: maxPoolGradient,
  [tf.Tile]: tile,
  [tf.UnsortedSegmentSum]: unsortedSegmentSum,
  [tf._FusedMatMul]: fusedMatMul,
  AssayCausalSoftmax: causalSoftmax,
  AssayCausalSoftmaxGrad: causalSoftmaxGradient,
  AssayClassEntropy: classEntropy,
  AssayClassEntropyGrad: classEntropyGradient,
  AssayCrossEntropy: crossEntropy,
  AssayCrossEntropyGrad: crossEntropyGradient,
  AssayGelu: gelu,
  AssayGeluGrad: geluGradient,
  AssayLayerNorm: layerNorm,
  AssayLayerNormGrad: layerNormGradient,
  AssayReluGrad: reluGradient,
  AssayRmsNorm: rmsNorm,
  AssayRmsNormGrad: rmsNormGradient,
  AssayRotary: rotary,
  AssaySgd: sgdStep,
  AssaySwiglu: swiglu,
  AssaySwigluGrad: swigluGradient,
};

/** What stands before the stock kernels: what they get wrong, and float32 inputs of the kinds that training has. */
const partial: Readonly<Record<string, PartialKernel>> = {
  [tf.AvgPool]: avgPool,
  [tf.Cast]: cast,
  [tf.ClipByValue]: clip,
  [tf.Concat]: concat,
  [tf.DepthwiseConv2dNative]: depthwise,
  [tf.Exp]: exp,
  [tf.FusedConv2D]: fusedConv2d,
  [tf.FusedDepthwiseConv2D]: fusedDepthwise,
  [tf.GatherV2]: gather,
  [tf.MaxPool]: maxPool,
  [tf.Prelu]: prelu,
  [tf.SplitV]: splitV,
  [tf.StridedSlice]: stridedSlice,
  [tf.Sum]: sum,
};

/** Cures the backend `wasm`, if its kernels are registered. */
export function cureWasm(): void {
  if (tf.getKernelsForBackend('wasm').length === 0) return;
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) replace('wasm', kernelName, 'wasm', () => kernelFunc);
  const both = [...new Set([...Object.keys(partial), ...Object.keys(refused)])];
  for (const kernelName of both) {
    const firsts = [refused[kernelName], partial[kernelName]].filter((first) => first !== undefined);
    replace('wasm', kernelName, 'wasm', (stock) => (call) => {
      for (const first of firsts) {
        const result = first(call);
        if (result) return result;
      }
      return stock!.kernelFunc(call);
    });
  }
  const { registry } = tf.engine() as unknown as { registry: { wasm?: Parameters<typeof guardAllocation>[0] } };
  if (registry.wasm) guardAllocation(registry.wasm);
}
