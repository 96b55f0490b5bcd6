/**
 * FBSS, Fisher brain surgeon sensitivity: the loss after the best move of all other weights, with a diagonal Hessian.
 *
 *     s_i = (N·F̂_i/2) · (θ_i − ḡ_i/(N·F̂_i))²
 *
 * Minimising g'δ + ½δ'Hδ subject to δ_i = −θ_i moves every other weight by −g_j/H_jj, which costs ½H_ii(θ_i − g_i/H_ii)²
 * up to a constant. Multiplied out: −θ_i·ḡ_i + ½N·F̂_i·θ_i² + ḡ_i²/(2N·F̂_i). The last term does not see the weight, only
 * how clear its gradient is; where F̂_i = 0 there is no gradient, and the score is its limit 0.
 */
import { requireOptions } from '@assay-ml/numerics/check';
import type { Evidence, FisherOptions } from './criterion.js';

/** Scores from weights, mean gradient and mean squared gradient. @throws RangeError for an option that is not known */
export function fbss(
  { theta, mean, square, batchSize }: Evidence,
  options: Pick<FisherOptions, 'batchFactor'> = {},
): Float32Array {
  requireOptions('fbss', options, { batchFactor: 1 });
  const { batchFactor = true } = options;
  const scores = new Float32Array(theta.length);
  for (let i = 0; i < scores.length; i++) {
    const h = (batchFactor ? batchSize : 1) * square[i]!;
    scores[i] = h === 0 ? 0 : (h / 2) * (theta[i]! - mean[i]! / h) ** 2;
  }
  return scores;
}
