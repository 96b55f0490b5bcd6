/**
 * Effects where an equivalence class leaves directions open: the values that they have over its DAGs (Maathuis, Kalisch, Bühlmann,
 * "Estimating high-dimensional intervention effects from observational data", Annals of Statistics 2009).
 */
import { invalid, options as known } from '@assay-ml/numerics/check';
import { totalEffect } from './adjustment.js';
import { square } from './check.js';
import { cpdag, members } from './cpdag.js';
import { fitParents, parentsOf } from './exact.js';
import { type OrderOptions } from './knowledge.js';
import { vertex } from './separation.js';

/** DAGs that are looked at for one question; a class can have d! of them. */
const MOST = 5000;

/**
 * The DAGs of a graph's class that interventions on some variables can tell apart, each fitted by least squares.
 * @param covariance Σ, [d, d]
 * @param W a DAG, [d, d]
 * @param at the variables
 * @param options settings
 * @param options.constraints what is known, which W keeps to: DAGs that contradict it are left out
 * @returns [d, d] each
 * @throws RangeError for a graph with a cycle, and for a class that can be directed there in more than 5000 ways
 */
export function classMembers(
  covariance: Float64Array,
  d: number,
  W: Float64Array,
  at: readonly number[],
  options: OrderOptions = {},
): Float64Array<ArrayBuffer>[] {
  known('classMembers', options, { constraints: 0 });
  square('classMembers', 'covariance', covariance, d);
  for (const v of at) vertex('classMembers', 'at', v, d);
  const graphs = members(cpdag(W, d, options), d, at, MOST);
  if (graphs === null) {
    throw invalid('classMembers', 'at', at, `variables whose edges can be directed in at most ${MOST} ways`, 'Say more of what is known: tiers, required, forbidden.'); // prettier-ignore
  }
  return graphs.map((graph) => fitParents(covariance, d, parentsOf(Float64Array.from(graph), d)));
}

/** What {@link effectRange} gives. */
export interface EffectRange {
  /** The smallest and the largest effect. */
  readonly range: readonly [number, number];
  /** One for each way to direct the edges at x, in rising order. */
  readonly effects: readonly number[];
}

/**
 * The total effect of x on y over the DAGs of a graph's class: one value where the class decides it.
 * @param covariance Σ, [d, d]
 * @param W a DAG, [d, d]
 * @param options settings
 * @param options.constraints what is known, which W keeps to
 * @throws RangeError as {@link classMembers}, and for numbers that are no variables
 * @example
 * effectRange(covariance, d, fit(X, d, { method: 'boss' }).W, 0, 2).range;
 */
export function effectRange(
  covariance: Float64Array,
  d: number,
  W: Float64Array,
  x: number,
  y: number,
  options: OrderOptions = {},
): EffectRange {
  known('effectRange', options, { constraints: 0 });
  const effects = classMembers(covariance, d, W, [x], options)
    .map((member) => totalEffect(member, d, x, y))
    .sort((a, b) => a - b);
  return { range: [effects[0]!, effects.at(-1)!], effects };
}
