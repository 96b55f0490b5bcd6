/** Scores of all prunable weights by any criterion. */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { integer, oneOf, options as checkOptions } from '@assay-ml/numerics/check';

import { fbss } from './criteria/fbss.js';
import { fisherDiagonal } from './criteria/fisher-diagonal.js';
import { fisherPruning } from './criteria/fisher-pruning.js';
import { fts } from './criteria/fts.js';
import { gradNorm } from './criteria/grad-norm.js';
import { grasp, type GraspKeep } from './criteria/grasp.js';
import { hutchinsonDiagonal } from './criteria/hutchinson-diagonal.js';
import { hutchinsonPruning } from './criteria/hutchinson-pruning.js';
import { hutchinsonTaylor } from './criteria/hutchinson-taylor.js';
import { magnitude } from './criteria/magnitude.js';
import { random } from './criteria/random.js';
import { snip } from './criteria/snip.js';
import { synflow } from './criteria/synflow.js';
import type { Evidence, FisherOptions } from './criteria/criterion.js';
import { requireData } from './check.js';
import { type CurvatureOptions, hessianDiagonal, hessianProduct } from './curvature.js';
import type { Data } from './data.js';
import { asModel } from './from-layers.js';
import type { LayerScores } from './layer-scores.js';
import { type LossOptions, resolveLoss } from './loss.js';
import { type IsPrunable, kernels, type Model, type Values } from './model.js';
import { type GradientPath, gradientStatistics, type Statistics } from './statistics.js';

/** Options of scores; each criterion reads its own. */
export interface ScoreOptions extends LossOptions, FisherOptions {
  /** Which parameters are scored. Default: kernels of convolutions and hidden dense layers. */
  readonly isPrunable?: IsPrunable;
  /** N: examples behind one gradient. Default 1, the paper's; `all` for one gradient over all data. */
  readonly maskBatch?: number | 'all';
  /**
   * Examples that go through the model at once. Default: for gradients as many as fit in 128 MB, at most 2048; for products
   * with the Hessian 128, for which probes are drawn anew.
   */
  readonly batchSize?: number;
  /** GraSP: which end of −θ∘Hg stays. Default `largest-minus-thetaHg`, the FTS paper's; GraSP's own is the other. */
  readonly graspKeep?: GraspKeep;
  /** HD, HP, HTS: probes for each piece of `batchSize` examples. Default 10, as the paper's second version. */
  readonly probes?: number;
  /** Of random scores and probes. Default 0. */
  readonly seed?: number;
}

/** Their names. */
export const SCORE_OPTIONS = { loss: 0, temperature: 0, sign: 0, batchFactor: 0, isPrunable: 0, maskBatch: 0, batchSize: 0, graspKeep: 0, probes: 0, seed: 0 }; // prettier-ignore

/** Scores, and how they were found. */
export interface Scores {
  readonly layers: LayerScores[];
  /** How gradients of single examples were found; empty for a criterion that needs none. */
  readonly paths: readonly GradientPath[];
}

interface Context {
  readonly model: Model;
  readonly values: Values;
  /** Places of the scored parameters. */
  readonly scored: readonly number[];
  readonly theta: readonly Float32Array[];
  readonly data: Data;
  readonly options: ScoreOptions;
}

type Result = Float32Array[] | { scores: Float32Array[]; paths: readonly GradientPath[] };

/** What the default loss of the Hutchinson criteria divides logits by, as in the paper's second version. */
export const HUTCHINSON_TEMPERATURE = 200;

/** A criterion of ḡ, and of F̂ where `squares` is set. */
const ofGradients =
  (squares: boolean, score: (evidence: Evidence, options: ScoreOptions) => Float32Array) =>
  async ({ model, values, scored, theta, data, options }: Context): Promise<Result> => {
    const { mean, square, batchSize, paths } = await gradientStatistics(model, data, scored, { ...statisticsOptions(options), squares }, values); // prettier-ignore
    return {
      scores: theta.map((weights, k) => score({ theta: weights, mean: mean[k]!, square: square[k]!, batchSize }, options)), // prettier-ignore
      paths,
    };
  };

/** A criterion of Hutchinson's h. */
const ofDiagonal =
  (score: (theta: Float32Array, h: Float64Array) => Float32Array) =>
  async ({ model, values, scored, theta, data, options }: Context): Promise<Result> => {
    const h = await hessianDiagonal(model, data, scored, diagonalOptions(hutchinsonOptions(options)), values);
    return theta.map((weights, k) => score(weights, h[k]!));
  };

const hutchinsonOptions = (options: ScoreOptions): ScoreOptions =>
  options.loss === undefined ? { ...options, temperature: options.temperature ?? HUTCHINSON_TEMPERATURE } : options;

const curvatureOptions = ({ loss, temperature, batchSize }: ScoreOptions): CurvatureOptions =>
  ({ loss, temperature, ...(batchSize !== undefined && { batchSize }) }); // prettier-ignore
const diagonalOptions = ({ probes, seed, ...options }: ScoreOptions) =>
  ({ ...curvatureOptions(options), ...(probes !== undefined && { probes }), ...(seed !== undefined && { seed }) }); // prettier-ignore
const statisticsOptions = ({ maskBatch, ...options }: ScoreOptions) =>
  ({ ...curvatureOptions(options), ...(maskBatch !== undefined && { maskBatch }) }); // prettier-ignore

