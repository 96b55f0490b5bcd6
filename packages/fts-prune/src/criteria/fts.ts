/**
 * FTS, Fisher-Taylor sensitivity (Gollini Navarrete, Cuadrado, Restom, Takáč, Horváth, arXiv 2502.11450): the effect of
 * removing a weight on the loss to second order, the Fisher diagonal standing in for the Hessian's.
 *
 *     s_i = | θ_i·ḡ_i + (N/2)·F̂_i·θ_i² |
 *
 * Removing weight i moves it by δ = −θ_i, so that Taylor's expansion reads −ḡ_i·θ_i + ½H_ii·θ_i²; the original code has
 * a plus. `sign` chooses. N turns squares of batch means into an estimate of those of single examples (E F̂ = g² + Var/N).
 *
 * Without the second term this is SNIP, without the first FP; unlike both, it changes with the scale of the loss.
 */
import { requireOptions } from '@assay-ml/numerics/check';
import type { Evidence, FisherOptions } from './criterion.js';

/** Scores from weights, mean gradient and mean squared gradient. @throws RangeError for an option that is not known */
export function fts({ theta, mean, square, batchSize }: Evidence, options: FisherOptions = {}): Float32Array {
  requireOptions<FisherOptions>('fts', options, { sign: 1, batchFactor: 1 });
  const { sign = 'repo', batchFactor = true } = options;
  const first = sign === 'repo' ? 1 : -1;
  const half = batchFactor ? batchSize / 2 : 1 / 2;
  const scores = new Float32Array(theta.length);
  for (let i = 0; i < scores.length; i++) {
    scores[i] = Math.abs(first * theta[i]! * mean[i]! + half * square[i]! * theta[i]! ** 2);
  }
  return scores;
}
