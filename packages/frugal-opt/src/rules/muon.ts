/** buf ← μ·buf + g, u = −η·√max(1, rows/columns)·orthogonalised(g + μ·buf), by Newton-Schulz; for matrices. */
import { newtonSchulz } from '../newton-schulz.js';
import type { Rule } from './rule.js';

/** Muon. */
export function muon({ momentum = 0.95, nesterov = true } = {}): Rule {
  return {
    name: 'muon',
    sizes: ([a, b]) => [a * b],
    step(x, [buffer], g, { rate, keep, shape }) {
      const direction = new Float64Array(g.length);
      for (let i = 0; i < g.length; i++) {
        const moved = (buffer![i] = momentum * buffer![i]! + g[i]!);
        direction[i] = nesterov ? g[i]! + momentum * moved : moved;
      }
      const scale = -rate * Math.sqrt(Math.max(1, shape[0] / shape[1]));
      newtonSchulz(shape, direction).forEach((value, i) => (x[i] = keep * x[i]! + scale * value));
    },
  };
}
