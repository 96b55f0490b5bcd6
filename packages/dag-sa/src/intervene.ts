/** Interventions do(x_j = v) on a linear model, with the noise that the rows have. */
import { integer, invalid } from '@assay-ml/numerics/check';
import { faulty } from './check.js';
import { parentsOf } from './exact.js';
import { topologicalOrder } from './graph.js';
import { acyclic, vertex } from './separation.js';

/**
 * The rows as they would be had variables been set: each keeps its own noise and intercept, x′_j = v for a variable that is set
 * and x′_j = x_j + Σ_i w_ij (x′_i − x_i) for the others (Pearl, Causality, 2009, §7.1). Their law is that under the
 * intervention, with no assumption on the noise; one row that holds means gives the means under it.
 * @param X [n, d], flat, row by row, in the units of W
 * @param W a DAG, [d, d]
 * @param values of the variables that are set: [variable, value]
 * @returns [n, d]
 * @throws RangeError for a graph with a cycle, a variable set twice, and values that are not finite
 * @example
 * intervene(X, n, d, W, [[0, 1.5]]); // do(x0 = 1.5)
 */
export function intervene(
  X: Float64Array,
  n: number,
  d: number,
  W: Float64Array,
  values: readonly (readonly [variable: number, value: number])[],
): Float64Array<ArrayBuffer> {
  integer('intervene', 'n', n, 0, 'Count the rows.');
  if (X.length !== n * d) throw invalid('intervene', 'X', X, `n · d = ${n * d} numbers`, 'Pass whole rows.');
  acyclic('intervene', 'W', W, d);
  const set = new Map<number, number>();
  for (const [v, value] of values) {
    if (set.has(vertex('intervene', 'values', v, d))) {
      throw faulty('intervene', 'values', `two values for variable ${v}`, 'one for each', 'Drop one.');
    }
    if (!Number.isFinite(value))
      throw invalid('intervene', `values, variable ${v}`, value, 'finite', 'Choose a number.');
    set.set(v, value);
  }
  const order = topologicalOrder(W, d)!;
  const parents = parentsOf(W, d);
  const out = Float64Array.from(X);
  for (let row = 0; row < n * d; row += d) {
    for (const j of order) {
      const value = set.get(j);
      if (value !== undefined) out[row + j] = value;
      else for (const i of parents[j]!) out[row + j]! += W[i * d + j]! * (out[row + i]! - X[row + i]!);
    }
  }
  return out;
}
