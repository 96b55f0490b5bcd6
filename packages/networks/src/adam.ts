import { adamRule, update } from '@assay-ml/tensors';
import { atLeast, fraction, positive, requireOptions } from '@assay-ml/numerics/check';

import type { ArrayOptimiser } from './optimiser.js';
import { checkRate, type Rate, rateAt } from './schedule.js';

/** Options of {@link adam}. */
export interface AdamOptions {
  /** Learning rate η, a number or one for each step. Default 1e-3, the paper's. */
  readonly rate?: Rate;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly eps?: number;
  /** Decoupled, as AdamW's: x ← (1 − η·decay)·x before the step. Default 0. */
  readonly weightDecay?: number;
}

/** Steps done, and the moments of each parameter. */
export type AdamState = { t: number; first: Float32Array[]; second: Float32Array[] };

/**
 * Adam (Kingma and Ba, ICLR 2015): x ← x − η·m̂/(√v̂ + ε), in float32. For `train` and `fit`.
 * @throws RangeError for an option out of range
 */
export function adam(options: AdamOptions = {}): ArrayOptimiser<AdamState> {
  requireOptions<AdamOptions>('adam', options, { rate: 0, beta1: 0, beta2: 0, eps: 0, weightDecay: 0 });
  const { rate = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weightDecay = 0 } = options;
  checkRate('adam', rate);
  fraction('adam', 'beta1', beta1, 'Leave it out for 0.9.');
  fraction('adam', 'beta2', beta2, 'Leave it out for 0.999.');
  positive('adam', 'eps', eps, 'Leave it out for 1e-8.');
  atLeast('adam', 'weightDecay', weightDecay, 0, 'Leave it out for none.');
  return {
    tag: `adam ${JSON.stringify({ rate, beta1, beta2, eps, weightDecay })}`,
    init: (_, x) => {
      const zeros = () => x.map(({ length }) => new Float32Array(length));
      return { t: 0, first: zeros(), second: zeros() };
    },
    step(from, g, { x, state }) {
      const eta = rateAt(rate, from.state.t);
      if (state !== from.state) copy(from, { x, state });
      state.t = from.state.t + 1;
      const rule = adamRule({ rate: eta, beta1, beta2, eps, t: state.t });
      x.forEach((values, i) => update(rule, values, [state.first[i]!, state.second[i]!], g[i]!, 1 - eta * weightDecay));
    },
  };
}

type Point = { readonly x: readonly Float32Array[]; readonly state: AdamState };

function copy(from: Point, into: Point): void {
  from.x.forEach((values, i) => into.x[i]!.set(values));
  from.state.first.forEach((values, i) => into.state.first[i]!.set(values));
  from.state.second.forEach((values, i) => into.state.second[i]!.set(values));
}
