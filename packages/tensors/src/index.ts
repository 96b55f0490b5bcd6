export { Float64Accumulator } from './accumulator.js';
export {
  adamRule,
  lionRule,
  momentumRule,
  type Moments,
  signUpdate,
  type Split,
  sumOfSquares,
  update,
  updateColumns,
  updateRows,
  type UpdateRule,
} from './arrays.js';
export {
  type BackendAttempt,
  type BackendName,
  type BackendOptions,
  type BackendReport,
  useBackend,
} from './backend.js';
export { batchNorm, type Normalised, type Statistics } from './batch-norm.js';
export { causalSoftmax } from './causal-softmax.js';
export { crossEntropy } from './cross-entropy.js';
export { cure } from './cure.js';
export { fileSystem } from './file-system.js';
export { gelu } from './gelu.js';
export { inverseSpd } from './inverse-spd.js';
export { layerNorm } from './layer-norm.js';
export { leakGuard, type LeakGuardOptions } from './leak-guard.js';
export { nativeBuilds, nativeName, nativeRoot, NATIVE_NAPI, type NativeBuild } from './native-builds.js';
export { registerNative, type NativeFound, type NativeOptions, type NativeResult } from './native.js';
export { gaussNewtonVector, gradients, hessianVector, perExampleGradients } from './products.js';
export { rmsNorm } from './rms-norm.js';
export { rotary, type RotaryOptions } from './rotary.js';
export { normal, rademacher, truncatedNormal, uniform } from './samplers.js';
export { type Mask, sgd, type SgdOptions, type SgdState } from './sgd.js';
export { logSoftmax, softmaxCrossEntropy } from './softmax.js';
export { swiglu } from './swiglu.js';
export {
  adam,
  type AdamOptions,
  lion,
  type LionOptions,
  momentum,
  type MomentumOptions,
  sign,
  type SignOptions,
} from './updates.js';
export { hasMemory, isShared, withMemory } from './wasm/strips.js';
