import { scalar } from '@assay-ml/numerics';
import { atLeast, integer, invalid, requireOptions } from '@assay-ml/numerics/check';

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
