/** The paper's `cost_pen_no_batt`: r = −(1 + sign(c)·soc)·|c|, c = net·price: to pay with a full battery costs twice. */
import type { Reward } from './reward.js';

/** Cost, up to doubled by a battery that could have been used and halved by one that has room. */
export function costIdleBattery(): Reward {
  return ({ net, price, soc }, out) => {
    for (let i = 0; i < out.length; i++) {
      const c = net[i]! * price[i]!;
      out[i] = -(1 + Math.sign(c) * soc[i]!) * Math.abs(c);
    }
  };
}
