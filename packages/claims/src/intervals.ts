/** Intervals of level 0.95 over independent blocks: what a verdict other than `exact` rests on. Pure. */
import { studentQuantile } from '@assay-ml/numerics';

/** Probability that an interval holds what it estimates: 2.5 % are left out on each side. */
export const LEVEL = 0.95;

/** Two ends, both finite. */
export type Interval = readonly [low: number, high: number];

/** A statistic with its interval, or with why there is none. */
export type Estimate =
  | { readonly measured: number; readonly interval: Interval }
  | { readonly measured: number; readonly interval: null; readonly why: string };

/** Why blocks give no standard error: too few are left when some are taken away. */
const TOO_FEW = 'too few different blocks for an interval';

/** Why equal blocks give none: Student's interval would have no width, and claim to know what it cannot. */
const NO_SPREAD = "the blocks do not differ, so there is no interval: judge a deterministic result by 'exact'";

/**
 * Student's interval around a statistic.
 * @param measured the statistic
 * @param error its standard error; NaN when too few blocks are left to have one
 * @param degrees of freedom of `error`, an integer
 * @param rounding half-widths up to this one are rounding, no spread
 * @param scale on which the interval is symmetric; default the statistic's own
 */
export function student(
  measured: number,
  error: number,
  degrees: number,
  rounding: number,
  scale: { to(x: number): number; from(x: number): number } = { to: (x) => x, from: (x) => x },
): Estimate {
  if (!(Number.isFinite(error) && degrees >= 1)) return { measured, interval: null, why: TOO_FEW };
  const half = studentQuantile(degrees, LEVEL) * error;
  if (!(half > rounding)) return { measured, interval: null, why: NO_SPREAD };
  const centre = scale.to(measured);
  const [low, high] = [scale.from(centre - half), scale.from(centre + half)];
  if (!(Number.isFinite(low) && Number.isFinite(high))) return { measured, interval: null, why: TOO_FEW };
  return { measured, interval: [low, high] };
}

/**
 * A statistic that is a function of sums over samples, and its standard error by the jackknife: from the statistics without
 * each block in turn (B. Efron and C. Stein, The jackknife estimate of variance, Annals of Statistics 9, 1981). For the mean
 * of blocks of one size it is the usual s/√n of their means.
 * @param sums of each block
 * @param value from sums to the statistic; NaN where there is none
 */
export function jackknife(
  sums: readonly (readonly number[])[],
  value: (sums: readonly number[]) => number,
): { readonly value: number; readonly error: number } {
  const total = sums[0]!.map((_, k) => sums.reduce((sum, own) => sum + own[k]!, 0));
  const without = sums.map((own) => value(total.map((all, k) => all - own[k]!)));
  return { value: value(total), error: Math.sqrt(sums.length - 1) * deviation(without) };
}

/** Root of the mean squared distance from the mean, of numbers whose squares may overflow. */
export function deviation(x: ArrayLike<number>): number {
  let mean = 0;
  for (let i = 0; i < x.length; i++) mean += (x[i]! - x[0]!) / x.length;
  mean += x[0]!;
  let largest = 0;
  for (let i = 0; i < x.length; i++) largest = Math.max(largest, Math.abs(x[i]! - mean)); // NaN stays
  if (largest === 0) return 0;
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += ((x[i]! - mean) / largest) ** 2;
  return largest * Math.sqrt(squares / x.length);
}

/**
 * Clopper and Pearson's interval of a share: both ends are where the binomial tail is 2.5 %, so that it leaves out the true
 * share in at most 2.5 % of all cases on each side, whatever the share and however few the trials (C. J. Clopper and
 * E. S. Pearson, Biometrika 26, 1934).
 * @param holds trials that hold, 0 to n
 * @param n trials, at least 1
 */
export function clopperPearson(holds: number, n: number): Interval {
  return [lowest(holds, n), 1 - lowest(n - holds, n)];
}

/** The largest p at which `holds` or more of n are no likelier than 2.5 %. */
function lowest(holds: number, n: number): number {
  let low = 0;
  let high = holds / n;
  for (;;) {
    const p = (low + high) / 2;
    if (!(low < p && p < high)) return low;
    if (atLeast(holds, n, p) <= (100 - 100 * LEVEL) / 200) low = p;
    else high = p;
  }
}

/** P(X ≥ k) of a binomial X (n, p), 0 < p ≤ k/n: terms relative to P(X = k), those above it fall, those below may overflow. */
function atLeast(k: number, n: number, p: number): number {
  const odds = p / (1 - p);
  let above = 1;
  for (let i = k, term = 1; i < n; i++) above += term *= ((n - i) / (i + 1)) * odds;
  let below = 0;
  for (let i = k, term = 1; i > 0; i--) below += term *= i / (n - i + 1) / odds;
  return above / (above + below);
}
