export type { Constants, Problem } from './problem.js';
export { minibatchSgd, type MinibatchSgdOptions } from './methods/minibatch-sgd.js';
export { localSgd, type LocalSgdOptions } from './methods/local-sgd.js';
export { scaffold, type ScaffoldOptions } from './methods/scaffold.js';
export type { MethodName, Result, RunOptions, RunState, ServerUpdate } from './methods/options.js';
export type { RoundMetrics } from './methods/metrics.js';
export type { Family, FamilyOptions } from './families/family.js';
export { bounded } from './families/bounded.js';
export { concave1d, type Concave1dOptions } from './families/concave1d.js';
export { homogeneousHessian } from './families/homogeneous-hessian.js';
export { lowRank } from './families/low-rank.js';
export { quadratic } from './families/quadratic.js';
export { noise, type NoiseModel } from './noise.js';
export { minibatch, type Samples } from './minibatch.js';
export { fromExpressions, type Expressions } from './expressions.js';
export { fromReturning, type ReturningProblem } from './oracles.js';
export { defaultGrid, tune, type Tried, type Tuned, type TuneOptions } from './tune.js';
export { compare, type CompareOptions, type Comparison } from './compare.js';
export { estimateConstants, type Estimate, type EstimateOptions, type Estimates } from './estimate/estimate.js';
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
