export {
  collapseWarnings,
  densities,
  type Density,
  intersectMasks,
  isKept,
  jaccard,
  type Mask,
  type MaskLayer,
  maskOf,
  maskValues,
  shuffleMask,
  totals,
  uniteMasks,
} from './mask.js';
export type { FilterScore } from './filters.js';
export type { Pattern } from './pattern.js';
export type { Layout } from './layout.js';
export { tieWarnings } from './ties.js';
export type { LayerScores } from './layer-scores.js';
export { keptCount, select, type SelectOptions } from './select.js';
export {
  type Buffer,
  type IsPrunable,
  kernels,
  type Model,
  type Parameter,
  repoCompatible,
  type Role,
  type Values,
} from './model.js';
export { fromNetwork } from './from-network.js';
export type { Batch } from './batch.js';
export { crossEntropy, type Loss } from './loss.js';
export type { Data, Examples } from './data.js';
export { type GradientPath, gradientStatistics, type Statistics, type StatisticsOptions } from './statistics.js';
export type { Evidence, FisherOptions, Sign } from './criteria/criterion.js';
export { random } from './criteria/random.js';
export { magnitude } from './criteria/magnitude.js';
export { gradNorm } from './criteria/grad-norm.js';
export { snip } from './criteria/snip.js';
export { grasp, type GraspKeep } from './criteria/grasp.js';
export { fisherDiagonal } from './criteria/fisher-diagonal.js';
export { fisherPruning } from './criteria/fisher-pruning.js';
export { fts } from './criteria/fts.js';
export { fbss } from './criteria/fbss.js';
export { hutchinsonDiagonal } from './criteria/hutchinson-diagonal.js';
export { hutchinsonPruning } from './criteria/hutchinson-pruning.js';
export { hutchinsonTaylor } from './criteria/hutchinson-taylor.js';
export { synflow } from './criteria/synflow.js';
export { hessianDiagonal, hessianProduct, type CurvatureOptions } from './curvature.js';
export {
  criteria,
  type Criterion,
  dataFree,
  HUTCHINSON_TEMPERATURE,
  score,
  type ScoreOptions,
  type Scores,
} from './score.js';
export { applyMask, assertMaskInvariant, maskTensors } from './apply.js';
export { fromLayers } from './from-layers.js';
export { type WarmUp } from './warm-up.js';
export { prune, type Pruned, type PruneOptions, type PruneReport } from './prune.js';
export { maskOptimizer, type MaskOptimizerOptions } from './optimizer.js';
export { effectiveMask } from './paths.js';
export { compare, type CompareOptions, type Comparison, type ComparisonRow } from './compare.js';
export { shrinkLayers, shrinkNetwork, type ShrinkReport } from './shrink.js';
export { decodeMask, encodeMask } from './mask-file.js';
