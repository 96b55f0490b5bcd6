/**
 * DirectLiNGAM (Shimizu et al., JMLR 2011) with the pairwise measure of Hyvärinen and Smith (JMLR 2013), as in PyPI `lingam`: the
 * order for non-Gaussian noise of any variance. It rests on more than second moments, so unlike the other baselines it needs the
 * rows, n·d³ operations in all.
 */
import { cosh, exp, log, scalar } from '@assay-ml/numerics';
import { integer, options as known } from '@assay-ml/numerics/check';
import { faulty, flatTable } from '../check.js';
import { type OrderOptions, readiness } from '../knowledge.js';

/** Hyvärinen's approximation of the differential entropy of a standardised variable. */
function entropy(u: Float64Array): number {
  const n = u.length;
  const values = cosh(u, new Float64Array(n));
  log(values, values);
  let logCosh = 0;
  for (let r = 0; r < n; r++) logCosh += values[r]! / n;
  for (let r = 0; r < n; r++) values[r] = (-u[r]! * u[r]!) / 2;
  exp(values, values);
  let skewed = 0;
  for (let r = 0; r < n; r++) skewed += (u[r]! * values[r]!) / n;
  return (1 + scalar.log(2 * Math.PI)) / 2 - 79.047 * (logCosh - 0.37457) ** 2 - 7.4129 * skewed ** 2;
}

/** A copy with mean 0 and variance 1. */
function standardised(x: Float64Array): Float64Array<ArrayBuffer> {
  let mean = 0;
  for (const value of x) mean += value / x.length;
  let variance = 0;
  for (const value of x) variance += (value - mean) ** 2 / x.length;
  return Float64Array.from(x, (value) => (value - mean) / Math.sqrt(variance));
}

/** x less its regression on y, both standardised, and standardised again. */
function residual(x: Float64Array, y: Float64Array): Float64Array<ArrayBuffer> {
  let slope = 0;
  for (let r = 0; r < x.length; r++) slope += (x[r]! * y[r]!) / x.length;
  return standardised(x.map((value, r) => value - slope * y[r]!));
}

/**
 * @param X [n, d], flat, row by row
 * @returns order, sources first
 * @throws RangeError for a constant variable, or fewer than three rows
 */
export function directLingam(
  X: Float64Array,
  n: number,
  d: number,
  options: OrderOptions = {},
): Uint32Array<ArrayBuffer> {
  known('directLingam', options, { constraints: 0 });
  integer('directLingam', 'n', n, 3, 'Give more rows.');
  flatTable('directLingam', X, n, d);
  let columns = Array.from({ length: d }, (_, j) => Float64Array.from({ length: n }, (_, r) => X[r * d + j]!));
  const flat = columns.findIndex((column) => column.every((value) => value === column[0]));
  if (flat >= 0) throw faulty('directLingam', `column ${flat}`, 'constant', 'varying', 'Leave it out.');
  columns = columns.map(standardised);
  const { ready, place } = readiness(options.constraints, 'front');
  const alive = Array.from({ length: d }, (_, v) => v);
  const order = new Uint32Array(d);
  for (let k = 0; k < d; k++) {
    const entropies = new Map(alive.map((v) => [v, entropy(columns[v]!)]));
    let best = -1;
    let least = Infinity;
    for (const i of alive) {
      if (!ready(i)) continue;
      let sum = 0;
      for (const j of alive) {
        if (i === j) continue;
        const [xi, xj] = [columns[i]!, columns[j]!];
        const forwards = entropies.get(j)! + entropy(residual(xi, xj));
        const backwards = entropies.get(i)! + entropy(residual(xj, xi));
        sum += Math.min(0, forwards - backwards) ** 2;
        if (sum >= least) break;
      }
      if (best < 0) best = i; // also where sums are no numbers, as of a variable that others determine
      if (sum < least) [least, best] = [sum, i];
    }
    order[k] = best;
    place(best);
    alive.splice(alive.indexOf(best), 1);
    for (const j of alive) columns[j] = residual(columns[j]!, columns[best]!);
  }
  return order;
}
