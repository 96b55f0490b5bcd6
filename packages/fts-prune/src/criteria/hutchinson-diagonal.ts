/**
 * HD, Hutchinson diagonal (the paper's second version).
 *
 *     s_i = h_i        signed: weights in directions of negative curvature go first
 *
 * h = E[z ∘ Hz] over signs z estimates the Hessian's diagonal, of the loss of logits divided by a temperature.
 */

/** HD: scores from the estimated diagonal h. */
export function hutchinsonDiagonal(h: Float64Array): Float32Array {
  return Float32Array.from(h);
}
