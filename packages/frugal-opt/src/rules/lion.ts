/** u = −η·sign(β₁m + (1 − β₁)g), then m ← β₂m + (1 − β₂)g. */
import { lionRule } from '@assay-ml/tensors';
import type { Rule } from './rule.js';

/** Lion. */
export function lion({ beta1 = 0.9, beta2 = 0.99 } = {}): Rule {
  return {
    name: 'lion',
    sizes: ([a, b]) => [a * b],
    kernel: ({ rate }) => lionRule({ rate, beta1, beta2 }),
    step(x, [m], g, { rate, keep }) {
      for (let i = 0; i < g.length; i++) {
        const old = m![i]!;
        x[i] = keep * x[i]! - rate * Math.sign(beta1 * old + (1 - beta1) * g[i]!);
        m![i] = beta2 * old + (1 - beta2) * g[i]!;
      }
    },
  };
}
