/** The statistics that a rule can name, each with its interval over blocks. Pure; samples are finite when they come here. */
import { exp, log, scalar, type Stream } from '@assay-ml/numerics';
import { clopperPearson, deviation, jackknife, student, type Estimate } from './intervals.js';
import type { Rule } from './types.js';

/** A rule whose statistic has an interval. */
export type StatisticRule = Exclude<Rule, { statistic: 'exact' }>;

/** One sample: a pair (a, b), a point (x, y), or (1, 0) for a trial that holds and (0, 0) for one that does not. */
export type Sample = readonly [number, number];

/** The samples of one block, at least one. */
export type Block = readonly Sample[];

/** Spread below this part of the samples' size is rounding: cells add up thousands of numbers, each rounded at 1e-16. */
const ROUNDING = 1e-12;

/** Resamples behind the standard error of a quantile (our choice; B. Efron and R. Tibshirani ask for 200 at most). */
const RESAMPLES = 400;

/**
 * A rule's statistic over blocks, with its interval.
 * @param blocks at least one, in an order that depends on nothing but their names
 * @param draw decides the resamples of `quantile-ratio`
 */
export function estimate(rule: StatisticRule, blocks: readonly Block[], draw: Stream): Estimate {
  switch (rule.statistic) {
    case 'mean-diff':
      return mean(blocks, ([a, b]) => a - b, largest(blocks.flat(2)));
    case 'log-ratio':
      return mean(blocks, ([a, b]) => scalar.log10(a / b), 1);
    case 'quantile-ratio':
      return quantileRatio(blocks, rule.quantile!, draw);
    case 'slope':
      return slope(blocks);
    case 'share': {
      const holds = blocks.flat().filter(([holds]) => holds === 1).length;
      return { measured: holds / blocks.length, interval: clopperPearson(holds, blocks.length) };
    }
  }
}

/** What a rule's statistic is measured in; `null` where a mean difference does not say, and for `exact`. */
export function unitOf(rule: Rule): string | null {
  switch (rule.statistic) {
    case 'exact':
      return null;
    case 'mean-diff':
      return rule.unit ?? null;
    case 'log-ratio':
      return 'log10 of a ratio';
    case 'quantile-ratio':
      return 'ratio';
    case 'slope':
      return 'exponent';
    case 'share':
      return 'share';
  }
}

/** Mean about the first value, so that equal values have exactly themselves as their mean. */
function mean(blocks: readonly Block[], of: (sample: Sample) => number, size: number): Estimate {
  const origin = of(blocks[0]![0]!);
  const sums = blocks.map((block) => [block.length, block.reduce((sum, sample) => sum + (of(sample) - origin), 0)]);
  const { value, error } = jackknife(sums, ([count, sum]) => sum! / count!);
  return student(origin + value, error, blocks.length - 1, ROUNDING * size);
}

/**
 * Least squares of log y on log x. Where every block has a slope of its own, n blocks leave n − 1 degrees of freedom; where
 * a block is a point, the line through all takes two.
 */
function slope(blocks: readonly Block[]): Estimate {
  const [x0, y0] = blocks[0]![0]!.map(scalar.log10) as [number, number];
  const sums = blocks.map((block) => {
    const sum = [block.length, 0, 0, 0, 0];
    for (const sample of block) {
      const x = scalar.log10(sample[0]) - x0;
      const y = scalar.log10(sample[1]) - y0;
      for (const [k, term] of [x, y, x * x, x * y].entries()) sum[k + 1]! += term;
    }
    return sum;
  });
  const { value, error } = jackknife(sums, ([n, x, y, xx, xy]) => {
    const spread = xx! - (x! * x!) / n!;
    return spread > ROUNDING * xx! ? (xy! - (x! * y!) / n!) / spread : Number.NaN; // one x is left, but for rounding
  });
  const curves = blocks.every((block) => block.some(([x]) => x !== block[0]![0]));
  const logs = blocks.flat().map(([x]) => scalar.log10(x));
  const range = largest(logs.map((x) => x - logs[0]!));
  return student(value, error, blocks.length - (curves ? 1 : 2), ROUNDING / range);
}

/**
 * Quantile of all a over that of all b. A quantile is not smooth enough for the jackknife: its standard error comes from
 * resampled blocks, times √(n / (n − 1)), since n blocks that are drawn from n vary less than n drawn afresh. On the
 * logarithm where all samples are positive.
 */
function quantileRatio(blocks: readonly Block[], q: number, draw: Stream): Estimate {
  const n = blocks.length;
  const sizes = blocks.map((block) => block.length);
  const [a, b] = [0, 1].map((side) => ascending(blocks, side)) as [Ascending, Ascending];
  const ratio = (times: Uint32Array) => {
    const total = sizes.reduce((sum, size, i) => sum + size * times[i]!, 0);
    return quantileOf(a, times, q * (total - 1)) / quantileOf(b, times, q * (total - 1));
  };
  const times = new Uint32Array(n).fill(1);
  const measured = ratio(times);
  const resampled = Float64Array.from({ length: RESAMPLES }, () => {
    times.fill(0);
    for (let i = 0; i < n; i++) times[draw.integer(n)]!++;
    return ratio(times);
  });
  const positive = a.values[0]! > 0 && b.values[0]! > 0;
  const error = Math.sqrt(n / (n - 1)) * deviation(positive ? log(resampled, resampled) : resampled);
  return positive
    ? student(measured, error, n - 1, ROUNDING, LOGARITHM)
    : student(measured, error, n - 1, ROUNDING * Math.abs(measured));
}

const LOGARITHM = {
  to: (x: number) => log(Float64Array.of(x), new Float64Array(1))[0]!,
  from: (x: number) => exp(Float64Array.of(x), new Float64Array(1))[0]!,
};

/** All samples of one side in order, each with the place of its block. */
interface Ascending {
  readonly values: Float64Array;
  readonly owners: Uint32Array;
}

function ascending(blocks: readonly Block[], side: number): Ascending {
  const samples = blocks.flatMap((block, owner) => block.map((sample) => [sample[side]!, owner] as const));
  samples.sort((p, q) => p[0] - q[0]);
  return { values: Float64Array.from(samples, ([x]) => x), owners: Uint32Array.from(samples, ([, owner]) => owner) };
}

/** The value `rank` places up, between order statistics too, when each block is there `times` times: numerics' `quantile`. */
function quantileOf({ values, owners }: Ascending, times: Uint32Array, rank: number): number {
  const below = Math.floor(rank);
  let i = 0;
  let seen = times[owners[0]!]!;
  while (seen <= below) seen += times[owners[++i]!]!;
  const low = values[i]!;
  if (rank === below) return low;
  while (seen <= below + 1) seen += times[owners[++i]!]!;
  return low + (rank - below) * (values[i]! - low);
}

function largest(x: readonly number[]): number {
  return x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
