/** The paper's `cost_pen_bad_action`: r = −c − (a − e)², c = net·price, e the battery's energy at the meter. */
import type { Reward } from './reward.js';

/** Cost, and the square of what the battery did not do of the action. */
export function costBadAction(): Reward {
  return ({ net, price, action, meter }, out) => {
    for (let i = 0; i < out.length; i++) {
      const missed = action[i]! - meter[i]!;
      out[i] = -net[i]! * price[i]! - missed * missed;
    }
  };
}
