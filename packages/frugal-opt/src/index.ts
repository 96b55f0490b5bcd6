export { frugal } from './frugal.js';
export type { FrugalOptions } from './options.js';
export { adamMini, adamw, apollo, apolloMini, badam, fira, galore, lion, muon, sgdm, signSgd } from './baselines/index.js'; // prettier-ignore
export { lora, type LoraOptions } from './baselines/lora.js';
export {
  copyPoint,
  type Kept,
  type Method,
  type Numbers,
  type Parameter,
  type Point,
  type State,
  type TensorState,
} from './method.js';
export { type Group, type Kind, type Part } from './groups.js';
export type { BlockOrder } from './projectors/blocks.js';
export type { Side } from './projectors/directions.js';
export type { ProjectorName } from './projectors/index.js';
export type { RuleName, RuleOptions } from './rules/index.js';
export type { FreeName } from './free/index.js';
export type { StatesName } from './states/index.js';
export { type AdaptivePeriod, adaptedPeriod, type Density, type Rate } from './schedule.js';
export { overlap, rankOf, report, type TensorReport } from './diagnostics.js';
export { FrugalOptimizer, type NamedTensor } from './optimizer.js';
export { LLAMA, type LlamaName, llamaShapes } from './llama.js';
export {
  type Dtype,
  fit,
  type MemoryPlan,
  plan,
  type PlannedMethod,
  type PlannedTensor,
  type PlanOptions,
} from './plan.js';
