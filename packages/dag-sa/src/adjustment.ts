/** Effects of one variable on another: which others to adjust for, and how large the effect is. */
import { invalid, oneOf } from '@assay-ml/numerics/check';
import { square } from './check.js';
import { fitParents } from './exact.js';
import { topologicalOrder } from './graph.js';
import { acyclic, ancestorsOf, descendantsOf, separated, vertex } from './separation.js';

/** The graph without what leaves x: its open paths from x are the back-door paths. */
function withoutEdgesOut(W: Float64Array, d: number, x: number): Float64Array {
  return W.slice().fill(0, x * d, (x + 1) * d);
}

function pair(where: string, x: number, y: number, d: number): void {
  vertex(where, 'x', x, d);
  if (vertex(where, 'y', y, d) === x) throw invalid(where, 'y', y, 'another variable than x', 'Name cause and effect.');
}

/**
 * Whether a set meets the back-door criterion for the effect of x on y (Pearl, Causality, 2009, definition 3.3.1): none of it is
 * a descendant of x, and it blocks every path into x.
 * @param W a DAG, [d, d]
 * @throws RangeError for a graph with a cycle, and for numbers that are no variables
 */
export function isBackdoorSet(W: Float64Array, d: number, x: number, y: number, given: readonly number[]): boolean {
  acyclic('isBackdoorSet', 'W', W, d);
  pair('isBackdoorSet', x, y, d);
  for (const v of given) vertex('isBackdoorSet', 'given', v, d);
  const after = descendantsOf(W, d, x);
  return !given.some((v) => v === y || after[v] === 1) && separated(withoutEdgesOut(W, d, x), d, x, y, given);
}

/**
 * A set to adjust for when the effect of x on y is to be estimated.
 * @param W a DAG, [d, d]
 * @param kind `parents` of x; `minimal` (default): a back-door set that needs each of its variables, no subset of it being one
 * @returns variables in rising order, or null where no set meets the back-door criterion: y is then a parent of x, and the effect
 *   is 0
 * @throws RangeError for a graph with a cycle, and for numbers that are no variables
 */
export function adjustmentSet(
  W: Float64Array,
  d: number,
  x: number,
  y: number,
  kind: 'parents' | 'minimal' = 'minimal',
): number[] | null {
  acyclic('adjustmentSet', 'W', W, d);
  pair('adjustmentSet', x, y, d);
  oneOf('adjustmentSet', 'kind', kind, ['parents', 'minimal']);
  if (W[y * d + x] !== 0) return null;
  const variables = Array.from({ length: d }, (_, v) => v);
  if (kind === 'parents') return variables.filter((v) => W[v * d + x] !== 0);
  // Ancestors of both that x does not reach separate if anything does; below them separators are cuts of the moral graph
  // (van der Zander, Liśkiewicz, Textor 2014), so that what can go one by one can go at all.
  const above = ancestorsOf(W, d, [x, y]);
  const after = descendantsOf(W, d, x);
  const cut = withoutEdgesOut(W, d, x);
  let set = variables.filter((v) => v !== y && above[v] === 1 && after[v] === 0);
  for (const v of set) {
    const rest = set.filter((u) => u !== v);
    if (separated(cut, d, x, y, rest)) set = rest;
  }
  return set;
}

/**
 * The total effect of x on y in a linear model: the sum over all directed paths of the products of their weights, which is the
 * entry (x, y) of (I − W)⁻¹.
 * @param W a DAG, [d, d]
 * @throws RangeError for a graph with a cycle, and for numbers that are no variables
 */
export function totalEffect(W: Float64Array, d: number, x: number, y: number): number {
  acyclic('totalEffect', 'W', W, d);
  pair('totalEffect', x, y, d);
  const effect = new Float64Array(d);
  effect[x] = 1;
  for (const v of topologicalOrder(W, d)!) {
    if (effect[v] !== 0) for (let j = 0; j < d; j++) effect[j]! += effect[v]! * W[v * d + j]!;
  }
  return effect[y]!;
}

/**
 * The effect of x on y by regression: the coefficient of x where y is regressed on x and on the set. With a set that meets the
 * back-door criterion in the true graph it is the total effect, whatever the weights in W are.
 * @param covariance Σ, [d, d]
 * @param given variables other than x and y
 * @throws RangeError for numbers that are no variables or not different ones, and for collinear variables
 */
export function adjustedEffect(
  covariance: Float64Array,
  d: number,
  x: number,
  y: number,
  given: readonly number[],
): number {
  square('adjustedEffect', 'covariance', covariance, d);
  pair('adjustedEffect', x, y, d);
  for (const v of given) vertex('adjustedEffect', 'given', v, d);
  if (new Set([x, y, ...given]).size !== given.length + 2) {
    throw invalid('adjustedEffect', 'given', given, 'different variables, without x and y', 'Name each once.');
  }
  const parents = Array.from({ length: d }, (_, v) => (v === y ? [x, ...given] : []));
  return fitParents(covariance, d, parents)[x * d + y]!;
}
