/** How far a learnt graph is from the true one (spec §3.8), in NOTEARS's counting, and over equivalence classes. */
import { sized, square } from './check.js';
import { cpdag } from './cpdag.js';

/** Counts and rates. */
export interface GraphComparison {
  /** Extra and missing in the skeleton, and reversed. */
  readonly shd: number;
  /** (reversed + false) / predicted. */
  readonly fdr: number;
  /** Right with direction / true. */
  readonly tpr: number;
  /** (reversed + false) / absent pairs. */
  readonly fpr: number;
  /** Predicted edges. */
  readonly predicted: number;
  /** True edges. */
  readonly actual: number;
  readonly reversed: number;
  readonly extra: number;
  readonly missing: number;
}

/** @param predicted [d, d]; @param actual [d, d], both DAGs; only which entries are 0 counts */
export function compareGraphs(predicted: Float64Array, actual: Float64Array, d: number): GraphComparison {
  square('compareGraphs', 'predicted', predicted, d);
  square('compareGraphs', 'actual', actual, d);
  let [right, reversed, extra, missing, found, truth] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      const [p, a] = [predicted[i * d + j] !== 0, actual[i * d + j] !== 0];
      const [pBack, aBack] = [predicted[j * d + i] !== 0, actual[j * d + i] !== 0];
      if (p) found++;
      if (a) truth++;
      if (p && a) right++;
      else if (p && aBack) reversed++;
      else if (p) extra++;
      if (a && !p && !pBack) missing++;
    }
  }
  return {
    shd: extra + missing + reversed,
    fdr: (reversed + extra) / Math.max(found, 1),
    tpr: right / Math.max(truth, 1),
    fpr: (reversed + extra) / Math.max((d * (d - 1)) / 2 - truth, 1),
    predicted: found,
    actual: truth,
    reversed,
    extra,
    missing,
  };
}

/**
 * Pairs of vertices whose edge differs between the equivalence classes of two DAGs: absent, directed or undirected.
 * @throws TypeError for arguments of another kind; RangeError for a matrix that is not [d, d]
 */
export function cpdagDistance(a: Float64Array, b: Float64Array, d: number): number {
  sized('cpdagDistance', 'a', a, d);
  sized('cpdagDistance', 'b', b, d);
  const [first, second] = [cpdag(a, d), cpdag(b, d)];
  let distance = 0;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < i; j++) {
      if (first[i * d + j] !== second[i * d + j] || first[j * d + i] !== second[j * d + i]) distance++;
    }
  }
  return distance;
}
