export type { Constants, Problem } from './problem.js';
export { minibatchSgd, type MinibatchSgdOptions } from './methods/minibatch-sgd.js';
export { localSgd, type LocalSgdOptions } from './methods/local-sgd.js';
export { scaffold, type ScaffoldOptions } from './methods/scaffold.js';
export { clipLocalGdj, type ClipLocalGdjOptions } from './methods/clip-local-gdj.js';
export { clerr, nastya, type ClerrOptions, type NastyaOptions } from './methods/clerr.js';
export { clippedRrCli, type ClippedRrCliOptions } from './methods/clipped-rr-cli.js';
export { shuffledSgd, type ShuffledSgdOptions } from './methods/shuffled-sgd.js';
export {
  ceFedAvg,
  celgc,
  l0l1Gd,
  type CeFedAvgOptions,
  type CelgcOptions,
  type L0l1GdOptions,
} from './methods/local-clipping.js';
export { clipConstants, clippedUpdate, type ClipConstants } from './methods/clipping.js';
export type { Drift, DriftMonitorOptions } from './methods/drift-monitor.js';
export type { Order } from './methods/order.js';
export type { EpochOptions, NormOf, PathOptions, PathResult } from './methods/path-rounds.js';
export type { MethodName, Result, RunOptions, RunState, ServerUpdate } from './methods/options.js';
export type { RoundMetrics } from './methods/metrics.js';
export type { Family, FamilyOptions } from './families/family.js';
export { bounded } from './families/bounded.js';
export { concave1d, type Concave1dOptions } from './families/concave1d.js';
export { homogeneousHessian } from './families/homogeneous-hessian.js';
export { lowRank } from './families/low-rank.js';
export { quadratic } from './families/quadratic.js';
export type { SmoothFamily } from './families/smooth-family.js';
export { cosh, type CoshOptions } from './families/cosh.js';
export { logistic, type LogisticFamily, type LogisticOptions } from './families/logistic.js';
export { quartic, type QuarticOptions } from './families/quartic.js';
export { newton, type NewtonResult, type TwiceDifferentiable } from './newton.js';
export { noise, type NoiseModel } from './noise.js';
export { minibatch, type Samples } from './minibatch.js';
export { fromExpressions, type Expressions } from './expressions.js';
export { fromReturning, type ReturningProblem } from './oracles.js';
export {
  defaultGrid,
  tune,
  type Tried,
  type TriedOverSeeds,
  type Tuned,
  type TunedOverSeeds,
  type TuneOptions,
} from './tune.js';
export { gridSearch, type Edge, type GridPoint, type GridSearch, type GridSearchOptions } from './grid.js';
export { compare, type CompareOptions, type Comparison } from './compare.js';
export { estimateConstants, type Estimate, type EstimateOptions, type Estimates } from './estimate/estimate.js';
export {
  autoConstants,
  smoothnessEstimator,
  type AutoConstants,
  type AutoConstantsOptions,
  type SmoothnessEstimate,
  type SmoothnessEstimator,
} from './estimate/l0l1.js';
export type { Ball } from './estimate/ball.js';
export type { Budget } from './theory/constants.js';
export {
  averagedGradientBound,
  biasBound,
  contractionBound,
  differenceBound,
  driftBound,
  stepsizeCap,
  type Similarity,
} from './theory/bounds.js';
export {
  bestIterateBound,
  descentRemainder,
  farDecrease,
  gradientChangeBound,
  gradientNormBound,
  localDriftBound,
  localStepCap,
  majorant,
  pathGradientBound,
  plFactor,
  serverStepBound,
  serverStepCap,
  type Smoothness,
} from './theory/l0l1.js';
export { biasFloor } from './theory/bias-floor.js';
export { theoreticalStepsize } from './theory/stepsize.js';
export { rateBound, type Rate, type RateCase } from './theory/rates.js';
export {
  advise,
  type Advice,
  type AdviseConstants,
  type AdviseOptions,
  type CaseAdvice,
  type MethodAdvice,
} from './advise.js';
