/** buf ← μ·buf + (1 − dampening)·g from zeros, u = −η·buf; with Nesterov −η(g + μ·buf). */
import type { Rule } from './rule.js';

/** SGD with momentum. */
export function sgdm({ momentum = 0.9, dampening = 0, nesterov = false } = {}): Rule {
  return {
    name: 'sgdm',
    sizes: ([a, b]) => [a * b],
    step([buffer], g, out, { rate }) {
      for (let i = 0; i < g.length; i++) {
        const moved = (buffer![i] = momentum * buffer![i]! + (1 - dampening) * g[i]!);
        out[i] = -rate * (nesterov ? g[i]! + momentum * moved : moved);
      }
    },
  };
}
