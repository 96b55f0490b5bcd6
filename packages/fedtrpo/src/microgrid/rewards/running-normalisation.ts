/**
 * Gymnasium's `NormalizeReward`, which the paper's environments wear: rewards over the running standard deviation of the discounted
 * return,
 *
 *   R ← γR + r, r ← r/√(Var R + ε).
 *
 * The returns of all episodes and buildings of a step are one batch of its running mean and variance (Chan et al.). Each made has its own
 * statistics: environments to train and to evaluate in do not share them, as in the paper.
 */
import { atLeast, options as checkOptions, positive } from '@assay-ml/numerics/check';
import type { Reward } from './reward.js';

/** Options of `runningNormalisation`. */
export interface RunningNormalisationOptions {
  /** Default 1, the paper's. */
  readonly gamma?: number;
  /** Default 1e-8, Gymnasium's. */
  readonly epsilon?: number;
}

/**
 * @param size episodes × buildings of the environment
 * @throws RangeError for an option out of range
 */
export function runningNormalisation(reward: Reward, size: number, options: RunningNormalisationOptions = {}): Reward {
  checkOptions('runningNormalisation', options, { gamma: 1, epsilon: 1 });
  const { gamma = 1, epsilon = 1e-8 } = options;
  atLeast('runningNormalisation', 'gamma', gamma, 0);
  positive('runningNormalisation', 'epsilon', epsilon);
  const returns = new Float64Array(size);
  // Gymnasium counts from 10⁻⁴, with variance 1.
  let [count, mean, variance] = [1e-4, 0, 1];
  return (step, out) => {
    reward(step, out);
    if (step.step === 0) returns.fill(0);
    let batchMean = 0;
    for (let i = 0; i < size; i++) {
      returns[i] = gamma * returns[i]! + out[i]!;
      batchMean += returns[i]! / size;
    }
    let batchVariance = 0;
    for (let i = 0; i < size; i++) batchVariance += (returns[i]! - batchMean) ** 2 / size;
    const delta = batchMean - mean;
    const total = count + size;
    variance = (variance * count + batchVariance * size + (delta * delta * count * size) / total) / total;
    mean += (delta * size) / total;
    count = total;
    for (let i = 0; i < size; i++) out[i] = out[i]! / Math.sqrt(variance + epsilon);
  };
}
