/** In which order a client goes through its rows in an epoch. */
import { stream } from '@assay-ml/numerics';
import { oneOf } from '../check.js';
import type { Samples } from '../minibatch.js';
import { indices } from '../vectors.js';

/**
 * - 'reshuffle' (RR): a fresh random order each epoch
 * - 'shuffle-once' (SO): one random order for all epochs
 * - 'incremental' (IG): 0, 1, 2, …
 * - 'with-replacement' (SGD): as many rows, each drawn from all
 *
 * In the first three every row comes exactly once in an epoch.
 */
export type Order = 'reshuffle' | 'shuffle-once' | 'incremental' | 'with-replacement';

/** All of them. */
const ORDERS = ['reshuffle', 'shuffle-once', 'incremental', 'with-replacement'] as const;

/**
 * The rows of an epoch as its batches, the last one maybe smaller. They depend on the samples' name, seed, epoch and
 * client alone: two methods and two step sizes meet the same orders, and a run may be resumed anywhere.
 * @returns the batches, views of one array a client that the next call changes
 */
export function batches(
  where: string,
  { n, count, name = 'problem' }: Pick<Samples, 'n' | 'count' | 'name'>,
  batchSize: number,
  order: Order,
  seed: number,
): (epoch: number, client: number) => readonly Uint32Array[] {
  oneOf(where, 'order', order, ORDERS);
  const key = stream(seed, name, 'order');
  const rows = Array.from({ length: n }, (_, client) => indices(count(client)));
  const views = rows.map((all) =>
    Array.from({ length: Math.ceil(all.length / batchSize) }, (_, b) =>
      all.subarray(b * batchSize, (b + 1) * batchSize),
    ),
  );
  if (order === 'shuffle-once') rows.forEach((all, client) => key.at(0, client).permutation(all));
  return (epoch, client) => {
    const all = rows[client]!;
    if (order === 'reshuffle') key.at(epoch, client).permutation(all);
    if (order === 'with-replacement') {
      key.at(epoch, client);
      for (let k = 0; k < all.length; k++) all[k] = key.integer(all.length);
    }
    return views[client]!;
  };
}
