/**
 * SNIP, single-shot network pruning (Lee, Ajanthan, Torr, arXiv 1810.02340): the first-order effect of a weight.
 *
 *     s_i = |θ_i · ḡ_i|
 *
 * The original divides by Σ s and takes the sum of gradients for their mean; neither changes the order.
 */
import type { Evidence } from './criterion.js';

/** Scores from weights and mean gradient. */
export function snip({ theta, mean }: Pick<Evidence, 'theta' | 'mean'>): Float32Array {
  const scores = new Float32Array(theta.length);
  for (let i = 0; i < scores.length; i++) scores[i] = Math.abs(theta[i]! * mean[i]!);
  return scores;
}
