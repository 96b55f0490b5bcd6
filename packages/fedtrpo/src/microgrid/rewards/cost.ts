/**
 * Less cost is more reward: r = −cost. The authors' reward of that name is +cost, with net metering: it pays for spending.
 */
import { options as checkOptions } from '@assay-ml/numerics/check';
import type { Reward } from './reward.js';

/** Options of `cost`. */
export interface CostOptions {
  /** net × price with its positive sign, as published. Default false. */
  readonly authors?: boolean;
}

/** r = −cost by the step's tariff. */
export function cost(options: CostOptions = {}): Reward {
  checkOptions('cost', options, { authors: 1 });
  const { authors = false } = options;
  return ({ net, price, cost: paid }, out) => {
    for (let i = 0; i < out.length; i++) out[i] = authors ? net[i]! * price[i]! : -paid[i]!;
  };
}
