/**
 * HP, Hutchinson pruning (the paper's second version): optimal brain damage with Hutchinson's estimate h of the Hessian's
 * diagonal, see HD.
 *
 *     s_i = θ_i² · h_i / 2        signed
 */

/** HP: scores from weights and the estimated diagonal h. */
export function hutchinsonPruning(theta: Float32Array, h: Float64Array): Float32Array {
  const scores = new Float32Array(theta.length);
  for (let i = 0; i < scores.length; i++) scores[i] = (theta[i]! ** 2 * h[i]!) / 2;
  return scores;
}