const CRITERIA = {
  random: ({ model, scored, theta, options: { seed = 0 } }: Context): Result =>
    theta.map((weights, k) => random(weights.length, seed, model.parameters[scored[k]!]!.name)),
  magnitude: ({ theta }: Context): Result => theta.map(magnitude),
  synflow: ({ model, values, scored }: Context): Promise<Result> => synflow(model, values, scored),
  gn: ofGradients(false, gradNorm),
  snip: ofGradients(false, snip),
  fd: ofGradients(true, fisherDiagonal),
  fp: ofGradients(true, fisherPruning),
  fts: ofGradients(true, (evidence, { sign = 'repo', batchFactor = true }) => fts(evidence, { sign, batchFactor })),
  fbss: ofGradients(true, (evidence, { batchFactor = true }) => fbss(evidence, { batchFactor })),
  async grasp({ model, values, scored, theta, data, options }: Context): Promise<Result> {
    const { graspKeep = 'largest-minus-thetaHg' } = options;
    const everywhere = values.parameters.map((_, i) => i);
    const { mean }: Statistics = await gradientStatistics(model, data, everywhere, { ...statisticsOptions(options), squares: false }, values); // prettier-ignore
    // What is frozen does not move.
    model.parameters.forEach(({ trainable }, i) => trainable === false && mean[i]!.fill(0));
    const product = await hessianProduct(model, data, mean, curvatureOptions(options), values);
    return theta.map((weights, k) => grasp(weights, product[scored[k]!]!, graspKeep));
  },
  hd: ofDiagonal((_, h) => hutchinsonDiagonal(h)),
  hp: ofDiagonal(hutchinsonPruning),
  async hts({ model, values, scored, theta, data, options: given }: Context): Promise<Result> {
    const options = hutchinsonOptions(given);
    const { mean } = await gradientStatistics(
      model,
      data,
      scored,
      { ...statisticsOptions(options), squares: false },
      values,
    );
    const h = await hessianDiagonal(model, data, scored, diagonalOptions(options), values);
    return theta.map((weights, k) => hutchinsonTaylor(weights, mean[k]!, h[k]!, { sign: options.sign ?? 'repo' }));
  },
} satisfies Record<string, (context: Context) => Result | Promise<Result>>;

/** Name of a criterion, as the paper's tables have it; `hd`, `hp`, `hts` and `synflow` are of its second version. */
export type Criterion = keyof typeof CRITERIA;

/** All criteria. */
export const criteria = Object.keys(CRITERIA) as Criterion[];

/** Criteria that need no data. */
export const dataFree: readonly Criterion[] = ['random', 'magnitude', 'synflow'];

/**
 * Checks what can be checked before anything is computed.
 * @returns places of the parameters that are scored
 * @throws RangeError for another criterion, wrong options, no data where it is needed, or no prunable weights
 */
export function requireScorable(
  model: Model,
  data: Data | null,
  criterion: Criterion,
  { sign, graspKeep, seed, maskBatch, batchSize, probes, isPrunable = kernels, loss, temperature }: ScoreOptions,
): number[] {
  oneOf('score', 'criterion', criterion, criteria);
  oneOf('score', 'sign', sign ?? 'repo', ['repo', 'taylor']);
  oneOf('score', 'graspKeep', graspKeep ?? 'largest-minus-thetaHg', ['largest-minus-thetaHg', 'smallest-minus-thetaHg']); // prettier-ignore
  integer('score', 'seed', seed ?? 0, 0, 'Any of 0, 1, 2, … will do.');
  if (maskBatch !== 'all')
    integer('score', 'maskBatch', maskBatch ?? 1, 1, "Use 'all' for one gradient over all data.");
  integer('score', 'batchSize', batchSize ?? 1, 1, 'Leave it out for as many as fit.');
  integer('score', 'probes', probes ?? 1, 1, 'Leave it out for 10.');
  if (!dataFree.includes(criterion)) {
    if (data === null) {
      throw new RangeError(
        `score: 'data' is null; must be examples for '${criterion}'. Without data there are ${dataFree.join(', ')}.`,
      );
    }
    resolveLoss('score', model, { loss, temperature });
  }
  const scored = model.parameters.flatMap((parameter, i) =>
    parameter.trainable !== false && isPrunable(parameter) ? [i] : [],
  );
  if (scored.length > 0) return scored;
  const roles = model.parameters.map(({ name, role }) => `${name} (${role})`).join(', ');
  throw new RangeError(
    `score: '${model.name}' has no prunable weights; must have at least one tensor that isPrunable accepts. Its parameters: ${roles || 'none'}.`,
  );
}

/**
 * Scores of all prunable weights; higher means keep.
 * @param data what to score on; null for criteria that need none
 * @param values the tensors to score at; the model's own by default
 * @throws RangeError for another criterion, wrong options, a model without prunable weights, or data that does not fit
 */
export async function score(
  given: Model | LayersModel,
  data: Data | null,
  criterion: Criterion,
  options: ScoreOptions = {},
  values?: Values,
): Promise<Scores> {
  checkOptions<ScoreOptions>('score', options, SCORE_OPTIONS);
  return scoreAt(asModel('score', given), data, criterion, options, values);
}

/** {@link score} whose options were checked, among those of the caller. */
export async function scoreAt(
  model: Model,
  data: Data | null,
  criterion: Criterion,
  options: ScoreOptions,
  values: Values = model.values(),
): Promise<Scores> {
  requireData('score', data);
  const scored = requireScorable(model, data, criterion, options);
  const theta = await Promise.all(scored.map((index) => values.parameters[index]!.data<'float32'>()));
  const result = await CRITERIA[criterion]({ model, values, scored, theta, data: data!, options });
  const { scores, paths } = Array.isArray(result) ? { scores: result, paths: [] } : result;
  const layers = scored.map((index, k) => ({ ...model.parameters[index]!, scores: scores[k]! }));
  return { layers, paths };
}
