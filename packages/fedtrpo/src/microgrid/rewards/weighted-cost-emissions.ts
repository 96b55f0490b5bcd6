/**
 * The reward the paper trains with:
 *
 *   r = −[α·(max(net + p, 0)·price + min(net + p, 0)·sell) + (1 − α)·max(net + p, 0)·carbon], p = C·over,
 *
 * over being the part of the action that the battery cannot execute: a − (1 − s) above 0 when charging, |a| − s above 0 when
 * discharging, with the state of charge s before the step and the action a in parts of C, as physics 2.2 has it.
 */
import { invalid, options as checkOptions } from '@assay-ml/numerics/check';
import type { Reward } from './reward.js';

/** Options of `weightedCostEmissions`. */
export interface WeightedCostEmissionsOptions {
  /** Weight of cost, in [0, 1]; the rest is that of emissions. Default 0.4, as in the paper. */
  readonly alpha?: number;
  /** Whether p is added. Default true, as in the paper; without it the reward is the objective that results are judged by. */
  readonly penalty?: boolean;
}

/** @throws RangeError for an alpha outside [0, 1] */
export function weightedCostEmissions(options: WeightedCostEmissionsOptions = {}): Reward {
  checkOptions('weightedCostEmissions', options, { alpha: 1, penalty: 1 });
  const { alpha = 0.4, penalty = true } = options;
  if (!(alpha >= 0 && alpha <= 1)) throw invalid('weightedCostEmissions', 'alpha', alpha, 'from 0 to 1');
  return ({ net, action, unit, socBefore, capacity, price, sell, carbon }, out) => {
    for (let i = 0; i < out.length; i++) {
      const a = unit[i] === capacity[i] ? action[i]! : (action[i]! * unit[i]!) / capacity[i]!;
      const over = a > 0 ? Math.max(0, a - (1 - socBefore[i]!)) : Math.max(0, -a - socBefore[i]!);
      const total = penalty ? net[i]! + over * capacity[i]! : net[i]!;
      const imported = Math.max(total, 0);
      out[i] = -(alpha * (imported * price[i]! + Math.min(total, 0) * sell[i]!) + (1 - alpha) * imported * carbon[i]!);
    }
  };
}
