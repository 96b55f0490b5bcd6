/** Percentile bootstrap over blocks, with draws that depend on the key alone. */
import { stream } from '@assay-ml/numerics';

const RESAMPLES = 2000;

/**
 * 95 % percentile interval of a statistic over resampled blocks.
 * @param blocks at least two; their order matters, so sort them
 * @param statistic of a resample; called 2000 times
 * @param key names the draws: equal keys give equal draws
 * @returns the interval, or `null` when more than 5 % of the resamples have no finite statistic
 */
export function bootstrap<T>(
  blocks: readonly T[],
  statistic: (sample: readonly T[]) => number,
  key: string,
): readonly [number, number] | null {
  const draw = stream(0, 'bootstrap', key);
  const sample = blocks.slice();
  const values: number[] = [];
  for (let r = 0; r < RESAMPLES; r++) {
    for (let i = 0; i < sample.length; i++) sample[i] = blocks[draw.integer(blocks.length)]!;
    const value = statistic(sample);
    if (Number.isFinite(value)) values.push(value);
  }
  if (values.length < 0.95 * RESAMPLES) return null;
  values.sort((a, b) => a - b);
  return [quantileOfSorted(values, 0.025), quantileOfSorted(values, 0.975)];
}

/** Linear interpolation between order statistics (Hyndman and Fan's type 7). `sorted` is not empty. */
export function quantileOfSorted(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const low = sorted[Math.floor(at)]!;
  const high = sorted[Math.ceil(at)]!;
  return low + (high - low) * (at - Math.floor(at));
}
