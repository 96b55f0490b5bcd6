/**
 * HTS, Hutchinson-Taylor sensitivity (the paper's second version): FTS with Hutchinson's estimate h of the Hessian's
 * diagonal, see HD, in place of Fisher's. ḡ is of the loss of logits divided by the same temperature.
 *
 *     s_i = | θ_i·ḡ_i + θ_i²·h_i / 2 |
 */
import { requireOptions } from '@assay-ml/numerics/check';
import type { Sign } from './criterion.js';

/** HTS: scores from weights, mean gradient and the estimated diagonal h; `taylor` turns the first term around. @throws RangeError for an option that is not known */
export function hutchinsonTaylor(
  theta: Float32Array,
  mean: Float64Array,
  h: Float64Array,
  options: { readonly sign?: Sign } = {},
): Float32Array {
  requireOptions('hutchinsonTaylor', options, { sign: 1 });
  const { sign = 'repo' } = options;
  const first = sign === 'repo' ? 1 : -1;
  const scores = new Float32Array(theta.length);
  for (let i = 0; i < scores.length; i++) {
    scores[i] = Math.abs(first * theta[i]! * mean[i]! + (theta[i]! ** 2 * h[i]!) / 2);
  }
  return scores;
}
