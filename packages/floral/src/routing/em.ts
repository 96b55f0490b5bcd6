/** The E-step of FedEM: how likely each example is of each cluster, and the mean as the client's weights. */
import { scalar } from '@assay-ml/numerics';

/**
 * q_ic ∝ π_c exp(−ℓ_ic) and θ_c = log mean_i q_ic, so that softmax(θ) is the mean itself. The authors' code puts the mean into
 * the logits, which bounds every weight by e/(e + C − 1).
 * @param pi [C] the weights so far
 * @param losses [N, C] losses of each example under each cluster
 * @param responsibilities [N, C], overwritten with q
 * @returns θ, [C]
 */
export function routeByResponsibilities(
  pi: ArrayLike<number>,
  losses: Float64Array,
  responsibilities: Float64Array,
): Float64Array {
  const C = pi.length;
  const N = losses.length / C;
  const theta = new Float64Array(C);
  for (let i = 0; i < N; i++) {
    let [largest, sum] = [-Infinity, 0];
    for (let c = 0; c < C; c++) {
      responsibilities[i * C + c] = scalar.log(pi[c]!) - losses[i * C + c]!;
      largest = Math.max(largest, responsibilities[i * C + c]!);
    }
    for (let c = 0; c < C; c++) sum += responsibilities[i * C + c] = scalar.exp(responsibilities[i * C + c]! - largest);
    for (let c = 0; c < C; c++) theta[c]! += responsibilities[i * C + c]! /= sum;
  }
  // A weight of 0 would never come back.
  for (let c = 0; c < C; c++) theta[c] = Math.max(scalar.log(theta[c]! / N), LEAST);
  return theta;
}

const LEAST = -30;
