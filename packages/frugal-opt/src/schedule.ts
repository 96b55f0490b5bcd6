/** What changes from step to step, as plain data: rates, rho, and the steps between refreshes. Steps count from 0. */
import { scalar } from '@assay-ml/numerics';
import { atLeast, integer, invalid, oneOf, options, positive } from '@assay-ml/numerics/check';

/** A rate: a number, or a schedule with linear warm-up (step/warmUp of the peak) and then a fall. */
export type Rate =
  | number
  | {
      /**
       * `cosine`: to `floor`·peak at `total`; `linear`: to 0 (floor must be left out); `restarts`: the cosine again every `total`
       * steps, and 1e-7 in the first two steps of later cycles, as the authors' scripts.
       */
      readonly kind: 'cosine' | 'linear' | 'restarts';
      readonly peak: number;
      readonly warmUp: number;
      readonly total: number;
      /** Default 0.1. */
      readonly floor?: number;
    };

/** @throws RangeError for a rate out of range */
export function checkRate(where: string, rate: Rate): Rate {
  if (typeof rate !== 'object' || rate === null) return atLeast(where, 'rate', rate as number, 0, 'Say 1e-3.');
  options(where, rate, { kind: 1, peak: 1, warmUp: 1, total: 1, floor: 1 });
  oneOf(where, 'rate.kind', rate.kind, ['cosine', 'linear', 'restarts']);
  positive(where, 'rate.peak', rate.peak, 'Say 1e-3.');
  integer(where, 'rate.total', rate.total, 1, 'It is the number of steps, or of those in a cycle.');
  integer(where, 'rate.warmUp', rate.warmUp, 0, 'Give 0 for none.');
  if (rate.warmUp >= rate.total) throw invalid(where, 'rate.warmUp', rate.warmUp, `below total = ${rate.total}`, 'A tenth of it is usual.'); // prettier-ignore
  if (rate.kind === 'linear' && rate.floor !== undefined) throw invalid(where, 'rate.floor', rate.floor, "left out with 'linear'", 'It falls to 0.'); // prettier-ignore
  atLeast(where, 'rate.floor', rate.floor ?? 0, 0, 'Leave it out for 0.1.');
  return rate;
}

/** The rate of step k. */
export function rateAt(rate: Rate, k: number): number {
  if (typeof rate === 'number') return rate;
  const { kind, peak, warmUp, total, floor = 0.1 } = rate;
  if (kind === 'restarts' && k >= total && k % total < 2) return 1e-7;
  const within = kind === 'restarts' ? k % total : k;
  if (within < warmUp) return (peak * within) / warmUp;
  const part = Math.min(1, (within - warmUp) / (total - warmUp));
  if (kind === 'linear') return peak * (1 - part);
  return peak * (floor + ((1 - floor) / 2) * (1 + scalar.cos(Math.PI * part)));
}

/** rho: a number, or a linear fall from `start` to `end` over `steps` (AdaFRUGAL: .25, .05, 200,000); read at each refresh. */
export type Density = number | { readonly start: number; readonly end: number; readonly steps: number };

/** @throws RangeError for a density outside [0, 1] */
export function checkDensity(where: string, rho: Density): Density {
  const share = (name: string, value: number) => {
    if (!(value >= 0 && value <= 1)) throw invalid(where, name, value, 'from 0 to 1', 'It is the part of the projectable weights that has state.'); // prettier-ignore
  };
  if (typeof rho === 'object' && rho !== null) {
    options(where, rho, { start: 1, end: 1, steps: 1 });
    share('rho.start', rho.start);
    share('rho.end', rho.end);
    integer(where, 'rho.steps', rho.steps, 1, 'It is the number of steps of the fall.');
  } else share('rho', rho);
  return rho;
}

/** rho in step k. */
export function densityAt(rho: Density, k: number): number {
  if (typeof rho === 'number') return rho;
  return rho.start - (rho.start - rho.end) * Math.min(1, k / rho.steps);
}

/** AdaFRUGAL's T: what validation says about it. */
export interface AdaptivePeriod {
  /** Change of the loss below which T grows. Default 0.005. */
  readonly threshold?: number;
  /** Default 1.5. */
  readonly factor?: number;
  /** Default 1000. */
  readonly most?: number;
}

/** T after a validation: longer, once the loss hardly changes. Set `state.period` to it; call it every few thousand steps. */
export function adaptedPeriod(period: number, before: number, now: number, given: AdaptivePeriod = {}): number {
  options<AdaptivePeriod>('adaptedPeriod', given, { threshold: 1, factor: 1, most: 1 });
  const { threshold = 0.005, factor = 1.5, most = 1000 } = given;
  integer('adaptedPeriod', 'period', period, 1, 'It is T, the steps between refreshes.');
  for (const [name, loss] of Object.entries({ before, now })) {
    if (!Number.isFinite(loss)) throw invalid('adaptedPeriod', name, loss, 'a finite loss', 'Leave T as it is.');
  }
  return Math.abs(now - before) < threshold ? Math.min(most, Math.floor(period * factor)) : period;
}
