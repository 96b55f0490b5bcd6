/** m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², u = −(η/(1 − β₁ᵗ)) · m/(√v/√(1 − β₂ᵗ) + ε); t counts from the last reset. */
import { scalar } from '@assay-ml/numerics';
import { adamRule, type UpdateRule } from '@assay-ml/tensors';
import type { Rule } from './rule.js';

/** Adam. */
export function adam({ beta1 = 0.9, beta2 = 0.999, eps = 1e-8 } = {}): Rule {
  const known = new Map<number, { readonly rate: number; readonly rule: UpdateRule }>();
  return {
    name: 'adam',
    sizes: ([a, b]) => [a * b, a * b],
    kernel({ t, rate }) {
      // Tensors of one step share it; powers take longer than a small tensor.
      let last = known.get(t);
      if (last?.rate !== rate) {
        if (known.size > 8) known.clear();
        known.set(t, (last = { rate, rule: adamRule({ rate, beta1, beta2, eps, t }) }));
      }
      return last.rule;
    },
    step(x, [m, v], g, { t, rate, keep }) {
      const step = rate / (1 - scalar.pow(beta1, t));
      const root = Math.sqrt(1 - scalar.pow(beta2, t));
      for (let i = 0; i < g.length; i++) {
        const value = g[i]!;
        const first = (m![i] = beta1 * m![i]! + (1 - beta1) * value);
        const second = (v![i] = beta2 * v![i]! + (1 - beta2) * value * value);
        x[i] = keep * x[i]! + (-step * first) / (Math.sqrt(second) / root + eps);
      }
    },
  };
}
