/** Which edges of an order stay: by BIC, by the adaptive lasso, or by a threshold. All on the covariance. */
import { gemm, invertTriangular, cholesky, log } from '@assay-ml/numerics';
import { integer, options as known } from '@assay-ml/numerics/check';
import { permutation, sized, square } from './check.js';
import { factorInOrder, fitParents, parentsOf } from './exact.js';

const one = new Float64Array(1);
/** Natural logarithm of one number, with the same bits everywhere. */
export function ln(x: number): number {
  one[0] = x;
  return log(one, one)[0]!;
}

/** What is left of a list of parents, and Var(x_j | them). */
export interface Shrunk {
  readonly parents: number[];
  readonly variance: number;
}

/**
 * Backward elimination: from least squares of j on a list, the parent whose loss costs least goes as long as
 * n log RSS + penalty·parents falls. Σ is checked by the caller.
 * @param required [d, d]: 1 where a parent has to stay; default none
 */
export function shrink(
  covariance: Float64Array,
  d: number,
  j: number,
  list: readonly number[],
  n: number,
  penalty: number,
  required?: Uint8Array,
): Shrunk {
  const p = list.length;
  // (X_PᵀX_P)⁻¹ shrinks with each parent that goes: RSS rises by β²/(its diagonal).
  const gram = Float64Array.from(
    { length: p * p },
    (_, at) => covariance[list[Math.floor(at / p)]! * d + list[at % p]!]!,
  );
  const L = invertTriangular(p, cholesky(p, gram));
  const inverse = gemm(p, p, p, L, L, new Float64Array(p * p), { transposeA: true });
  const right = Float64Array.from(list, (i) => covariance[i * d + j]!);
  const beta = gemm(p, 1, p, inverse, right, new Float64Array(p));
  let variance = covariance[j * (d + 1)]!;
  for (let a = 0; a < p; a++) variance -= beta[a]! * right[a]!;
  const alive = list.map((_, a) => a);
  for (;;) {
    let [weakest, cost] = [-1, Infinity];
    for (const a of alive) {
      const rise = (beta[a]! * beta[a]!) / inverse[a * p + a]!;
      if (rise < cost && required?.[list[a]! * d + j] !== 1) [weakest, cost] = [a, rise];
    }
    if (weakest < 0 || n * ln((variance + cost) / variance) >= penalty) break;
    const k = weakest;
    alive.splice(alive.indexOf(k), 1);
    const pivot = inverse[k * p + k]!;
    for (const a of alive) {
      const factor = inverse[a * p + k]! / pivot;
      beta[a]! -= factor * beta[k]!;
      for (const c of alive) inverse[a * p + c]! -= factor * inverse[k * p + c]!;
    }
    variance += cost;
  }
  return { parents: alive.map((a) => list[a]!), variance };
}

/** Knowledge for the choice of edges, [d, d] each, as `constraintsOf` says it. */
export interface EdgeOptions {
  /** 0 where an edge may not be. Default all may. */
  readonly allowed?: Uint8Array | undefined;
  /** 1 where it must be. Default none. */
  readonly required?: Uint8Array | undefined;
}

/**
 * Backward elimination by BIC from all that come before. d⁴ operations at most.
 * @returns W, [d, d], refitted on the parents that stay
 * @throws RangeError for a singular Σ
 */
export function bicPrune(
  covariance: Float64Array,
  d: number,
  order: ArrayLike<number>,
  n: number,
  options: EdgeOptions = {},
): Float64Array<ArrayBuffer> {
  known('bicPrune', options, { allowed: 0, required: 0 });
  const { allowed, required } = options;
  square('bicPrune', 'covariance', covariance, d);
  permutation('bicPrune', 'order', order, d);
  integer('bicPrune', 'n', n, 2, 'Count the rows behind the covariance.');
  factorInOrder('bicPrune', covariance, d, order); // refuses what is singular, by name
  const penalty = ln(n);
  const parents: number[][] = Array.from({ length: d }, () => []);
  for (let b = 1; b < d; b++) {
    const j = order[b]!;
    const list = Array.from({ length: b }, (_, a) => order[a]!).filter((i) => allowed?.[i * d + j] !== 0);
    if (list.length > 0) parents[j] = shrink(covariance, d, j, list, n, penalty, required).parents;
  }
  return fitParents(covariance, d, parents);
}

