import type { Stream } from '@assay-ml/numerics';
import { complaint, requireOptions } from '@assay-ml/numerics/check';

import { apportion, deal, poolsOf, sum } from './partition.js';

/**
 * Splits samples into parts of exact sizes with the classes in proportion, e.g. 4,000 to train on and 1,000 to validate on.
 * Counts are apportioned by largest remainder from what earlier parts left (ties: the lower class), so each class of each
 * part is within one sample of its share of that. With equal classes and sizes that divide, it is exact. What is left over
 * is in no part.
 * @param labels class of each sample
 * @param options `sizes`: samples of each part; `stream`: key of the split, e.g. `stream(seed, 'split')`
 * @returns one list of sample indices a part, ascending, each sample at most once
 * @throws TypeError for labels that are no array; RangeError when a size is no positive integer, or there are fewer samples than asked for
 */
export function stratifiedSplit(
  labels: ArrayLike<number>,
  options: { readonly sizes: readonly number[]; readonly stream: Stream },
): Uint32Array[] {
  requireOptions('stratifiedSplit', options, { sizes: 1, stream: 1 });
  const { sizes, stream } = options;
  if (typeof labels?.length !== 'number') throw new TypeError(complaint('stratifiedSplit', 'labels', labels, 'an array of class numbers')); // prettier-ignore
  for (const [i, size] of sizes.entries()) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`stratifiedSplit: 'sizes[${i}]' is ${size}; must be a positive integer.`);
    }
  }
  if (sum(sizes) > labels.length) {
    throw new RangeError(
      `stratifiedSplit: 'sizes' are ${sizes.join(' + ')} = ${sum(sizes)}; must be at most the ${labels.length} samples there are.`,
    );
  }
  const pools = poolsOf('stratifiedSplit', labels, stream);
  const left = pools.map((pool) => pool.samples.length);
  const counts = sizes.map((size) => {
    const taken = apportion(size, left);
    for (const [c, n] of taken.entries()) left[c]! -= n;
    return taken;
  });
  return deal(pools, counts);
}
