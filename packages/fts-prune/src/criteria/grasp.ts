/**
 * GraSP, gradient signal preservation (Wang, Zhang, Grosse, arXiv 2002.07376): what removing a weight does to the norm of
 * the gradient.
 *
 *     −θ_i · (Hḡ)_i
 *
 * The original removes the largest of these; the code of the FTS paper keeps them. The product is exact: the gradient of
 * ⟨ḡ, ∇L⟩. Neither the mean instead of the sum nor a division by |Σ s| changes the order.
 */

/** Which end of −θ∘Hḡ stays: `largest-minus-thetaHg` as the FTS paper's code, `smallest-minus-thetaHg` as GraSP's own. */
export type GraspKeep = 'largest-minus-thetaHg' | 'smallest-minus-thetaHg';

/**
 * Scores from weights and Hḡ.
 * @param product Hḡ, row-major
 */
export function grasp(theta: Float32Array, product: Float64Array, keep: GraspKeep): Float32Array {
  const sign = keep === 'largest-minus-thetaHg' ? -1 : 1;
  const scores = new Float32Array(theta.length);
  for (let i = 0; i < scores.length; i++) scores[i] = sign * theta[i]! * product[i]!;
  return scores;
}
