/**
 * Local search over orders, our successor to the one-shot projection, for the score ½ Σ_j Var(x_j | what comes before), whose
 * minimum over orders is the true order under equal noise variances (spec §4, T3).
 *
 * With Σ = LLᵀ in the current order, an exchange of neighbours k, k + 1 changes their two variances alone: the new ones are
 * l² + m² and (l_kk m)²/(l² + m²) with l = L[k+1, k], m = L[k+1, k+1]. So a move is judged in O(1) and made in O(d) by a rotation.
 */
import { scalar } from '@assay-ml/numerics';
import { integer, oneOf, options as known } from '@assay-ml/numerics/check';
import { permutation, square } from './check.js';
import { factorInOrder, varianceGiven } from './exact.js';
import { conform, type Constraints } from './knowledge.js';

/** Options of {@link searchOrder}. */
export interface SearchOptions {
  /** `swap`: neighbours only; `insert`: each variable may go to any place. Default `insert`. */
  readonly moves?: 'swap' | 'insert';
  /** Passes over all variables at most. Default 50; it stops where a pass changes nothing. */
  readonly passes?: number;
  /**
   * What is known beforehand, by `constraintsOf`: moves keep to what must come first, and a variable that may not have all that comes
   * before it as parents counts with those that it may have. Default nothing.
   */
  readonly constraints?: Constraints;
}

/** What {@link searchOrder} found. */
export interface SearchResult {
  readonly order: Uint32Array<ArrayBuffer>;
  /** ½ Σ_j Var(x_j | what comes before and may be a parent) of it. */
  readonly loss: number;
  /** Moves that were made. */
  readonly moves: number;
}

/** Moves smaller than this part of the loss are rounding. */
const TOLERANCE = 1e-12;

/**
 * Improves an order until no move does.
 * @param covariance Σ, [d, d]
 * @param start where to begin, e.g. that of `psiDag` or `eqVarTopDown`
 * @throws RangeError for a singular Σ, naming the collinear variable
 */
export function searchOrder(
  covariance: Float64Array,
  d: number,
  start: ArrayLike<number>,
  options: SearchOptions = {},
): SearchResult {
  known('searchOrder', options, { moves: 0, passes: 0, constraints: 0 });
  const { moves = 'insert', passes = 50, constraints } = options;
  square('searchOrder', 'covariance', covariance, d);
  permutation('searchOrder', 'start', start, d);
  oneOf('searchOrder', 'moves', moves, ['swap', 'insert']);
  integer('searchOrder', 'passes', passes, 1, 'Leave it out for 50.');
  const order = constraints === undefined ? Uint32Array.from(start) : conform(start, d, constraints, true);
  const L = factorInOrder('searchOrder', covariance, d, order);
  let made = 0;

  const may = (i: number, j: number) => constraints?.allowed[i * d + j] !== 0;
  const must = (i: number, j: number) => constraints?.precedence.before[i * d + j] === 1;
  /** Variables before which others may stand that may not be their parents: L does not have their variances. */
  const restricted = Uint8Array.from({ length: d }, (_, j) =>
    Number(order.some((i) => i !== j && !may(i, j) && !must(j, i))),
  );
  /** Var(x_v | those of the first `count` that may be its parents, and another one). */
  const variance = (v: number, count: number, other: readonly number[] = []) =>
    varianceGiven(covariance, d, v, [...order.subarray(0, count).filter((u) => may(u, v)), ...other]);
  /** What the exchange of k and k + 1 would change the sum of variances by. */
  const gain = (k: number): number => {
    const a = L[k * d + k]! ** 2;
    const l = L[(k + 1) * d + k]!;
    const b = L[(k + 1) * d + k + 1]! ** 2;
    const first = l * l + b;
    const [u, v] = [order[k]!, order[k + 1]!];
    if (restricted[u] === 0 && restricted[v] === 0) return first + (a * b) / first - a - b;
    const later = restricted[u] === 0 ? (a * b) / first - a : may(v, u) ? variance(u, k, [v]) - variance(u, k) : 0;
    const sooner = restricted[v] === 0 ? first - b : may(u, v) ? variance(v, k) - variance(v, k, [u]) : 0;
    return later + sooner;
  };
  const exchange = (k: number): void => {
    const upper = k * d;
    const lower = upper + d;
    for (let j = 0; j <= k + 1; j++) [L[upper + j], L[lower + j]] = [L[lower + j]!, L[upper + j]!];
    // Row k now reaches into column k + 1: a rotation of both columns takes it out.
    const [p, q] = [L[upper + k]!, L[upper + k + 1]!];
    const length = scalar.hypot(p, q);
    const [c, s] = [p / length, q / length];
    for (let i = k; i < d; i++) {
      const [x, y] = [L[i * d + k]!, L[i * d + k + 1]!];
      L[i * d + k] = c * x + s * y;
      L[i * d + k + 1] = c * y - s * x;
    }
    L[upper + k + 1] = 0;
    if (L[lower + k + 1]! < 0) for (let i = k + 1; i < d; i++) L[i * d + k + 1] = -L[i * d + k + 1]!;
    [order[k], order[k + 1]] = [order[k + 1]!, order[k]!];
  };
  const loss = (): number => {
    let sum = 0;
    for (let k = 0; k < d; k++) {
      sum += (restricted[order[k]!] === 0 ? L[k * d + k]! ** 2 : variance(order[k]!, k)) / 2;
    }
    return sum;
  };
  const least = -2 * TOLERANCE * loss();

  for (let pass = 0; pass < passes; pass++) {
    const before = made;
    if (moves === 'swap') {
      for (let k = 0; k + 1 < d; k++) {
        if (must(order[k]!, order[k + 1]!) || gain(k) >= least) continue;
        exchange(k);
        made++;
      }
    } else {
      for (const v of order.slice()) {
        const home = order.indexOf(v);
        let [best, place, total, k] = [least, home, 0, home]; // what rounding alone makes better is no move
        // Walk to the end, then to the front, one exchange at a time, and remember the best place.
        for (; k + 1 < d && !must(v, order[k + 1]!); k++) {
          total += gain(k);
          exchange(k);
          if (total < best) [best, place] = [total, k + 1];
        }
        for (; k > 0 && !must(order[k - 1]!, v); k--) {
          total += gain(k - 1);
          exchange(k - 1);
          if (k - 1 < home && total < best) [best, place] = [total, k - 1];
        }
        for (; k < place; k++) exchange(k);
        if (place !== home) made++;
      }
    }
    if (made === before) break;
  }
  return { order, loss: loss(), moves: made };
}
