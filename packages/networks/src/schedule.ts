/** Learning rates: functions of the epoch, and plain data that is read at each step. */
import { scalar } from '@assay-ml/numerics';
import { atLeast, integer, invalid, oneOf, options as checkOptions, positive, requireKeys, requireOptions } from '@assay-ml/numerics/check'; // prettier-ignore

/** Learning rate of an epoch; epochs count from 0. */
export type Schedule = (epoch: number) => number;

/**
 * Multiplies the rate by `factor` at each of the epochs `at` (PyTorch's `MultiStepLR`).
 * @param rate learning rate of the first epoch
 * @param options settings
 * @param options.at epochs, counted from 0, that begin with a drop; FTS pruning: 60 and 120 of 160
 * @param options.factor default 0.2, FTS pruning's
 * @throws RangeError for a negative rate or factor, or epochs that are not ascending integers
 */
export function stepSchedule(rate: number, options: { at: readonly number[]; factor?: number }): Schedule {
  requireOptions<typeof options>('stepSchedule', options, { at: 0, factor: 0 });
  const { at, factor = 0.2 } = options;
  if (!Array.isArray(at)) throw invalid('stepSchedule', 'at', at, 'an array of epochs', 'Use [] for none.');
  atLeast('stepSchedule', 'rate', rate, 0, 'It is the learning rate of the first epoch.');
  atLeast('stepSchedule', 'factor', factor, 0, 'Leave it out for 0.2.');
  at.forEach((epoch, i) => {
    integer('stepSchedule', `at[${i}]`, epoch, 0, 'Epochs count from 0.');
    if (i > 0 && epoch <= at[i - 1]!) throw invalid('stepSchedule', 'at', at, 'ascending', 'Sort it.');
  });
  return (epoch) => rate * scalar.pow(factor, at.filter((drop) => drop <= epoch).length);
}

/**
 * Half a cosine from `rate` at epoch 0 to `floor` at epoch `epochs` (PyTorch's `CosineAnnealingLR`), and `floor` after.
 * @param rate learning rate of the first epoch
 * @param options settings
 * @param options.epochs number of epochs planned
 * @param options.floor default 0
 * @throws RangeError for a negative rate, a floor outside [0, rate] or epochs that are no positive integer
 */
export function cosineSchedule(rate: number, options: { epochs: number; floor?: number }): Schedule {
  requireOptions<typeof options>('cosineSchedule', options, { epochs: 0, floor: 0 });
  const { epochs, floor = 0 } = options;
  atLeast('cosineSchedule', 'rate', rate, 0, 'It is the learning rate of the first epoch.');
  integer('cosineSchedule', 'epochs', epochs, 1, 'Count all epochs planned.');
  if (!(floor >= 0 && floor <= rate)) {
    throw invalid('cosineSchedule', 'floor', floor, `from 0 to the rate, ${rate}`, 'Leave it out for 0.');
  }
  return (epoch) => floor + ((rate - floor) * (1 + scalar.cos((Math.PI * Math.min(epoch, epochs)) / epochs))) / 2;
}

/** A rate by step: a number, or a linear warm-up (step/warmUp of the peak) and then a fall. Steps count from 0. */
export type Rate =
  | number
  | {
      /**
       * `cosine`: to `floor`·peak at `total`; `linear`: to 0 (floor must be left out); `restarts`: the cosine again every `total`
       * steps, and 1e-7 in the first two steps of later cycles, as FRUGAL's scripts.
       */
      readonly kind: 'cosine' | 'linear' | 'restarts';
      readonly peak: number;
      readonly warmUp: number;
      readonly total: number;
      /** Default 0.1. */
      readonly floor?: number;
    };

/**
 * Checks a rate, and gives it back.
 * @param where the function that it was given to, for the message
 * @throws RangeError for a rate out of range
 */
export function checkRate(where: string, rate: Rate): Rate {
  if (typeof rate !== 'object' || rate === null) return atLeast(where, 'rate', rate as number, 0, 'Say 1e-3.');
  checkOptions(where, rate, { kind: 1, peak: 1, warmUp: 1, total: 1, floor: 1 });
  oneOf(where, 'rate.kind', rate.kind, ['cosine', 'linear', 'restarts']);
  positive(where, 'rate.peak', rate.peak, 'Say 1e-3.');
  integer(where, 'rate.total', rate.total, 1, 'It is the number of steps, or of those in a cycle.');
  integer(where, 'rate.warmUp', rate.warmUp, 0, 'Give 0 for none.');
  if (rate.warmUp >= rate.total) throw invalid(where, 'rate.warmUp', rate.warmUp, `below total = ${rate.total}`, 'A tenth of it is usual.'); // prettier-ignore
  if (rate.kind === 'linear' && rate.floor !== undefined) throw invalid(where, 'rate.floor', rate.floor, "left out with 'linear'", 'It falls to 0.'); // prettier-ignore
  atLeast(where, 'rate.floor', rate.floor ?? 0, 0, 'Leave it out for 0.1.');
  return rate;
}

/** The rate of step k, from 0. @throws TypeError for what is no rate */
export function rateAt(rate: Rate, k: number): number {
  if (typeof rate === 'number') return rate;
  requireKeys('rateAt', 'rate', rate, ['kind', 'peak', 'warmUp', 'total'], 'Say 1e-3.');
  const { kind, peak, warmUp, total, floor = 0.1 } = rate;
  if (kind === 'restarts' && k >= total && k % total < 2) return 1e-7;
  const within = kind === 'restarts' ? k % total : k;
  if (within < warmUp) return (peak * within) / warmUp;
  const part = Math.min(1, (within - warmUp) / (total - warmUp));
  if (kind === 'linear') return peak * (1 - part);
  return peak * (floor + ((1 - floor) / 2) * (1 + scalar.cos(Math.PI * part)));
}