/** λ of the path, from that which removes all, each so many times the one before. */
const PATH = { points: 30, ratio: 0.7 };

/**
 * Adaptive lasso (Zou 2006) on what comes before in an order: penalties λ|w_i|/|β_i| with the least-squares β, λ by BIC along a
 * path, by coordinate descent on the covariance.
 * @returns W, [d, d], shrunk; `refit` undoes the shrinkage
 * @throws RangeError for a singular Σ
 */
export function adaptiveLasso(
  covariance: Float64Array,
  d: number,
  order: ArrayLike<number>,
  n: number,
  options: EdgeOptions = {},
): Float64Array<ArrayBuffer> {
  known('adaptiveLasso', options, { allowed: 0, required: 0 });
  const { allowed, required } = options;
  square('adaptiveLasso', 'covariance', covariance, d);
  permutation('adaptiveLasso', 'order', order, d);
  integer('adaptiveLasso', 'n', n, 2, 'Count the rows behind the covariance.');
  factorInOrder('adaptiveLasso', covariance, d, order);
  const before = Array.from({ length: d }, (): number[] => []);
  for (let b = 1; b < d; b++) {
    const j = order[b]!;
    before[j] = Array.from({ length: b }, (_, a) => order[a]!).filter((i) => allowed?.[i * d + j] !== 0);
  }
  const ols = fitParents(covariance, d, before);
  const W = new Float64Array(d * d);
  before.forEach((list, j) => {
    const total = covariance[j * (d + 1)]!;
    const free = list.map((i) => required?.[i * d + j] === 1);
    const size = list.map((i, a) => (free[a]! ? Infinity : Math.abs(ols[i * d + j]!)));
    const w = new Float64Array(list.length);
    // Correlation of each predecessor with what is not explained yet.
    const left = Float64Array.from(list, (i) => covariance[i * d + j]!);
    let lambda = Math.max(0, ...list.map((_, a) => (free[a]! ? 0 : Math.abs(left[a]!) * size[a]!)));
    let best = n * ln(total);
    let chosen = w.slice();
    if (list.length > 0 && free.every(Boolean)) chosen = Float64Array.from(list, (i) => ols[i * d + j]!);
    for (let point = 0; point < PATH.points && lambda > 0; point++, lambda *= PATH.ratio) {
      for (let sweep = 0; sweep < 1000; sweep++) {
        let largest = 0;
        for (let a = 0; a < list.length; a++) {
          if (size[a] === 0) continue;
          const own = covariance[list[a]! * (d + 1)]!;
          const z = left[a]! + own * w[a]!;
          const next = (Math.sign(z) * Math.max(0, Math.abs(z) - lambda / size[a]!)) / own;
          const change = next - w[a]!;
          if (change === 0) continue;
          w[a] = next;
          for (let c = 0; c < list.length; c++) left[c]! -= change * covariance[list[c]! * d + list[a]!]!;
          largest = Math.max(largest, Math.abs(change) * Math.sqrt(own / total));
        }
        if (largest < 1e-9) break;
      }
      let rss = total;
      for (let a = 0; a < list.length; a++) rss -= w[a]! * (covariance[list[a]! * d + j]! + left[a]!);
      const score = n * ln(rss) + ln(n) * w.reduce((count, value) => count + Number(value !== 0), 0);
      if (score < best) [best, chosen] = [score, w.slice()];
    }
    list.forEach((i, a) => (W[i * d + j] = chosen[a]!));
  });
  return W;
}

/**
 * Least squares on the edges of a graph: what is left is not shrunk.
 * @throws TypeError for arguments of another kind; RangeError for a matrix that is not [d, d]
 */
export function refit(W: Float64Array, covariance: Float64Array, d: number): Float64Array<ArrayBuffer> {
  sized('refit', 'W', W, d);
  sized('refit', 'covariance', covariance, d);
  return fitParents(covariance, d, parentsOf(W, d));
}
