/** u = −η·r. */
import type { FreeRule } from './free-rule.js';

/** Plain SGD. */
export const sgd: FreeRule = {
  name: 'sgd',
  keeps: [],
  step(residual, out, { rate }) {
    for (let i = 0; i < residual.length; i++) out[i]! -= rate * residual[i]!;
  },
};
