/** Routing by loss: the router of the paper's theory, π ∝ exp(−η f_c), with a memory. */

/**
 * θ_c ← keep·θ_c − rate·N·f_c. Of a client with N examples N·f_c is their log-likelihood: more examples decide sooner.
 * @param theta [C], overwritten
 * @param losses [C] mean losses of the client under each cluster alone
 * @param examples N
 * @param rate default 0.2
 * @param keep default ½: how much of the old logits stays, which forgets the losses of models that were not yet trained
 */
export function routeByLosses(
  theta: Float64Array,
  losses: ArrayLike<number>,
  examples: number,
  rate = 0.2,
  keep = 0.5,
): Float64Array {
  // A constant changes no weight, and the least loss keeps the logits near 0.
  let [least, largest] = [Infinity, -Infinity];
  for (let c = 0; c < theta.length; c++) least = Math.min(least, losses[c]!);
  for (let c = 0; c < theta.length; c++) {
    theta[c] = keep * theta[c]! - rate * examples * (losses[c]! - least);
    largest = Math.max(largest, theta[c]!);
  }
  for (let c = 0; c < theta.length; c++) theta[c]! -= largest;
  return theta;
}
