/**
 * FP, Fisher pruning: optimal brain damage with the Fisher diagonal for the Hessian's.
 *
 *     s_i = θ_i² · F̂_i / 2        a factor N would not change the order
 */
import type { Evidence } from './criterion.js';

/** Scores from weights and mean squared gradient. */
export function fisherPruning({ theta, square }: Pick<Evidence, 'theta' | 'square'>): Float32Array {
  const scores = new Float32Array(theta.length);
  for (let i = 0; i < scores.length; i++) scores[i] = (theta[i]! ** 2 * square[i]!) / 2;
  return scores;
}
