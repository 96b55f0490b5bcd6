/**
 * A cell: a pure function of configuration and seed. All it imports is hashed into the cell's id, so keep claims and figures
 * out of it: editing those then recomputes nothing.
 */
import { mean, quantile, stream } from '@assay-ml/numerics';

/**
 * Draws samples of standard normal numbers and measures how far their mean and their median are from 0.
 * @param {{ size: number, samples: number }} config draws in a sample, and samples
 * @param {number} seed
 * @returns {{ mean: number, median: number }} mean squared errors
 */
export function run({ size, samples }, seed) {
  const draws = new Float64Array(size);
  const errors = { mean: 0, median: 0 };
  for (let k = 0; k < samples; k++) {
    stream(seed, 'draws').at(size, k).fillNormal(draws);
    errors.mean += mean(draws) ** 2 / samples;
    errors.median += quantile(draws, 0.5) ** 2 / samples;
  }
  return errors;
}
