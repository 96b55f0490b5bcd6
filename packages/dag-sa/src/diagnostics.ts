/** Whether the scale of the data gave the graph away: sortability by variance and by R² when the truth is known, signs of it when not. */
import { scalar, spearman } from '@assay-ml/numerics';
import { requireList } from '@assay-ml/numerics/check';
import { r2Scores } from './baselines/r2-sort.js';
import { sized, square } from './check.js';
import { placesOf } from './graph.js';

/**
 * How often a score rises along the true graph's paths: over all lengths of path and all pairs that a path of that length joins,
 * 1 where the score rises, ½ where it is equal (Reisach et al. 2021). ½ is chance, 1 lets a sort find the order.
 * @param W the true graph, [d, d]
 * @returns a number in [0, 1]; ½ for a graph without edges
 * @throws TypeError for arguments of another kind
 */
export function sortability(score: Float64Array, W: Float64Array, d: number): number {
  requireList('sortability', 'score', score, 'Give one number a variable.');
  square('sortability', 'W', W, d);
  let reach = Uint8Array.from(W, (value) => Number(value !== 0));
  let paths = 0;
  let rising = 0;
  for (let length = 1; length < d; length++) {
    let any = false;
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        if (reach[i * d + j] === 0) continue;
        any = true;
        paths++;
        const ratio = score[j]! / score[i]!;
        rising += ratio > 1 + 1e-9 ? 1 : ratio >= 1 - 1e-9 ? 0.5 : 0;
      }
    }
    if (!any) break;
    const next = new Uint8Array(d * d);
    for (let i = 0; i < d; i++) {
      for (let k = 0; k < d; k++) {
        if (reach[i * d + k] === 1) for (let j = 0; j < d; j++) if (W[k * d + j] !== 0) next[i * d + j] = 1;
      }
    }
    reach = next;
  }
  return paths === 0 ? 0.5 : rising / paths;
}

/**
 * Sortability by variance.
 * @throws TypeError for arguments of another kind; RangeError for a matrix that is not [d, d]
 */
export function varsortability(covariance: Float64Array, W: Float64Array, d: number): number {
  sized('varsortability', 'covariance', covariance, d);
  return sortability(
    Float64Array.from({ length: d }, (_, j) => covariance[j * (d + 1)]!),
    W,
    d,
  );
}

/** Sortability by R². @throws RangeError for a singular Σ */
export function r2Sortability(covariance: Float64Array, W: Float64Array, d: number): number {
  return sortability(r2Scores(covariance, d), W, d);
}

/** What can be said without the true graph. */
export interface Diagnostics {
  /** Largest over smallest variance. */
  readonly varianceRatio: number;
  /** Spearman's correlation of places in the learnt order with variances; 1: the order is a sort by variance. */
  readonly varianceRank: number;
  /**
   * Edges, with direction, that differ between the graphs of the raw and of rescaled data, over all edges of both: the largest of
   * `rescalings`.
   */
  readonly scaleSensitivity: number;
  /** That share for each rescaling (standardised; rising and falling over a factor of 100), the standardised data first. */
  readonly rescalings: readonly number[];
  /** Sentences for whoever relies on the graph. */
  readonly warnings: readonly string[];
}

/** Where a sign becomes a warning; our choice, rounded from what sorts do on simulated data. */
const LIMITS = { ratio: 10, rank: 0.7, sensitivity: 0.2 };

/** Largest over smallest size of the rescaled variables: as if some came in centimetres and others in metres. */
const APART = 100;

/**
 * What variables of variance 1 are multiplied with, by their number in an order of them that the data give: nothing; rising; falling. At
 * variance 1 methods that go by variances meet ties; the other two turn each pair both ways.
 */
export const RESCALINGS: readonly ((k: number, d: number) => number)[] = [
  () => 1,
  (k, d) => scalar.pow(APART, k / (d - 1)),
  (k, d) => scalar.pow(APART, -k / (d - 1)),
];

/** Entries that are not 0 in one graph alone, and those that are not in either. */
function difference(a: Float64Array, b: Float64Array): [number, number] {
  let [differ, either] = [0, 0];
  a.forEach((w, at) => {
    if (w !== 0 || b[at] !== 0) either++;
    if ((w !== 0) !== (b[at] !== 0)) differ++;
  });
  return [differ, either];
}

/**
 * @param order learnt from the raw data
 * @param raw graph of the raw data, [d, d]
 * @param standardised graph of the standardised data, [d, d]
 * @param rescaled graphs of data in other scalings, [d, d] each
 * @throws TypeError for arguments of another kind; RangeError for a matrix that is not [d, d]
 */
export function diagnose(
  covariance: Float64Array,
  d: number,
  order: Uint32Array,
  raw: Float64Array,
  standardised: Float64Array,
  ...rescaled: readonly Float64Array[]
): Diagnostics {
  requireList('diagnose', 'order', order, 'Give the learnt order.');
  sized('diagnose', 'covariance', covariance, d);
  sized('diagnose', 'raw', raw, d);
  sized('diagnose', 'standardised', standardised, d);
  const variances = Array.from({ length: d }, (_, j) => covariance[j * (d + 1)]!);
  const varianceRatio = Math.max(...variances) / Math.min(...variances);
  const varianceRank =
    d < 3 || variances.every((v) => v === variances[0]) ? 0 : spearman(variances, Array.from(placesOf(order)));
  const changes = [standardised, ...rescaled].map((other, k) => {
    const [differ, either] = difference(raw, other);
    const how = k === 0 ? 'standardised' : 'rescaled';
    return { differ, either, how, share: either === 0 ? 0 : differ / either };
  });
  const { differ, either, how, share } = changes.reduce((a, b) => (b.share > a.share ? b : a));
  const warnings: string[] = [];
  if (share > LIMITS.sensitivity) {
    warnings.push(
      `${differ} of ${either} edges change when the variables are ${how} (variances differ by a factor of ${varianceRatio.toPrecision(3)}): the graph depends on the units.`,
    );
  }
  if (varianceRatio > LIMITS.ratio && varianceRank > LIMITS.rank) {
    warnings.push(
      `The order is nearly the order of variances (rank correlation ${varianceRank.toFixed(2)}): compare with sortnregress before you believe it.`,
    );
  }
  const rescalings = changes.map((change) => change.share);
  return { varianceRatio, varianceRank, scaleSensitivity: share, rescalings, warnings };
}
