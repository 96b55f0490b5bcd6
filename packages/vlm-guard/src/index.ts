export { checkImages, type Images, imagesOf, pick, tensorOf } from './images.js';
export type {
  Draw,
  Encoder,
  Generator,
  ParameterNoise,
  Prototype,
  Scorer,
  Victim,
  WhiteBox,
  WhiteEncoder,
} from './models.js';
export { classifier, type ClassifierOptions, encoder } from './networks.js';
export {
  mirrorCheck,
  type MirrorOptions,
  type MirrorScore,
  mirrorScores,
  type MirrorVerdict,
} from './mirror/mirror.js';
export { stochasticMirrorCheck, stochasticMirrorScores, type StochasticOptions } from './mirror/stochastic.js';
export { cached } from './generators/cached.js';
export { identity } from './generators/identity.js';
export { prototype } from './generators/prototype.js';
export { rerank, type RerankOptions } from './generators/rerank.js';
export { retrieval, type RetrievalOptions, wordOverlap } from './generators/retrieval.js';
export type { Attacked, Goal } from './attacks/attack.js';
export type { LinfOptions } from './attacks/linf.js';
export { fgsm } from './attacks/fgsm.js';
export { bim } from './attacks/bim.js';
export { pgd, type PgdOptions } from './attacks/pgd.js';
export { mi } from './attacks/mi.js';
export { di, type DiOptions } from './attacks/di.js';
export { ti, type TiOptions } from './attacks/ti.js';
export { cw, type CwOptions } from './attacks/cw.js';
export { ead, type EadOptions } from './attacks/ead.js';
export { adaptive, type AdaptiveOptions } from './attacks/adaptive.js';
export { square, type SquareOptions } from './attacks/square.js';
export {
  type OptimisticThreshold,
  type Threshold,
  threshold,
  thresholdOnEvaluated,
  type ThresholdOptions,
} from './threshold.js';
export { calibrate, type Calibration, type Detector, drift, type Drift, readCalibration } from './calibrate.js';
export {
  type Area,
  compareDetectors,
  type Compared,
  ensembleCurve,
  type EnsembleCurve,
  evaluate,
  type Evaluated,
  type EvaluateOptions,
  type Share,
} from './evaluate.js';
export { type Answers, captionAnswers, labelAnswers, type Rival } from './rivals/rival.js';
export { bitDepth, featureSqueezing, median2, type Squeezer } from './rivals/feature-squeezing.js';
export { brightness, jailGuard, type JailGuardOptions, type Mutation, noise, shift } from './rivals/jailguard.js';
export { cider, type CiderOptions } from './rivals/cider.js';
export { clip, imageTextCosines, type ImageTextPair } from './rivals/clip.js';
export { magNet, type MagNetOptions, type Reconstruct, reformed } from './rivals/magnet.js';
export { naiveText, pixels } from './rivals/naive.js';
export { puVae, type PuVaeOptions } from './rivals/puvae.js';
export { purification, type PurificationOptions } from './rivals/purification.js';
export { smoothVlm, type SmoothVlmOptions } from './rivals/smooth-vlm.js';
