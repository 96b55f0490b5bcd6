import { stream } from '@assay-ml/numerics';
import { integer, invalid, atLeast, requireOptions } from '@assay-ml/numerics/check';
import { type Images, pick } from '../images.js';
import type { Scorer } from '../models.js';
import { type Attacked, checkGoal, type Goal, norms } from './attack.js';

/** Options of {@link square}. */
export interface SquareOptions {
  /** Radius ε, in the units of the images. */
  readonly epsilon: number;
  /** How often each image may be asked for, at least 2. Default 300. */
  readonly queries?: number;
  /** Share of the pixels of the first squares. Default 0.8, the paper's for MNIST; for ImageNet it has 0.05. */
  readonly share?: number;
  /** Default 0. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** Where of 10,000 queries the share of pixels is halved; rescaled to the budget. */
const HALVED = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000] as const;

/**
 * Square (Andriushchenko et al., ECCV 2020) in ℓ∞: stripes of ±ε, then squares set to ±ε, a sign for each channel, and kept where the
 * margin falls. It asks for scores alone; images that succeed leave the batch.
 * @param images in [0, 1]
 * @param options settings
 * @throws RangeError for images, labels or an option that do not fit
 */
export async function square(
  model: Scorer & { readonly classes: number },
  images: Images,
  goal: Goal,
  options: SquareOptions,
): Promise<Attacked> {
  requireOptions<SquareOptions>('square', options, { epsilon: 1, queries: 1, share: 1, seed: 1, signal: 1 });
  const { epsilon, queries: budget = 300, share = 0.8, seed = 0, signal } = options;
  const { classes } = model;
  checkGoal('square', images, goal, classes);
  atLeast('square', 'epsilon', epsilon, 0, 'Images are in [0, 1]: 8/255 is usual.');
  integer('square', 'queries', budget, 2, 'Leave it out for 300.');
  if (!(share > 0 && share <= 1)) throw invalid('square', 'share', share, 'above 0 and at most 1', 'Leave it out for 0.8.'); // prettier-ignore
  integer('square', 'seed', seed, 0, 'Any of 0, 1, 2, … will do.');
  const [count, height, width, channels] = images.shape;
  const size = height * width * channels;
  const key = stream(seed, 'attack', 'square');
  const data = images.data.slice();
  const queries = new Int32Array(count);
  const success = new Array<boolean>(count).fill(false);
  const best = new Float64Array(count).fill(Infinity);
  const within = (at: number, sign: number) => Math.min(1, Math.max(0, images.data[at]! + sign * epsilon));
  /** Asks for candidates of the open images, and keeps those that lower the margin. */
  const offer = async (open: readonly number[], candidate: Float32Array): Promise<void> => {
    signal?.throwIfAborted();
    const scores = await model.scores(pick({ data: candidate, shape: images.shape }, open), signal);
    open.forEach((i, k) => {
      queries[i]!++;
      const row = scores.subarray(k * classes, (k + 1) * classes);
      const label = goal.labels[i]!;
      const others = row.reduce((most, value, c) => (c === label ? most : Math.max(most, value)), -Infinity);
      const margin = goal.targeted ? others - row[label]! : row[label]! - others;
      if (!(margin < best[i]!)) return;
      best[i] = margin;
      success[i] = margin < 0;
      data.set(candidate.subarray(i * size, (i + 1) * size), i * size);
    });
  };
  const all = Array.from({ length: count }, (_, i) => i);
  await offer(all, images.data);
  let open = all.filter((i) => !success[i]);
  const candidate = data.slice();
  for (const i of open) {
    const draw = key.at(i);
    for (let column = 0; column < width; column++) {
      for (let c = 0; c < channels; c++) {
        const sign = draw.uniform() < 0.5 ? -1 : 1;
        for (let row = 0; row < height; row++) {
          const at = i * size + (row * width + column) * channels + c;
          candidate[at] = within(at, sign);
        }
      }
    }
  }
  // Stripes are where the search begins, better or not.
  for (const i of open) best[i] = Infinity;
  if (open.length > 0) await offer(open, candidate);
  for (let q = 2; q < budget; q++) {
    open = open.filter((i) => !success[i]);
    if (open.length === 0) break;
    const halvings = HALVED.filter((at) => (q * 10_000) / budget > at).length;
    const side = Math.max(1, Math.min(height, width, Math.round(Math.sqrt((share / 2 ** halvings) * height * width))));
    for (const i of open) {
      candidate.set(data.subarray(i * size, (i + 1) * size), i * size);
      const draw = key.at(i, q);
      const [top, left] = [draw.integer(height - side + 1), draw.integer(width - side + 1)];
      for (let c = 0; c < channels; c++) {
        const sign = draw.uniform() < 0.5 ? -1 : 1;
        for (let row = top; row < top + side; row++) {
          for (let column = left; column < left + side; column++) {
            const at = i * size + (row * width + column) * channels + c;
            candidate[at] = within(at, sign);
          }
        }
      }
    }
    await offer(open, candidate);
  }
  return { images: { data, shape: images.shape }, success, queries, ...norms(images, data, []) };
}
