/**
 * The statistics of a verdict: numbers with intervals. A two-sided interval of level 0.95 leaves out 2.5 % on each side.
 *
 * Every function copies its sample, refuses what is not a finite number, and gives the same bits on every engine.
 */
import { requireList, requireOptions as checkNames, shown } from './check.js';
import {
  linearRegression,
  median as medianOf,
  mean as meanOf,
  quantileSorted,
  sampleRankCorrelation,
  sampleStandardDeviation,
  sampleVariance,
} from 'simple-statistics';

import type { Stream } from './random.js';
import * as scalar from './scalar.js';
import { studentQuantile } from './statistics-student.js';
import { exports } from './wasm.js';

/** A number and a two-sided interval around it, [low, high]. */
export interface Estimate {
  readonly value: number;
  readonly interval: readonly [low: number, high: number];
}

/** How sure an interval is. */
export interface IntervalOptions {
  /** Probability that the interval contains what it estimates, between 0 and 1. Default 0.95 (our choice: the usual one). */
  readonly level?: number | undefined;
}

/**
 * Arithmetic mean, taken about the first number, so that equal numbers have exactly themselves as their mean.
 * @param x at least one finite number
 * @throws RangeError for an empty sample, NaN or an infinite number
 */
export function mean(x: ArrayLike<number>): number {
  return centre('mean', 'x', checked('mean', 'x', x, 1)).value;
}

/**
 * Median: the middle number, or the mean of the two middle ones.
 * @param x at least one finite number, in any order
 * @throws RangeError for an empty sample, NaN or an infinite number
 */
export function median(x: ArrayLike<number>): number {
  return medianOf(checked('median', 'x', x, 1));
}

/**
 * Quantile by linear interpolation between order statistics: Hyndman and Fan's type 7, the default of R and numpy.
 * @param x at least one finite number, in any order
 * @param q from 0 (minimum) to 1 (maximum)
 * @throws RangeError for another q, an empty sample, NaN or an infinite number
 */
export function quantile(x: ArrayLike<number>, q: number): number {
  return quantileSorted(ascending(checked('quantile', 'x', x, 1)), checkedQ('quantile', q));
}

/**
 * Quantile with a distribution-free interval: the two order statistics between which the law's quantile lies with at least
 * the asked probability, whatever the law (W. J. Conover, Practical Nonparametric Statistics, §3.2).
 *
 * An end is infinite where no order statistic lies far enough out: a 95 % interval of the median needs six numbers. Near q
 * = 0 and 1 the value, which interpolates, may lie outside.
 * @param x at least one finite number, in any order, drawn independently from one law
 * @param q from 0 to 1; 0.5 is the median
 * @throws RangeError for another q or level, an empty sample, NaN or an infinite number
 */
export function quantileInterval(x: ArrayLike<number>, q: number, options: IntervalOptions = {}): Estimate {
  const sorted = ascending(checked('quantileInterval', 'x', x, 1));
  const weights = binomialWeights(sorted.length, checkedQ('quantileInterval', q));
  const allowed = tail(checkedLevel('quantileInterval', options)) * weights.reduce((sum, weight) => sum + weight);
  let low = 0;
  for (let below = weights[0]!; below <= allowed; below += weights[low]!) low++;
  let high = sorted.length;
  for (let above = weights[high]!; above <= allowed; above += weights[high]!) high--;
  return {
    value: quantileSorted(sorted, q),
    interval: [sorted[low - 1] ?? Number.NEGATIVE_INFINITY, sorted[high] ?? Number.POSITIVE_INFINITY],
  };
}

/**
 * Mean with Student's interval: exact for independent normal numbers, and nearly so for many of any law with a variance.
 * @param x at least two finite numbers
 * @throws RangeError for another level, fewer numbers, NaN or an infinite number, and where squares overflow
 */
export function meanInterval(x: ArrayLike<number>, options: IntervalOptions = {}): Estimate {
  return studentInterval('meanInterval', 'x', checked('meanInterval', 'x', x, 2), options);
}

/**
 * Mean of the differences a[i] − b[i] with Student's interval; what the two share, say the seed, cancels.
 * @param a at least two finite numbers
 * @param b as many, b[i] the partner of a[i]
 * @throws RangeError as `meanInterval`, and for different lengths
 */
