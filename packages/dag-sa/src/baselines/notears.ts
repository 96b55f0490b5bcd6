/**
 * NOTEARS, linear (Zheng, Aragam, Ravikumar, Xing, NeurIPS 2018; `xunzheng/notears`): min f(W) + λ‖W‖₁ subject to
 * h(W) = tr e^{W∘W} − d = 0, by an augmented Lagrangian f + λΣ(w⁺ + w⁻) + αh + ρh²/2 in W = w⁺ − w⁻, w± ≥ 0.
 */
import { gemm, minimiseInBox } from '@assay-ml/numerics';
import { atLeast, integer, oneOf, options as known, positive } from '@assay-ml/numerics/check';
import { sized, square } from '../check.js';
import { type SoftKnowledge } from '../knowledge.js';
import { expm } from './expm.js';

/** Options of {@link notears}; defaults are those of the official code. */
export interface NotearsOptions extends SoftKnowledge {
  /** λ. Default 0.1, that of its demo. */
  readonly lambda?: number;
  /** The measure of cycles. Default `exponential`, the paper's; `polynomial`: tr (I + W∘W/d)^d − d, as gcastle has it. */
  readonly acyclicity?: 'exponential' | 'polynomial';
  /** Outer iterations at most. Default 100. */
  readonly outer?: number;
  /** It stops once h is at most this. Default 1e-8. */
  readonly hTolerance?: number;
  /** It stops once ρ is at least this. Default 1e16. */
  readonly rhoMax?: number;
  /** It stops at the next outer iteration after this time, in milliseconds. Default none. */
  readonly milliseconds?: number;
}

const NOTEARS_OPTIONS = {
  lambda: 0, acyclicity: 0, outer: 0, hTolerance: 0, rhoMax: 0, milliseconds: 0, allowed: 0, required: 0, before: 0,
} satisfies Record<keyof NotearsOptions, 0>; // prettier-ignore

/** A matrix that a soft constraint has made nearly acyclic; `repair` makes it a DAG. */
export interface SoftResult {
  /** [d, d], before any threshold. */
  readonly W: Float64Array<ArrayBuffer>;
  /** The acyclicity measure of W. */
  readonly h: number;
  /** Whether the method's own criterion stopped it, not a limit. */
  readonly converged: boolean;
}

/** Writes I − W. */
export function identityLess(W: Float64Array, d: number, A: Float64Array): Float64Array {
  for (let at = 0; at < A.length; at++) A[at] = -W[at]!;
  for (let i = 0; i < d; i++) A[i * (d + 1)]! += 1;
  return A;
}

/**
 * f(W) = ½ tr((I − W)ᵀΣ(I − W)); writes ∇f = −Σ(I − W).
 * @param work [d, d], overwritten; default a new array
 */
export function leastSquares(
  W: Float64Array,
  covariance: Float64Array,
  d: number,
  gradient: Float64Array,
  work: Float64Array = new Float64Array(d * d),
): number {
  const A = identityLess(W, d, work);
  gemm(d, d, d, covariance, A, gradient, { alpha: -1 });
  let sum = 0;
  for (let at = 0; at < d * d; at++) sum -= A[at]! * gradient[at]!;
  return sum / 2;
}

/**
 * h(W) = tr e^{W∘W} − d; writes ∇h = (e^{W∘W})ᵀ ∘ 2W. h is 0 for DAGs and above 0 otherwise.
 * @param before [d, d], added to W∘W: 1 where i must come before j; default nowhere
 */
export function exponentialAcyclicity(W: Float64Array, d: number, gradient: Float64Array, before?: Uint8Array): number {
  const squares = new Float64Array(d * d);
  for (let at = 0; at < d * d; at++) squares[at] = W[at]! * W[at]!;
  if (before !== undefined) for (let at = 0; at < d * d; at++) squares[at]! += before[at]!;
  const E = expm(squares, d);
  let h = -d;
  for (let i = 0; i < d; i++) {
    h += E[i * (d + 1)]!;
    for (let j = 0; j < d; j++) gradient[i * d + j] = 2 * E[j * d + i]! * W[i * d + j]!;
  }
  return h;
}

/**
 * h(W) = tr (I + W∘W/d)^d − d; writes ∇h = ((I + W∘W/d)^{d−1})ᵀ ∘ 2W.
 * @param before as in {@link exponentialAcyclicity}
 * @throws TypeError for arguments of another kind
 */
