/**
 * Magnitude pruning.
 *
 *     s_i = |θ_i|
 */

/** Scores of weights θ. */
export function magnitude(theta: Float32Array): Float32Array {
  return theta.map(Math.abs);
}
