export { type Actor, actorOf, evaluateActor, fisherProduct, hessianProduct, meanKl, scoreGradient, type Squash, startActor } from './actor.js'; // prettier-ignore
export { gae, standardise } from './advantages.js';
export type { Batch, StepReport } from './batch.js';
export { conjugateGradients } from './conjugate-gradients.js';
export { type CriticOptions, type CriticState, fitCritic, startCritic, valuesOf } from './critic.js';
export { type DayResult, evaluate, type EvaluateOptions, gapClosed } from './evaluate.js';
export { type Encoding, type Filter, groupsOf, type Unseen } from './features.js';
export { learned } from './learned.js';
export type { Method } from './method.js';
export { backward, backwardTangent, type DenseBlock, forward, type Grouping, initialise, type Layer, mlp, type Network, tangent, type Tape, tapeFor, tapesOf } from './network.js'; // prettier-ignore
export { loadPolicy, type Policy, type PolicyOptions, savePolicy } from './policy.js';
export { PAPER_PPO, type PpoOptions, ppoStep } from './ppo.js';
export { type ReinforceOptions, reinforceStep } from './reinforce.js';
export type { EpisodeOptions } from './rollout.js';
export { type Corrections, project, projected, type Safety } from './safety.js';
export { train, type Trained, type TrainWatch } from './train.js';
export type { Federation, Selection, TrainOptions } from './train-options.js';
export { type IterationReport, type Model, type Selected, type Training, trainingState } from './training.js';
export { type TrpoOptions, trpoStep } from './trpo.js';
export { type BallPoint, type NewtonOptions, newtonSteps, steihaug } from './trust-region-newton.js';
