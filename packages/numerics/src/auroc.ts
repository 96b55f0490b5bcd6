/**
 * The area under the ROC curve, and DeLong's covariance of several of them on the same examples, in n log n: a placement is
 * found by bisection among the sorted scores of the other class (E. DeLong, D. DeLong, D. Clarke-Pearson, Biometrics 44, 1988).
 */
import { requireList, requireOptions, shown } from './check.js';
import { normalQuantile } from './normal.js';
import * as scalar from './scalar.js';

/** Areas of several detectors on the same examples. */
export interface Delong {
  /** Of each detector. */
  readonly values: Float64Array;
  /** DeLong's covariance of them, k × k, row-major. */
  readonly covariance: Float64Array;
}

/**
 * P(positive > negative) + ½ P(tie), which is the area under the ROC curve. Exact up to the last division.
 * @param positive at least one finite score, high where the class is meant
 * @param negative at least one finite score
 * @throws RangeError for an empty sample, NaN or an infinite number
 */
export function auroc(positive: ArrayLike<number>, negative: ArrayLike<number>): number {
  const [p, q] = [sorted('auroc', 'positive', positive), sorted('auroc', 'negative', negative)];
  let [below, next, halves] = [0, 0, 0];
  for (const score of p) {
    while (below < q.length && q[below]! < score) below++;
    if (next < below) next = below;
    while (next < q.length && q[next] === score) next++;
    halves += below + next;
  }
  return halves / 2 / (p.length * q.length);
}

/**
 * Areas under the ROC curves of k detectors on the same m positive and n negative examples, with DeLong's covariance.
 * @param positive scores of each detector: k arrays of m ≥ 2 finite numbers
 * @param negative scores of each detector: k arrays of n ≥ 2 finite numbers
 * @throws RangeError for no detector, arrays of other lengths, NaN or an infinite number
 */
export function delong(positive: readonly ArrayLike<number>[], negative: readonly ArrayLike<number>[]): Delong {
  requireList('delong', 'positive', positive, 'Give the scores of each detector.');
  requireList('delong', 'negative', negative, 'Give the scores of each detector.');
  const k = positive.length;
  if (k === 0 || negative.length !== k) {
    throw new RangeError(`delong: ${k} lists of positive and ${negative.length} of negative scores came; must be one of each a detector.`); // prettier-ignore
  }
  const [m, n] = [positive[0]!.length, negative[0]!.length];
  const rows = positive.map((_, i) => {
    const [p, q] = [positive[i]!, negative[i]!];
    if (p.length !== m || q.length !== n || m < 2 || n < 2) {
      throw new RangeError(`delong: detector ${i} has ${p.length} and ${q.length} scores; must have as many as the first, ${m} and ${n}, at least two. Score the same examples.`); // prettier-ignore
    }
    const [byP, byQ] = [sorted('delong', `positive[${i}]`, p), sorted('delong', `negative[${i}]`, q)];
    // 1 − the share below, so that both are high for a good detector.
    const ofNegative = placements(q, byP);
    ofNegative.forEach((share, j) => (ofNegative[j] = 1 - share));
    return { value: auroc(p, q), ofPositive: placements(p, byQ), ofNegative };
  });
  const covariance = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      const [a, b] = [rows[i]!, rows[j]!];
      covariance[i * k + j] =
        covarianceOf(a.ofPositive, b.ofPositive, a.value, b.value) / m +
        covarianceOf(a.ofNegative, b.ofNegative, a.value, b.value) / n;
    }
  }
  return { values: Float64Array.from(rows, ({ value }) => value), covariance };
}

/**
 * A normal interval of an area in the scale of its logit, where it does not leave [0, 1]; of a variance of 0, which areas of 0
 * and 1 have, there is none: `null`.
 * @param value the area
 * @param variance DeLong's
 * @param options settings
 * @param options.level default 0.95
 * @throws RangeError for a value outside [0, 1], a negative variance or another level
 */
export function aurocInterval(
  value: number,
  variance: number,
  options: { readonly level?: number } = {},
): readonly [low: number, high: number] | null {
  requireOptions<typeof options>('aurocInterval', options, { level: 0 });
  const { level = 0.95 } = options;
  if (!(value >= 0 && value <= 1)) throw new RangeError(`aurocInterval: 'value' is ${shown(value)}; must be from 0 to 1. It is an area.`); // prettier-ignore
  if (!(variance >= 0 && variance < Infinity)) throw new RangeError(`aurocInterval: 'variance' is ${shown(variance)}; must be finite and ≥ 0. delong() gives it.`); // prettier-ignore
  if (!(level > 0 && level < 1)) throw new RangeError(`aurocInterval: 'level' is ${shown(level)}; must be between 0 and 1. 95 % is 0.95.`); // prettier-ignore
  if (variance === 0 || value === 0 || value === 1) return null;
  const logit = scalar.log(value / (1 - value));
  const half = (normalQuantile((1 + level) / 2) * Math.sqrt(variance)) / (value * (1 - value));
  const back = (at: number) => 1 / (1 + scalar.exp(-at));
  return [back(logit - half), back(logit + half)];
}

/** Of each score the share of the others below it, ties by half. */
function placements(scores: ArrayLike<number>, others: Float64Array): Float64Array {
  return Float64Array.from(scores, (score) => (bound(others, score, false) + bound(others, score, true)) / 2 / others.length); // prettier-ignore
}

/** How many ascending numbers lie below a score, with `ties` those equal to it as well. */
function bound(ascending: Float64Array, score: number, ties: boolean): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < score || (ties && ascending[middle] === score)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function covarianceOf(a: Float64Array, b: Float64Array, meanA: number, meanB: number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - meanA) * (b[i]! - meanB);
  return sum / (a.length - 1);
}

function sorted(where: string, name: string, scores: ArrayLike<number>): Float64Array {
  requireList(where, name, scores, 'Give the scores.');
  if (!(scores.length > 0)) throw new RangeError(`${where}: '${name}' is of length ${String(scores.length)}; must be of at least 1. Give more scores.`); // prettier-ignore
  const copy = Float64Array.from(scores);
  const bad = copy.findIndex((score) => !Number.isFinite(score));
  if (bad >= 0) throw new RangeError(`${where}: '${name}[${bad}]' is ${copy[bad]}; must be a finite number. Leave it out, and count what is left out.`); // prettier-ignore
  return copy.sort();
}
