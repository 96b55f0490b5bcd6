/**
 * What the stochastic stages approach, exactly and from the covariance Σ: the best matrix for an order by one factorisation,
 * d³/3 operations twice, instead of d regressions; the best matrix without an order; the loss itself.
 */
import { cholesky, gemm, invertTriangular, NotPositiveDefiniteError, trsm } from '@assay-ml/numerics';
import { requireList } from '@assay-ml/numerics/check';
import { faulty, permutation, sized, square } from './check.js';
import { reorder } from './graph.js';

/** f(W) = ½ tr((I − W)ᵀ Σ (I − W)), the loss of spec §3.1 in expectation. Σ and W are [d, d]. @throws TypeError for arguments of another kind */
export function expectedLoss(W: Float64Array, covariance: Float64Array, d: number): number {
  sized('expectedLoss', 'W', W, d);
  sized('expectedLoss', 'covariance', covariance, d);
  const A = W.map((value, at) => Number(at % (d + 1) === 0) - value);
  const product = gemm(d, d, d, covariance, A, new Float64Array(d * d));
  let sum = 0;
  for (let at = 0; at < d * d; at++) sum += A[at]! * product[at]!;
  return sum / 2;
}

/** The least-squares matrix of an order. */
export interface OrderFit {
  /** [d, d], column j holds the regression of j on all that come before it. */
  readonly W: Float64Array<ArrayBuffer>;
  /** [d]: Var(x_j | what comes before), by variable. */
  readonly residualVariance: Float64Array<ArrayBuffer>;
  /** ½ Σ_j residualVariance_j, which is f(W). */
  readonly loss: number;
}

/** L of Σ in an order. @throws RangeError naming the collinear variable, by its number or by `names` */
export function factorInOrder(
  where: string,
  covariance: Float64Array,
  d: number,
  order: ArrayLike<number>,
  names?: readonly string[],
): Float64Array {
  const name = (v: number) => names?.[v] ?? v;
  const L: Float64Array = reorder(covariance, d, order, new Float64Array(d * d));
  const refuse = (row: number): never => {
    const v = order[row]!;
    const before = Array.from({ length: row }, (_, k) => order[k]!);
    const parents = Array.from({ length: d }, (_, j) => (j === v ? before : []));
    const W = fitParents(covariance, d, parents);
    const part = (u: number) =>
      Math.abs(W[u * d + v]!) * Math.sqrt(covariance[u * (d + 1)]! / covariance[v * (d + 1)]!);
    const used = before.filter((u) => part(u) > 1e-6).map(name);
    const shown = used.length > 8 ? `${used.slice(0, 8).join(', ')}, …` : used.join(', ');
    throw faulty(where, 'covariance', `singular: variable ${name(v)} is a combination of variables ${shown || 'none (it is constant)'}`, 'positive definite', 'Leave that variable out, add a ridge to the diagonal, or use the stochastic variant; fewer rows than variables always give this.'); // prettier-ignore
  };
  try {
    cholesky(d, L);
  } catch (error) {
    if (error instanceof NotPositiveDefiniteError) refuse(error.row);
    throw error;
  }
  // A pivot that rounding alone may have left positive.
  for (let k = 0; k < d; k++) {
    const variance = covariance[order[k]! * (d + 1)]!;
    if (!(L[k * d + k]! ** 2 > 4 * d * Number.EPSILON * variance)) refuse(k);
  }
  return L;
}

/**
 * Node-wise least squares for a whole order from one factorisation Σ = LLᵀ in that order: x_j less its regression on what comes
 * before is l_jj (L⁻¹x)_j, so W_ij = −l_jj (L⁻¹)_ji.
 * @param covariance Σ, [d, d]
 * @param order [d], first to last
 * @throws RangeError for a singular Σ, naming the collinear variable
 */
export function fitOrder(covariance: Float64Array, d: number, order: ArrayLike<number>): OrderFit {
  square('fitOrder', 'covariance', covariance, d);
  permutation('fitOrder', 'order', order, d);
  const L = factorInOrder('fitOrder', covariance, d, order);
  const pivots = Float64Array.from({ length: d }, (_, k) => L[k * d + k]!);
  invertTriangular(d, L);
  const W = new Float64Array(d * d);
  const residualVariance = new Float64Array(d);
  let loss = 0;
  for (let b = 0; b < d; b++) {
    const j = order[b]!;
    for (let a = 0; a < b; a++) W[order[a]! * d + j] = -pivots[b]! * L[b * d + a]!;
    residualVariance[j] = pivots[b]! * pivots[b]!;
    loss += residualVariance[j]! / 2;
  }
  return { W, residualVariance, loss };
}

