/** Choices between equals: which come first, and which edges have a direction only because one had to come first. */
import { r2Scores } from './baselines/r2-sort.js';
import { TIE } from './baselines/sortnregress.js';
import { parentsOf, varianceGiven } from './exact.js';
import { type Settings } from './learn.js';

/**
 * An order of the variables for choices between equals, by what is in their columns: where the columns stand has no part in it.
 * @param score of each, to nine digits, so that the order of rows has none either; equal ones go by name
 */
export function canonicalOrder(score: readonly number[], names: readonly string[]): Uint32Array {
  const key = score.map((value) => Math.round(value * 1e9));
  const byName = (a: number, b: number) => (names[a]! < names[b]! ? -1 : names[a]! > names[b]! ? 1 : a - b);
  return Uint32Array.from([...key.keys()].sort((a, b) => key[a]! - key[b]! || byName(a, b)));
}

/**
 * Edges i → j that could as well be j → i: knowledge allows it, both have the same other parents, so that the reversed one is as good a fit, and what the
 * method compares is equal, up to rounding: their variances, or R² for `r2-sort`; their variances given those parents for all that
 * minimise a sum of them.
 */
export function tiedEdges(
  W: Float64Array,
  covariance: Float64Array,
  { method, d, constraints }: Settings,
): [number, number][] {
  if (method === 'direct-lingam') return [];
  const parents = parentsOf(W, d);
  const r2 = method === 'r2-sort' ? r2Scores(covariance, d) : null;
  const score = (v: number, given: readonly number[]) =>
    r2?.[v] ?? varianceGiven(covariance, d, v, method === 'sortnregress' ? [] : given);
  return parents.flatMap((list, j) =>
    list
      .filter((i) => {
        if (constraints?.allowed[j * d + i] === 0) return false;
        const given = parents[i]!;
        if (given.length !== list.length - 1 || !given.every((v) => list.includes(v))) return false;
        const [a, b] = [score(i, given), score(j, given)];
        return Math.abs(a - b) <= TIE * Math.max(a, b);
      })
      .map((i): [number, number] => [i, j]),
  );
}
