/** The whole gradient, each row (or column) or all of it scaled as its random projection was by the rule. */
import { limitGrowth, ratios } from './channels.js';
import type { FreeRule } from './free-rule.js';

const scaledBy = (name: string, tensorWise: boolean): FreeRule => ({
  name,
  keeps: [1],
  whole: true,
  step(g, out, { rate, shape: [a, b], projected, update, projectedShape, extra }) {
    const rows = projectedShape[0] === a;
    const scale = tensorWise
      ? ratios([1, projected.length], update, projected, true)
      : ratios(projectedShape, update, projected, rows);
    const scaled = Float64Array.from(
      g,
      (value, i) => value * scale[tensorWise ? 0 : rows ? Math.floor(i / b) : i % b]!,
    );
    limitGrowth(scaled, extra);
    for (let i = 0; i < scaled.length; i++) out[i]! -= rate * scaled[i]!;
  },
});

/** A scale for each row, or column. */
export const apollo = scaledBy('apollo', false);
/** One scale for the tensor. */
export const apolloMini = scaledBy('apollo-mini', true);
