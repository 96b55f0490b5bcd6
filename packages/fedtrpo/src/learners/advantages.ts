/** Advantages and returns of trajectories of equal length that end for good: what comes after the last step is worth 0. */
import { fraction, invalid } from '@assay-ml/numerics/check';

/**
 * Generalised advantage estimation (Schulman et al., 2016): A_t = Σ_k (γλ)^k (r_{t+k} + γV_{t+k+1} − V_{t+k}) within a trajectory, and
 * R_t = Σ_k γ^k r_{t+k}.
 * @param rewards [trajectories × steps], a trajectory after the other
 * @param values V of the state before each step
 * @param steps of a trajectory
 * @param advantages overwritten; `returns` too
 * @throws RangeError for rows that are no whole trajectories, or γ or λ outside [0, 1]
 */
export function gae(
  rewards: Float64Array,
  values: Float64Array,
  steps: number,
  gamma: number,
  lambda: number,
  advantages: Float64Array,
  returns: Float64Array,
): void {
  if (rewards.length === 0 || rewards.length % steps !== 0) throw invalid('gae', 'rewards', rewards, `of a multiple of ${steps} rows, at least one trajectory`); // prettier-ignore
  for (const [name, value] of [['gamma', gamma], ['lambda', lambda]] as const) if (value !== 1) fraction('gae', name, value, '1 is allowed, too.'); // prettier-ignore
  for (let end = rewards.length; end > 0; end -= steps) {
    let [ahead, next, sum] = [0, 0, 0];
    for (let i = end - 1; i >= end - steps; i--) {
      const error = rewards[i]! + gamma * next - values[i]!;
      advantages[i] = ahead = error + gamma * lambda * ahead;
      returns[i] = sum = rewards[i]! + gamma * sum;
      next = values[i]!;
    }
  }
}

/** Mean, and deviation with n − 1 below the root; deviation 0 of a single number. */
export function momentsOf(x: Float64Array): { readonly mean: number; readonly deviation: number } {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]!;
  const mean = sum / x.length;
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += (x[i]! - mean) ** 2;
  return { mean, deviation: x.length > 1 ? Math.sqrt(squares / (x.length - 1)) : 0 };
}

/**
 * Makes mean 0 and deviation 1, in place.
 * @returns false, and leaves the numbers alone, where they do not vary beyond rounding: there is nothing to learn from them
 */
export function standardise(x: Float64Array): boolean {
  const { mean, deviation } = momentsOf(x);
  let most = 0;
  for (let i = 0; i < x.length; i++) most = Math.max(most, Math.abs(x[i]!));
  if (!(deviation > 1e-12 * most)) return false;
  for (let i = 0; i < x.length; i++) x[i] = (x[i]! - mean) / deviation;
  return true;
}
