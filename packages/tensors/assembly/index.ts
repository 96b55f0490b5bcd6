/**
 * Float32 kernels that work in the memory of TensorFlow.js's WebAssembly backend. They have no memory of their own: no
 * static data and no allocation, only addresses that the caller gives, those of tensors and of scratch space.
 */
export { matMul } from './gemm';
export { conv, convFilter, filterLines, packFilter } from './conv';
export { depthwiseFilter, depthwiseInput } from './depthwise';
export { avgPoolGradient, maxPoolGradient } from './pool';
export { normalise, normaliseGradient, normaliseSums, statistics } from './norm';
export { exp } from './exp';
export { sgd } from './sgd';
export { causalSoftmax, causalSoftmaxGradient, rotary } from './attention';
export { classEntropyGradient, classEntropySums } from './class-entropy';
export { gelu, geluGradient, swiglu, swigluGradient } from './gates';
export { layerNorm, layerNormGradient, rmsNorm, rmsNormGradient } from './row-norm';
export { crossEntropyGradient, crossEntropySums } from './softmax';
export { sumRows } from './sum';
export { flipFilter, fold, unfold } from './unfold';
export { copyRows, reluGradient, repeat, segmentSum } from './elementwise';
