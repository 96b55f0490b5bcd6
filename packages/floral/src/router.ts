/** From a client's logits θ to the weights π of its mixture, and the gradient back. θ never leaves the client. */
import { scalar, type Stream } from '@assay-ml/numerics';
import { atLeast, integer, invalid, positive, requireList, requireOptions } from '@assay-ml/numerics/check';

/** Options of a router. */
export interface RouterOptions {
  /** Of the softmax. Default 1. */
  readonly temperature?: number;
  /** Largest noise: uniform in [0, noise) on each logit, afresh in each step of a training, none elsewhere. Default 1, as published. */
  readonly noise?: number;
  /** Least weight in the forward pass; below it a logit gets no gradient. Times C below 1. Default 0.01, as published; 0 with `top`. */
  readonly clamp?: number;
  /** Clamped weights sum to 1 again. Default true; the authors' code leaves their sum above 1: false. */
  readonly renormalise?: boolean;
  /** Times the entropy of π, added to the loss. Default 0. */
  readonly entropy?: number;
  /** Only so many clusters enter, those of the largest logits. Default null: all. */
  readonly top?: number | null;
}

/** Checked options of a router. */
export type Router = Required<RouterOptions>;

const NAMES = { temperature: 1, noise: 1, clamp: 1, renormalise: 1, entropy: 1, top: 1 };

/**
 * Options with their defaults.
 * @throws RangeError for one out of range
 */
export function routerOf(options: RouterOptions, clusters: number, where = 'router'): Router {
  requireOptions<RouterOptions>(where, options, NAMES, 'router');
  const { temperature = 1, noise = 1, renormalise = true, entropy = 0, top = null } = options;
  if (top !== null) integer(where, 'top', top, 1, 'It is how many clusters enter.');
  if (top !== null && top > clusters) throw invalid(where, 'top', top, `at most the number of clusters, ${clusters}`);
  const { clamp = top === null && clusters < 100 ? 0.01 : 0 } = options;
  positive(where, 'temperature', temperature);
  atLeast(where, 'noise', noise, 0, 'Leave it out for 1.');
  if (!(typeof clamp === 'number' && clamp >= 0 && clamp * clusters < 1)) {
    throw invalid(where, 'clamp', clamp, `from 0 to below 1/C = ${1 / clusters}`, 'Weights of at least that much would sum to more than 1.'); // prettier-ignore
  }
  if (top !== null && clamp > 0) throw invalid(where, 'clamp', clamp, "0 with 'top'", 'It would bring back what top leaves out.'); // prettier-ignore
  if (!Number.isFinite(entropy)) throw invalid(where, 'entropy', entropy, 'a finite number');
  return { temperature, noise, clamp, renormalise, entropy, top };
}

/** Where a forward pass came from. */
export interface Mixture {
  /** [C] the weights of the adaptors. */
  readonly pi: Float64Array;
  /** [C] the softmax before the clamp. */
  readonly soft: Float64Array;
  /** Sum of the clamped weights that `pi` was divided by. */
  sum: number;
}

/** A mixture of C weights to be filled. */
export function emptyMixture(clusters: number): Mixture {
  return { pi: new Float64Array(clusters), soft: new Float64Array(clusters), sum: 1 };
}

/** out ← softmax(θ/T), of all or of the `top` largest logits; ties go to the first. */
export function softmax(
  theta: ArrayLike<number>,
  out: Float64Array,
  temperature = 1,
  top: number | null = null,
): Float64Array {
  // prettier-ignore
  const C = out.length;
  let [largest, sum] = [-Infinity, 0];
  for (let c = 0; c < C; c++) largest = Math.max(largest, theta[c]!);
  for (let c = 0; c < C; c++) {
    let rank = 0;
    if (top !== null) for (let d = 0; d < C; d++) if (theta[d]! > theta[c]! || (d < c && theta[d] === theta[c])) rank++;
    sum += out[c] = top !== null && rank >= top ? 0 : scalar.exp((theta[c]! - largest) / temperature);
  }
  for (let c = 0; c < C; c++) out[c]! /= sum;
  return out;
}

/** @throws RangeError unless π is of C weights, none negative, of sum 1 within 1e-6 */
export function checkProbability(where: string, name: string, pi: ArrayLike<number>, clusters: number): void {
  requireList(where, name, pi, 'softmax makes them of logits.');
  const weights = Array.from(pi);
  const sum = weights.reduce((a, b) => a + b, 0);
  if (weights.length !== clusters || !weights.every((p) => p >= 0) || !(Math.abs(sum - 1) <= 1e-6)) {
    throw new RangeError(`${where}: '${name}' is [${weights.slice(0, 8).join(', ')}]; must be ${clusters} weights, none negative, of sum 1. softmax makes them of logits.`); // prettier-ignore
  }
}

let noisy = new Float64Array(0);

/**
 * The weights of a forward pass.
 * @param theta [C]
 * @param noise draws the noise of a training step; null in evaluation, which has none
 * @param out overwritten
 */
export function mix(theta: Float64Array, router: Router, noise: Stream | null, out: Mixture): Mixture {
  const { pi, soft } = out;
  const C = pi.length;
  let logits = theta;
  if (noise !== null && router.noise > 0) {
    if (noisy.length !== C) noisy = new Float64Array(C);
    noise.fillUniform(noisy);
    for (let c = 0; c < C; c++) noisy[c] = theta[c]! + router.noise * noisy[c]!;
    logits = noisy;
  }
  softmax(logits, soft, router.temperature, router.top);
  let sum = 0;
  for (let c = 0; c < C; c++) sum += pi[c] = Math.max(soft[c]!, router.clamp);
  out.sum = router.renormalise && router.clamp > 0 ? sum : 1;
  if (out.sum !== 1) for (let c = 0; c < C; c++) pi[c]! /= out.sum;
  return out;
}

/**
 * The gradient of θ from that of π: ∂π/∂θ is the softmax's Jacobian, cut where a weight was clamped. The entropy's is added.
 * @param ofPi [C] the gradient of the loss with respect to the weights
 * @param out [C], overwritten
 */
export function routerGradient(mixture: Mixture, router: Router, ofPi: Float64Array, out: Float64Array): Float64Array {
  const { pi, soft, sum } = mixture;
  const { clamp, renormalise, temperature, entropy } = router;
  const C = pi.length;
  let along = 0;
  if (renormalise && clamp > 0) for (let c = 0; c < C; c++) along += pi[c]! * ofPi[c]!;
  let mean = 0;
  for (let c = 0; c < C; c++) {
    out[c] = soft[c]! > clamp ? (ofPi[c]! - along) / sum : 0;
    if (entropy !== 0 && soft[c]! > 0) out[c]! -= entropy * (scalar.log(soft[c]!) + 1);
    mean += soft[c]! * out[c]!;
  }
  for (let c = 0; c < C; c++) out[c] = (soft[c]! * (out[c]! - mean)) / temperature;
  return out;
}
