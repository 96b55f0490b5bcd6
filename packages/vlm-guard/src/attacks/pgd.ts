import { stream } from '@assay-ml/numerics';
import { integer, requireOptions } from '@assay-ml/numerics/check';
import { uniform } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import type { Images } from '../images.js';
import type { WhiteBox } from '../models.js';
import { account, type Attacked, type Goal } from './attack.js';
import { iterate, LINF, type LinfOptions } from './linf.js';

/** Options of {@link pgd}. */
export interface PgdOptions extends LinfOptions {
  /** Runs from different starts; the first that succeeds on an image is kept. Default 1. */
  readonly restarts?: number;
  /** Of the starts. Default 0. */
  readonly seed?: number;
}

/**
 * PGD (Madry et al., ICLR 2018): BIM from a point drawn uniformly in the ball.
 * @param images in [0, 1]
 * @throws RangeError for images, labels or an option that do not fit
 */
export async function pgd(model: WhiteBox, images: Images, goal: Goal, options: PgdOptions): Promise<Attacked> {
  requireOptions<PgdOptions>('pgd', options, { ...LINF, restarts: 1, seed: 1 });
  const { restarts = 1, seed = 0, ...rest } = options;
  integer('pgd', 'restarts', restarts, 1, 'Leave it out for 1.');
  integer('pgd', 'seed', seed, 0, 'Any of 0, 1, 2, … will do.');
  const { epsilon } = rest;
  const key = stream(seed, 'attack', 'pgd');
  const run = (r: number) =>
    iterate('pgd', model, images, goal, rest, {
      start: (x) => tf.add(x, uniform(key.at(r), x.shape, -epsilon, epsilon)),
    });
  const first = await run(0);
  if (restarts === 1) return first;
  const data = first.images.data;
  const size = data.length / images.shape[0];
  const success = [...first.success];
  for (let r = 1; r < restarts && success.includes(false); r++) {
    const again = await run(r);
    success.forEach((done, i) => {
      if (done) return;
      data.set(again.images.data.subarray(i * size, (i + 1) * size), i * size);
      success[i] = again.success[i]!;
    });
    again.queries.forEach((n, i) => (first.queries[i]! += n));
  }
  return account(model, images, data, goal, first.queries, first.warnings.filter((warning) => !warning.endsWith('did not change'))); // prettier-ignore
}
