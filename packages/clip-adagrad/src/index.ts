export {
  compose,
  method,
  type Clip,
  type Method,
  type MethodName,
  type MethodOptions,
  type NamedOptions,
} from './method.js';
export { adagradClip, adamClip, adamClipDelayed, type AuthorsOptions } from './authors.js';
export type { ClipLevel } from './level.js';
export type { Schedule } from './schedule.js';
export { copyPoint, initialState, update, type Point, type State } from './update.js';
export { initialTensorState, updateTensors, type TensorPoint, type TensorState } from './update-tensors.js';
export { ClippedOptimizer, type Group, type OptimizerOptions, type Statistics } from './optimizer.js';
export { clip } from './wrap.js';
export { noiseNorms, suggestClipLevel, tails, type Gradient, type Tails } from './tails.js';
export { simulate, type Noise, type SimulateOptions, type Snapshot } from './simulate.js';
export {
  firstStepBound,
  firstStepInstance,
  lastStepBound,
  lastStepInstance,
  type LowerBoundInstance,
  type LowerBoundOptions,
} from './lower-bounds.js';
