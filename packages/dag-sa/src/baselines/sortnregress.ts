/**
 * sortnregress (Reisach, Seiler, Weichwald, "Beware of the simulated DAG", NeurIPS 2021): variables sorted by variance. Where it
 * does as well as a method, the method may have learnt the scale of the data and no structure.
 */
import { options as known } from '@assay-ml/numerics/check';
import { square } from '../check.js';
import { conform, type OrderOptions } from '../knowledge.js';

/** Variables by rising variance; ties by number, up to rounding. Regress by `fitOrder` or `adaptiveLasso`. */
export function varianceOrder(
  covariance: Float64Array,
  d: number,
  options: OrderOptions = {},
): Uint32Array<ArrayBuffer> {
  known('varianceOrder', options, { constraints: 0 });
  square('varianceOrder', 'covariance', covariance, d);
  return sortedBy(
    Float64Array.from({ length: d }, (_, j) => covariance[j * (d + 1)]!),
    options,
  );
}

/** Scores that differ by no more than this part are equal: rounding must not decide. */
export const TIE = 1e-9;

/** 0, …, d − 1 by rising score ≥ 0, and as constraints leave it; ties by number. */
export function sortedBy(score: Float64Array, { constraints }: OrderOptions): Uint32Array<ArrayBuffer> {
  const order = [...score.keys()].sort((a, b) => score[a]! - score[b]!);
  for (let from = 0, to = 1; to <= order.length; to++) {
    if (to < order.length && score[order[to]!]! <= score[order[to - 1]!]! * (1 + TIE)) continue;
    const tied = order.slice(from, to).sort((a, b) => a - b);
    order.splice(from, tied.length, ...tied);
    from = to;
  }
  return constraints === undefined ? Uint32Array.from(order) : conform(order, order.length, constraints);
}
