/**
 * D9 (spec of (L0, L1), §4.2): where constant local steps come to rest.
 *
 * To first order in α the mean gradient along paths of τ steps is ∇f(x) − α(τ−1)/2 · v, v = (1/M) Σ ∇²f_m(x)∇f_m(x), so that
 * the methods that follow it rest at x* + α(τ−1)/2 · H⁻¹v, H = ∇²f(x*), and f − f* = (α(τ−1))²/8 · vᵀH⁻¹v.
 */
import { Matrix, solve } from 'ml-matrix';
import { requireOptions } from '@assay-ml/numerics/check';
import { nonNegative, positiveInteger } from '../check.js';
import type { SmoothFamily } from '../families/smooth-family.js';
import { dot } from '../vectors.js';

/**
 * The floor of f − f* under full participation with exact local gradients, to leading order in α.
 * @param family its minimum needs a Hessian that can be inverted
 * @param options the local path
 * @param options.alpha local step size α ≥ 0
 * @param options.tau local steps τ
 */
export function biasFloor(family: SmoothFamily, options: { readonly alpha: number; readonly tau: number }): number {
  const where = 'biasFloor';
  requireOptions(where, options, { alpha: 1, tau: 1 });
  const { alpha, tau } = options;
  nonNegative(where, 'alpha', alpha);
  positiveInteger(where, 'tau', tau);
  const { n, d, minimiser: x } = family;
  const H = new Float64Array(d * d);
  const g = new Float64Array(d);
  const v = new Float64Array(d);
  for (let m = 0; m < n; m++) {
    family.hessian(x, H, m);
    family.clientGradient(m, x, g);
    for (let j = 0; j < d; j++) v[j] = v[j]! + dot(H.subarray(j * d, (j + 1) * d), g) / n;
  }
  family.hessian(x, H);
  const matrix = new Matrix(Array.from({ length: d }, (_, j) => H.subarray(j * d, (j + 1) * d)));
  const displacement = Float64Array.from(solve(matrix, Matrix.columnVector(Array.from(v))).to1DArray());
  return ((alpha * (tau - 1)) ** 2 / 8) * dot(v, displacement);
}
