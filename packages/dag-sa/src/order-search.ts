/**
 * Local search over orders, our successor to the one-shot projection, for the score ½ Σ_j Var(x_j | what comes before), whose
 * minimum over orders is the true order under equal noise variances (spec §4, T3).
 *
 * With Σ = LLᵀ in the current order, an exchange of neighbours k, k + 1 changes their two variances alone: the new ones are
 * l² + m² and (l_kk m)²/(l² + m²) with l = L[k+1, k], m = L[k+1, k+1]. So a move is judged in O(1) and made in O(d) by a rotation.
 */
import { integer, oneOf } from '@assay-ml/numerics/check';
import { permutation, square } from './check.js';
import { factorInOrder } from './exact.js';

/** Options of {@link searchOrder}. */
export interface SearchOptions {
  /** `swap`: neighbours only; `insert`: each variable may go to any place. Default `insert`. */
  readonly moves?: 'swap' | 'insert';
  /** Passes over all variables at most. Default 50; it stops where a pass changes nothing. */
  readonly passes?: number;
}

/** What {@link searchOrder} found. */
export interface SearchResult {
  readonly order: Uint32Array<ArrayBuffer>;
  /** ½ Σ_j Var(x_j | what comes before) of it. */
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
  { moves = 'insert', passes = 50 }: SearchOptions = {},
): SearchResult {
  square('searchOrder', 'covariance', covariance, d);
  permutation('searchOrder', 'start', start, d);
  oneOf('searchOrder', 'moves', moves, ['swap', 'insert']);
  integer('searchOrder', 'passes', passes, 1, 'Leave it out for 50.');
  const order = Uint32Array.from(start);
  const L = factorInOrder('searchOrder', covariance, d, order);
  let made = 0;

  /** What the exchange of k and k + 1 would change the sum of variances by. */
  const gain = (k: number): number => {
    const a = L[k * d + k]! ** 2;
    const l = L[(k + 1) * d + k]!;
    const b = L[(k + 1) * d + k + 1]! ** 2;
    const first = l * l + b;
    return first + (a * b) / first - a - b;
  };
  const exchange = (k: number): void => {
    const upper = k * d;
    const lower = upper + d;
    for (let j = 0; j <= k + 1; j++) [L[upper + j], L[lower + j]] = [L[lower + j]!, L[upper + j]!];
    // Row k now reaches into column k + 1: a rotation of both columns takes it out.
    const [p, q] = [L[upper + k]!, L[upper + k + 1]!];
    const length = Math.hypot(p, q);
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
    for (let k = 0; k < d; k++) sum += L[k * d + k]! ** 2 / 2;
    return sum;
  };
  const least = -2 * TOLERANCE * loss();

  for (let pass = 0; pass < passes; pass++) {
    const before = made;
    if (moves === 'swap') {
      for (let k = 0; k + 1 < d; k++) {
        if (gain(k) >= least) continue;
        exchange(k);
        made++;
      }
    } else {
      for (const v of order.slice()) {
        const home = order.indexOf(v);
        let [best, place, total] = [least, home, 0];
        // Walk to the end, then to the front, one exchange at a time, and remember the best place.
        for (let k = home; k + 1 < d; k++) {
          total += gain(k);
          exchange(k);
          if (total < best) [best, place] = [total, k + 1];
        }
        for (let k = d - 2; k >= 0; k--) {
          total += gain(k);
          exchange(k);
          if (k < home && total < best) [best, place] = [total, k];
        }
        for (let k = 0; k < place; k++) exchange(k);
        if (place !== home) made++;
      }
    }
    if (made === before) break;
  }
  return { order, loss: loss(), moves: made };
}