export function pairedDifference(a: ArrayLike<number>, b: ArrayLike<number>, options: IntervalOptions = {}): Estimate {
  const [first, second] = pair('pairedDifference', 'a', a, 'b', b, 2);
  const differences = first.map((value, i) => value - second[i]!);
  return studentInterval('pairedDifference', 'a - b', differences, options);
}

/**
 * Slope of log y on log x by least squares, with Student's interval of n − 2 degrees of freedom: the power p of y ∝ xᵖ.
 * @param x at least three positive numbers, two of them different
 * @param y as many positive numbers
 * @throws RangeError for another level, other lengths, a number that has no logarithm, or equal x
 */
export function logLogSlope(x: ArrayLike<number>, y: ArrayLike<number>, options: IntervalOptions = {}): Estimate {
  const name = 'logLogSlope';
  const level = checkedLevel(name, options);
  const [logX, logY] = pair(name, 'x', x, 'y', y, 3).map((values, k) =>
    values.map((value, i) => {
      if (value > 0) return exports.logOf(value);
      throw new RangeError(
        `${name}: '${'xy'[k]!}[${i}]' is ${value}; must be above 0. Other numbers have no logarithm: leave the point out.`,
      );
    }),
  ) as [number[], number[]];
  refuseConstant(name, 'x', logX);
  const { m, b } = linearRegression(logX.map((value, i) => [value, logY[i]!]));
  let squares = 0;
  for (const [i, value] of logX.entries()) {
    const residual = logY[i]! - b - m * value;
    squares += residual * residual;
  }
  const degrees = logX.length - 2;
  const error = Math.sqrt(squares / degrees / (sampleVariance(logX) * (logX.length - 1)));
  return around(m, studentQuantile(degrees, level) * error);
}

/**
 * Spearman's rank correlation, from −1 to 1; ties share the mean of their ranks.
 * @param x at least two finite numbers, not all equal
 * @param y as many, not all equal
 * @throws RangeError for other lengths, fewer numbers, NaN or an infinite number, or a sample of equal numbers
 */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const [first, second] = pair('spearman', 'x', x, 'y', y, 2);
  refuseConstant('spearman', 'x', first);
  refuseConstant('spearman', 'y', second);
  return Math.max(-1, Math.min(1, sampleRankCorrelation(first, second)));
}

/**
 * Percentile bootstrap of any statistic: blocks are drawn with replacement, as many as there are.
 *
 * A block is what is independent of the others, say all samples of a seed. With few blocks the interval is narrower than
 * its level says.
 * @param blocks at least two; the draws pick by position, so give them in an order that means something
 * @param statistic of a resample, which is one array that is filled again each time; may give what is not finite
 * @param draw where the stream stands decides the resamples: blocks.length integers each
 * @param options `resamples`: default 2000 (our choice: between keys the ends then move by 1.4 % of the width)
 * @returns the interval, or `null` when more than 5 % of the resamples have no finite statistic
 * @throws TypeError for arguments of another kind; RangeError for another level or number of resamples, or fewer than two blocks
 */
export function bootstrapInterval<T>(
  blocks: readonly T[],
  statistic: (resample: readonly T[]) => number,
  draw: Stream,
  options: IntervalOptions & { readonly resamples?: number | undefined } = {},
): readonly [low: number, high: number] | null {
  checkNames('bootstrapInterval', options, { level: 0, resamples: 0 });
  requireList('bootstrapInterval', 'blocks', blocks, 'Give what is drawn anew.');
  const { resamples = 2000 } = options;
  const outside = tail(levelOf('bootstrapInterval', options));
  if (blocks.length < 2) refuseFew('bootstrapInterval', 'blocks', blocks.length, 2);
  if (!Number.isSafeInteger(resamples) || resamples < 1) {
    throw new RangeError(
      `bootstrapInterval: 'resamples' is ${resamples}; must be an integer of at least 1. Some 2000 give stable ends.`,
    );
  }
  const resample = blocks.slice();
  const values: number[] = [];
  for (let r = 0; r < resamples; r++) {
    for (let i = 0; i < blocks.length; i++) resample[i] = blocks[draw.integer(blocks.length)]!;
    const value = statistic(resample);
    if (Number.isFinite(value)) values.push(value);
  }
  if (values.length < 0.95 * resamples) return null;
  ascending(values);
  return [quantileSorted(values, outside), quantileSorted(values, 1 - outside)];
}

