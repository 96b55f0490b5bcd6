/**
 * FD, Fisher diagonal.
 *
 *     s_i = F̂_i
 */
import type { Evidence } from './criterion.js';

/** Scores from the mean squared gradient. */
export function fisherDiagonal({ square }: Pick<Evidence, 'square'>): Float32Array {
  return Float32Array.from(square);
}
