/**
 * sortnregress (Reisach, Seiler, Weichwald, "Beware of the simulated DAG", NeurIPS 2021): variables sorted by variance. Where it
 * does as well as a method, the method may have learnt the scale of the data and no structure.
 */
import { square } from '../check.js';

/** Variables by rising variance; ties by number. Regress by `fitOrder` or `adaptiveLasso`. */
export function varianceOrder(covariance: Float64Array, d: number): Uint32Array<ArrayBuffer> {
  square('varianceOrder', 'covariance', covariance, d);
  return sortedBy(Float64Array.from({ length: d }, (_, j) => covariance[j * (d + 1)]!));
}

/** 0, …, d − 1 by rising score; ties by number. */
export function sortedBy(score: Float64Array): Uint32Array<ArrayBuffer> {
  return Uint32Array.from([...score.keys()].sort((a, b) => score[a]! - score[b]! || a - b));
}
