/** u = −η·sign(r), and sign(0) = 0: coordinates that have state are not moved twice. */
import { signUpdate } from '@assay-ml/tensors';
import { isSingle } from '../method.js';
import type { FreeRule } from './free-rule.js';

/** signSGD. */
export const sign: FreeRule = {
  name: 'sign',
  keeps: [],
  step(residual, out, { rate }) {
    if (isSingle(residual) && isSingle(out)) return signUpdate(out, residual, rate);
    for (let i = 0; i < residual.length; i++) {
      const r = residual[i]!;
      if (r > 0) out[i]! -= rate;
      else if (r < 0) out[i]! += rate;
    }
  },
};
