/** Percentile bootstrap over blocks, with draws that depend on the key alone. */
import { createHash } from 'node:crypto';

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
  const draw = uniforms(key);
  const sample = blocks.slice();
  const values: number[] = [];
  for (let r = 0; r < RESAMPLES; r++) {
    for (let i = 0; i < sample.length; i++) sample[i] = blocks[Math.floor(draw() * blocks.length)]!;
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

/** Sha256 in counter mode, eight 32-bit words a block. */
function uniforms(key: string): () => number {
  let counter = 0;
  let words = Buffer.alloc(0);
  let at = 0;
  return () => {
    if (at === words.length) {
      words = createHash('sha256').update(`${key}#${counter++}`).digest();
      at = 0;
    }
    at += 4;
    return words.readUInt32LE(at - 4) / 2 ** 32;
  };
}
