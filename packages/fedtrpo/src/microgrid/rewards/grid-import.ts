/** CityLearn's default reward: min(−net, 0), what is imported. */
import type { Reward } from './reward.js';

/** What is imported, negative. */
export function gridImport(): Reward {
  return ({ net }, out) => {
    for (let i = 0; i < out.length; i++) out[i] = Math.min(-net[i]!, 0);
  };
}