function studentInterval(name: string, option: string, x: number[], options: IntervalOptions): Estimate {
  const level = checkedLevel(name, options);
  const { value, deviations } = centre(name, option, x);
  // Squares of small deviations vanish: they are taken of deviations near 1, by a power of two, which changes no digit.
  const size = deviations.reduce((most, deviation) => Math.max(most, Math.abs(deviation)), 0);
  const scale = size > 0 && size < 1 ? 2 ** Math.min(1022, -Math.floor(scalar.log2(size))) : 1;
  const spread = sampleStandardDeviation(deviations.map((deviation) => deviation * scale)) / scale;
  const error = spread / Math.sqrt(x.length);
  if (!Number.isFinite(error)) refuseOverflow(name, option);
  return around(value, studentQuantile(x.length - 1, level) * error);
}

/** The mean of a sample, and the sample less its first number. */
function centre(name: string, option: string, x: readonly number[]): { value: number; deviations: number[] } {
  const deviations = x.map((value) => value - x[0]!);
  const value = x[0]! + meanOf(deviations);
  if (!Number.isFinite(value)) refuseOverflow(name, option);
  return { value, deviations };
}

function around(value: number, half: number): Estimate {
  return { value, interval: [value - half, value + half] };
}

/** Probability beyond each end; from percent, so that 0.95 leaves exactly 0.025. */
function tail(level: number): number {
  return (100 - 100 * level) / 200;
}

/** P(B = k) for k = 0, …, n, B binomial (n, q), up to one factor that keeps the largest at 1. */
function binomialWeights(n: number, q: number): Float64Array {
  const weights = new Float64Array(n + 1);
  const mode = Math.min(n, Math.floor((n + 1) * q));
  weights[mode] = 1;
  for (let k = mode; k < n; k++) weights[k + 1] = (weights[k]! * ((n - k) / (k + 1)) * q) / (1 - q);
  for (let k = mode; k > 0; k--) weights[k - 1] = (weights[k]! * (k / (n - k + 1)) * (1 - q)) / q;
  return weights;
}

function ascending(values: number[]): number[] {
  return values.sort((a, b) => a - b);
}

/** A copy of a sample of at least `least` finite numbers. */
function checked(name: string, option: string, x: ArrayLike<number>, least: number): number[] {
  requireList(name, option, x, 'Give the sample.');
  if (x.length < least) refuseFew(name, option, x.length, least);
  const copy = Array.from(x);
  const bad = copy.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new RangeError(
      `${name}: '${option}[${bad}]' is ${String(copy[bad])}; must be a finite number. Leave it out, and count what is left out.`,
    );
  }
  return copy;
}

function pair(
  name: string,
  optionA: string,
  a: ArrayLike<number>,
  optionB: string,
  b: ArrayLike<number>,
  least: number,
): [number[], number[]] {
  requireList(name, optionA, a, 'Give the sample.');
  requireList(name, optionB, b, 'Give the sample.');
  if (a.length !== b.length) {
    throw new RangeError(
      `${name}: '${optionB}' is of length ${b.length}; must be of ${optionA}'s length ${a.length}. Give pairs.`,
    );
  }
  return [checked(name, optionA, a, least), checked(name, optionB, b, least)];
}

function checkedQ(name: string, q: number): number {
  if (q >= 0 && q <= 1) return q;
  throw new RangeError(`${name}: 'q' is ${q}; must be from 0 to 1. The median is 0.5.`);
}

function checkedLevel(name: string, options: IntervalOptions): number {
  checkNames<IntervalOptions>(name, options, { level: 0 });
  return levelOf(name, options);
}

function levelOf(name: string, { level = 0.95 }: IntervalOptions): number {
  if (typeof level === 'number' && level > 0 && level < 1) return level;
  throw new RangeError(`${name}: 'level' is ${shown(level)}; must be between 0 and 1. 95 % is 0.95.`);
}

function refuseFew(name: string, option: string, length: number, least: number): never {
  throw new RangeError(`${name}: '${option}' is of length ${length}; must be of at least ${least}. Give more samples.`);
}

function refuseConstant(name: string, option: string, values: readonly number[]): void {
  if (values.some((value) => value !== values[0])) return;
  throw new RangeError(`${name}: '${option}' has one value throughout; must have two. It varies with nothing.`);
}

function refuseOverflow(name: string, option: string): never {
  throw new RangeError(`${name}: '${option}' overflows; must be of numbers whose squares are finite. Scale them.`);
}
