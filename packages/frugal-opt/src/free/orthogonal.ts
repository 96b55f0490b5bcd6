/** u = −η·√max(1, rows/columns)·orthogonalised(r), by Newton-Schulz of the raw gradient: Muon without its momentum. */
import { newtonSchulz } from '../newton-schulz.js';
import type { FreeRule } from './free-rule.js';

/** The orthogonalised residual. */
export const orthogonal: FreeRule = {
  name: 'orthogonal',
  keeps: [],
  step(residual, out, { rate, shape }) {
    const scale = rate * Math.sqrt(Math.max(1, shape[0] / shape[1]));
    newtonSchulz(shape, residual).forEach((value, i) => (out[i]! -= scale * value));
  },
};
