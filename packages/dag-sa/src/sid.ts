/**
 * Structural intervention distance (Peters, Bühlmann, Neural Computation 2015): in how many ordered pairs (i, j) the effect of i
 * on j, computed from the learnt graph by adjusting for i's parents there, is wrong in the true one.
 *
 * Adjustment sets are judged by the criterion of Shpitser, VanderWeele and Robins (2010): no descendants of what lies on a
 * causal path, and no open path that is not causal.
 */
import { parentsOf } from './exact.js';
import { acyclic, descendantsOf, separated } from './separation.js';

/**
 * @param predicted [d, d]; @param actual [d, d]
 * @returns an integer from 0 to d(d − 1)
 * @throws RangeError if one of the graphs has a cycle
 */
export function sid(predicted: Float64Array, actual: Float64Array, d: number): number {
  acyclic('sid', 'predicted', predicted, d);
  acyclic('sid', 'actual', actual, d);
  const reach = Array.from({ length: d }, (_, i) => descendantsOf(actual, d, i));
  let wrong = 0;
  parentsOf(predicted, d).forEach((adjust, i) => {
    for (let j = 0; j < d; j++) {
      if (i === j) continue;
      if (adjust.includes(j)) wrong += reach[i]![j]!;
      else if (!valid(i, j, adjust)) wrong++;
    }
  });
  return wrong;

  function valid(i: number, j: number, adjust: readonly number[]): boolean {
    const other = actual.slice(); // without the first edges of causal paths
    for (let v = 0; v < d; v++) {
      if (v === i || reach[i]![v] === 0 || reach[v]![j] === 0) continue;
      if (adjust.some((z) => reach[v]![z] === 1)) return false;
      other[i * d + v] = 0;
    }
    return separated(other, d, i, j, adjust);
  }
}
