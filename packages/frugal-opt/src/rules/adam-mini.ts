/** Adam with one second moment a row of the matrix: the mean of the squares of its gradient. */
import { scalar } from '@assay-ml/numerics';
import type { Rule } from './rule.js';

/** Adam-mini. */
export function adamMini({ beta1 = 0.9, beta2 = 0.999, eps = 1e-8 } = {}): Rule {
  return {
    name: 'adam-mini',
    sizes: ([a, b]) => [a * b, a],
    step(x, [m, v], g, { t, rate, keep, shape: [a, b] }) {
      const step = rate / (1 - scalar.pow(beta1, t));
      const root = Math.sqrt(1 - scalar.pow(beta2, t));
      for (let row = 0; row < a; row++) {
        let square = 0;
        for (let i = row * b; i < (row + 1) * b; i++) square += g[i]! * g[i]!;
        const second = (v![row] = beta2 * v![row]! + ((1 - beta2) * square) / b);
        for (let i = row * b; i < (row + 1) * b; i++) {
          const first = (m![i] = beta1 * m![i]! + (1 - beta1) * g[i]!);
          x[i] = keep * x[i]! + (-step * first) / (Math.sqrt(second) / root + eps);
        }
      }
    },
  };
}
