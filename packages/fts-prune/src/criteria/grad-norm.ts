/**
 * GN, gradient norm.
 *
 *     s_i = |ḡ_i|        absolute value after averaging, not the mean of absolute values
 */
import type { Evidence } from './criterion.js';

/** Scores from the mean gradient. */
export function gradNorm({ mean }: Pick<Evidence, 'mean'>): Float32Array {
  return Float32Array.from(mean, Math.abs);
}
