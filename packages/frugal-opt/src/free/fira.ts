/** The residual, each row (or column) scaled as the projected one was by its rule; the norm grows by 1 % a step at most. */
import { limitGrowth, ratios } from './channels.js';
import type { FreeRule } from './free-rule.js';

/** Fira’s residual. */
export const fira: FreeRule = {
  name: 'fira',
  keeps: [1],
  step(residual, out, { rate, shape: [a, b], projected, update, projectedShape, extra }) {
    const rows = projectedShape[0] === a;
    const scale = ratios(projectedShape, update, projected, rows);
    const scaled = Float64Array.from(residual, (r, i) => r * scale[rows ? Math.floor(i / b) : i % b]!);
    limitGrowth(scaled, extra);
    for (let i = 0; i < scaled.length; i++) out[i]! -= rate * scaled[i]!;
  },
};
