/** buf ← μ·buf + (1 − dampening)·g from zeros, u = −η·buf; with Nesterov −η(g + μ·buf). */
import { momentumRule } from '@assay-ml/tensors';
import type { Rule } from './rule.js';

/** SGD with momentum. */
export function sgdm({ momentum = 0.9, dampening = 0, nesterov = false } = {}): Rule {
  return {
    name: 'sgdm',
    sizes: ([a, b]) => [a * b],
    kernel: ({ rate }) => momentumRule({ rate, momentum, dampening, nesterov }),
    step(x, [buffer], g, { rate, keep }) {
      for (let i = 0; i < g.length; i++) {
        const moved = (buffer![i] = momentum * buffer![i]! + (1 - dampening) * g[i]!);
        x[i] = keep * x[i]! - rate * (nesterov ? g[i]! + momentum * moved : moved);
      }
    },
  };
}
