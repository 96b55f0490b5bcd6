import { complaint, requireKeys } from '@assay-ml/numerics/check';
import type { Examples } from './examples.js';

/** Mean and standard deviation of each channel: of the last axis of an example. */
export interface Normalisation {
  readonly mean: readonly number[];
  /** Positive. */
  readonly std: readonly number[];
}

/**
 * What most papers subtract from and divide CIFAR-10's pixels in [0, 1] by; the FTS-pruning code does so for CIFAR-100, too.
 * The means are those of the training images. The deviations are means of each image's own, smaller than that of all pixels.
 */
export const CIFAR10_NORMALISATION: Normalisation = {
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.2023, 0.1994, 0.201],
};

/**
 * Mean and standard deviation of each channel over all examples, in double precision. Measure on training examples alone
 * and use it for the others.
 * @throws TypeError for arguments of another kind; RangeError when there is no example, or a channel never varies: then there is no scale to divide by
 */
export function measureNormalisation(data: Examples): Normalisation {
  requireKeys('measureNormalisation', 'data', data, ['x', 'y', 'shape', 'count'], 'examples() makes them of images.');
  const { x, shape, count } = data;
  if (count === 0) throw new RangeError(`measureNormalisation: 'count' is 0; must be at least one example.`);
  const channels = shape.at(-1)!;
  const n = x.length / channels;
  const mean = new Array<number>(channels).fill(0);
  for (let i = 0; i < x.length; i++) mean[i % channels]! += x[i]! / n;
  const variance = new Array<number>(channels).fill(0);
  for (let i = 0; i < x.length; i++) variance[i % channels]! += (x[i]! - mean[i % channels]!) ** 2 / n;
  const still = variance.findIndex((v) => !(v > 0));
  if (still !== -1) {
    throw new RangeError(
      `measureNormalisation: the standard deviation of channel ${still} is ${Math.sqrt(variance[still]!)}; must be positive. Leave that channel out.`,
    );
  }
  return { mean, std: variance.map(Math.sqrt) };
}

/**
 * (x − mean) / std, channel by channel.
 * @param by e.g. `CIFAR10_NORMALISATION`, or `measureNormalisation` of the training examples
 * @returns new examples; `data` stays as it is
 * @throws TypeError for what is no examples; RangeError when `by` has not one finite mean and one positive deviation a channel
 */
export function normalise(data: Examples, by: Normalisation): Examples {
  if (!Array.isArray(data?.shape)) throw new TypeError(complaint('normalise', 'data', data, 'examples', 'examples() makes them.')); // prettier-ignore
  const channels = data.shape.at(-1)!;
  for (const [name, values] of [
    ['mean', by.mean],
    ['std', by.std],
  ] as const) {
    if (values.length !== channels || !values.every((v) => Number.isFinite(v) && (name === 'mean' || v > 0))) {
      throw new RangeError(
        `normalise: '${name}' is [${values.join(', ')}]; must be ${channels} ${name === 'mean' ? 'finite' : 'positive'} numbers, one a channel.`,
      );
    }
  }
  const x = data.x.map((value, i) => (value - by.mean[i % channels]!) / by.std[i % channels]!);
  return { ...data, x };
}