/**
 * f of an order's least-squares matrix, ½ Σ_j Var(x_j | what comes before), without the matrix.
 * @throws TypeError for arguments of another kind; RangeError for a matrix that is not [d, d]
 */
export function orderLoss(covariance: Float64Array, d: number, order: ArrayLike<number>): number {
  sized('orderLoss', 'covariance', covariance, d);
  permutation('orderLoss', 'order', order, d);
  const L = factorInOrder('orderLoss', covariance, d, order);
  let loss = 0;
  for (let k = 0; k < d; k++) loss += L[k * d + k]! ** 2 / 2;
  return loss;
}

/**
 * Least squares of each variable on its own list of parents: for graphs that have fewer edges than their order.
 * @param parents of each variable
 * @throws TypeError for arguments of another kind; RangeError for collinear parents, naming one
 */
export function fitParents(
  covariance: Float64Array,
  d: number,
  parents: readonly (readonly number[])[],
): Float64Array<ArrayBuffer> {
  requireList('fitParents', 'parents', parents, 'parentsOf() makes them.');
  sized('fitParents', 'covariance', covariance, d);
  const W = new Float64Array(d * d);
  parents.forEach((list, j) => {
    const p = list.length;
    const gram = new Float64Array(p * p);
    const right = Float64Array.from(list, (a) => covariance[a * d + j]!);
    for (let a = 0; a < p; a++) for (let b = 0; b < p; b++) gram[a * p + b] = covariance[list[a]! * d + list[b]!]!;
    try {
      cholesky(p, gram);
    } catch (error) {
      if (!(error instanceof NotPositiveDefiniteError)) throw error;
      throw faulty('fitParents', 'covariance', `singular: variable ${list[error.row]} is a combination of other parents of ${j}`, 'positive definite', 'Leave that variable out, or add a ridge to the diagonal.'); // prettier-ignore
    }
    trsm(p, 1, gram, right);
    trsm(p, 1, gram, right, { transpose: true });
    list.forEach((a, k) => (W[a * d + j] = right[k]!));
  });
  return W;
}

/** Var(x_j | parents); Σ is checked by the caller. */
export function varianceGiven(covariance: Float64Array, d: number, j: number, parents: readonly number[]): number {
  const p = parents.length;
  const gram = Float64Array.from({ length: p * p }, (_, at) => covariance[parents[Math.floor(at / p)]! * d + parents[at % p]!]!); // prettier-ignore
  const right = Float64Array.from(parents, (i) => covariance[i * d + j]!);
  trsm(p, 1, cholesky(p, gram), right);
  return right.reduce((left, part) => left - part * part, covariance[j * (d + 1)]!);
}

/**
 * The parents of each variable in W's graph.
 * @throws TypeError for arguments of another kind; RangeError for a matrix that is not [d, d]
 */
export function parentsOf(W: Float64Array, d: number): number[][] {
  sized('parentsOf', 'W', W, d);
  return Array.from({ length: d }, (_, j) => Array.from({ length: d }, (_, i) => i).filter((i) => W[i * d + j] !== 0));
}

/** Θ = Σ⁻¹, [d, d]. @throws RangeError for a singular Σ */
export function precision(where: string, covariance: Float64Array, d: number): Float64Array {
  const order = Uint32Array.from({ length: d }, (_, v) => v);
  const L = factorInOrder(where, covariance, d, order);
  invertTriangular(d, L);
  return gemm(d, d, d, L, L, new Float64Array(d * d), { transposeA: true });
}

/**
 * The minimiser of f over matrices with zero diagonal, which stage 1 approaches: W_ij = −Θ_ij/Θ_jj with Θ = Σ⁻¹; its loss is
 * ½ Σ_j 1/Θ_jj.
 * @throws RangeError for a singular Σ, naming the collinear variable
 */
export function unconstrained(covariance: Float64Array, d: number): Float64Array<ArrayBuffer> {
  square('unconstrained', 'covariance', covariance, d);
  const theta = precision('unconstrained', covariance, d);
  return Float64Array.from(theta, (value, at) => (at % (d + 1) === 0 ? 0 : -value / theta[(at % d) * (d + 1)]!));
}
