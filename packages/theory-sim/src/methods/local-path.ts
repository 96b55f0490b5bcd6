/**
 * A client's local path, which all methods of the (L0, L1) paper share: from y,
 *
 *   for each step k:  h ← gradient at y;  d ← d + w_k h;  y ← y − η·s(‖h‖)·h,   Σ_k w_k = 1
 *
 * d is the mean local gradient along the path, summed as it goes: (y_0 − y)/η would lose what a small η rounds away. The
 * gradients are τ of a problem's own (`steps`), or those of an epoch's batches (`epoch`), weighted by |batch|/rows.
 */
import type { Stream } from '@assay-ml/numerics';
import { noiseStream, stochasticGradient } from '../exact.js';
import { rowGradient, type Samples } from '../minibatch.js';
import { hasNaN, squaredNorm } from '../vectors.js';
import type { Scale } from './clipping.js';
import { badGradient } from './local-phase.js';
import type { Checked } from './options.js';
import { batches, type Order } from './order.js';

/** Where a path's gradients come from. */
export interface Gradients {
  /** Gradients of a client in a round, after `begin`. */
  count(client: number): number;
  /** To be called before the first gradient of a client in a round. */
  begin(round: number, client: number): void;
  /** Writes gradient k at y to `out`, and returns its weight. */
  at(client: number, k: number, y: Float64Array, out: Float64Array): number;
}

/** τ gradients of the problem itself, noisy or exact, each with weight 1/τ. */
export function steps({ problem, seed }: Checked, tau: number): Gradients {
  const noise: Stream = noiseStream(problem, seed);
  const gradient = stochasticGradient(problem);
  let round = 0;
  return {
    count: () => tau,
    begin: (r) => void (round = r),
    at(client, k, y, out) {
      gradient(client, y, out, noise.at(round, client, k));
      return 1 / tau;
    },
  };
}

/** The gradients of an epoch's batches. One batch of all rows is the exact gradient, whatever the order. */
export function epoch({ where, problem, seed }: Checked, samples: Samples, batchSize: number, order: Order): Gradients {
  const gradient = rowGradient(samples);
  const draw = batches(where, samples, batchSize, order, seed);
  let rows = 0;
  /** null: all rows at once. */
  let current: readonly Uint32Array[] | null = null;
  return {
    count: () => current?.length ?? 1,
    begin(round, client) {
      rows = samples.count(client);
      current = batchSize >= rows && order !== 'with-replacement' ? null : draw(round, client);
    },
    at(client, k, y, out) {
      if (current === null) {
        problem.clientGrad!(client, y, out);
        return 1;
      }
      const batch = current[k]!;
      gradient(client, y, out, batch);
      return batch.length / rows;
    },
  };
}

/** Walks a client's path: changes `y`, overwrites `mean` with d, and returns how many gradients that took. */
export type Walk = (round: number, client: number, y: Float64Array, mean: Float64Array) => number;

/**
 * @param eta local step size ≥ 0, asked for after a path's first gradient
 * @param scale factor of a step by the norm of its gradient; null: 1
 * @param first receives each path's first gradient, if given
 */
export function walker(
  { where, problem: { d }, limit }: Checked,
  gradients: Gradients,
  eta: () => number,
  scale: Scale | null,
  first?: (gradient: Float64Array) => void,
): Walk {
  const h = new Float64Array(d);
  return (round, client, y, mean) => {
    let rate = 0;
    mean.fill(0);
    gradients.begin(round, client);
    const count = gradients.count(client);
    for (let k = 0; k < count; k++) {
      const weight = gradients.at(client, k, y, h);
      if (hasNaN(h) && Math.sqrt(squaredNorm(y)) <= limit) throw badGradient(where, round, client, k);
      if (k === 0) {
        first?.(h);
        rate = eta();
      }
      const step = scale === null ? rate : rate * scale(Math.sqrt(squaredNorm(h)));
      for (let j = 0; j < d; j++) {
        mean[j] = mean[j]! + weight * h[j]!;
        y[j] = y[j]! - step * h[j]!;
      }
    }
    return count;
  };
}
