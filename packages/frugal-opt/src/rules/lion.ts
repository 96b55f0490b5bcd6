/** u = −η·sign(β₁m + (1 − β₁)g), then m ← β₂m + (1 − β₂)g. */
import type { Rule } from './rule.js';

/** Lion. */
export function lion({ beta1 = 0.9, beta2 = 0.99 } = {}): Rule {
  return {
    name: 'lion',
    sizes: ([a, b]) => [a * b],
    step([m], g, out, { rate }) {
      for (let i = 0; i < g.length; i++) {
        const old = m![i]!;
        out[i] = -rate * Math.sign(beta1 * old + (1 - beta1) * g[i]!);
        m![i] = beta2 * old + (1 - beta2) * g[i]!;
      }
    },
  };
}