export function polynomialAcyclicity(W: Float64Array, d: number, gradient: Float64Array, before?: Uint8Array): number {
  sized('polynomialAcyclicity', 'W', W, d);
  sized('polynomialAcyclicity', 'gradient', gradient, d);
  const M = new Float64Array(d * d);
  for (let at = 0; at < M.length; at++) M[at] = (W[at]! * W[at]!) / d;
  if (before !== undefined) for (let at = 0; at < M.length; at++) M[at]! += before[at]! / d;
  for (let i = 0; i < d; i++) M[i * (d + 1)]! += 1;
  let power: Float64Array = new Float64Array(d * d);
  for (let i = 0; i < d; i++) power[i * (d + 1)] = 1;
  let base: Float64Array = M;
  const product = (a: Float64Array, b: Float64Array) => gemm(d, d, d, a, b, new Float64Array(d * d));
  for (let e = d - 1; e > 0; e = Math.floor(e / 2)) {
    if (e % 2 === 1) power = product(power, base);
    if (e > 1) base = product(base, base);
  }
  let h = -d;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      h += power[i * d + j]! * M[j * d + i]!;
      gradient[i * d + j] = 2 * power[j * d + i]! * W[i * d + j]!;
    }
  }
  return h;
}

/**
 * @param covariance Σ of centred data, [d, d]
 * @throws RangeError for an option outside its range
 */
export function notears(covariance: Float64Array, d: number, options: NotearsOptions = {}): SoftResult {
  known('notears', options, NOTEARS_OPTIONS);
  const { lambda = 0.1, outer = 100, hTolerance = 1e-8, rhoMax = 1e16, milliseconds = Infinity } = options;
  const { acyclicity = 'exponential', allowed, required, before } = options;
  square('notears', 'covariance', covariance, d);
  if (allowed !== undefined) square('notears', 'allowed', allowed, d);
  oneOf('notears', 'acyclicity', acyclicity, ['exponential', 'polynomial']);
  const measure = acyclicity === 'exponential' ? exponentialAcyclicity : polynomialAcyclicity;
  atLeast('notears', 'lambda', lambda, 0, 'Leave it out for 0.1.');
  integer('notears', 'outer', outer, 1, 'Leave it out for 100.');
  positive('notears', 'hTolerance', hTolerance, 'Leave it out for 1e-8.');
  const until = performance.now() + milliseconds;
  const size = d * d;
  const upper = Float64Array.from({ length: 2 * size }, (_, at) => (allowed?.[at % size] === 0 ? 0 : Infinity));
  for (let i = 0; i < d; i++) upper[i * (d + 1)] = upper[size + i * (d + 1)] = 0;
  const lower = new Float64Array(2 * size);
  const W = new Float64Array(size);
  const lossGradient = new Float64Array(size);
  const hGradient = new Float64Array(size);
  let x: Float64Array<ArrayBuffer> = new Float64Array(2 * size);
  let rho = 1;
  let alpha = 0;
  let h = Infinity;
  const unfold = (from: Float64Array) => {
    for (let at = 0; at < size; at++) W[at] = from[at]! - from[size + at]!;
  };
  const lagrangian = (from: Float64Array, gradient: Float64Array): number => {
    unfold(from);
    const loss = leastSquares(W, covariance, d, lossGradient);
    const violation = measure(W, d, hGradient, before);
    let l1 = 0;
    for (let at = 0; at < size; at++) {
      const price = required?.[at] === 1 ? 0 : lambda;
      if (price !== 0) l1 += from[at]! + from[size + at]!;
      const smooth = lossGradient[at]! + (rho * violation + alpha) * hGradient[at]!;
      gradient[at] = smooth + price;
      gradient[size + at] = price - smooth;
    }
    return loss + (rho / 2) * violation * violation + alpha * violation + lambda * l1;
  };
  for (let k = 0; k < outer && performance.now() < until; k++) {
    let found: Float64Array<ArrayBuffer> = x;
    let violation = h;
    while (rho < rhoMax) {
      found = minimiseInBox(lagrangian, x, { lower, upper }).x;
      unfold(found);
      violation = measure(W, d, hGradient, before);
      if (violation > 0.25 * h) rho *= 10;
      else break;
    }
    x = found;
    h = violation;
    alpha += rho * h;
    if (h <= hTolerance || rho >= rhoMax) break;
  }
  unfold(x);
  return { W, h, converged: h <= hTolerance || rho >= rhoMax };
}
