/**
 * U·Vᵀ of a matrix's singular value decomposition, nearly: five steps X ← aX + (bA + cA²)X, A = XXᵀ, from X/‖X‖, with the
 * coefficients of Muon, which leave singular values in about [0.7, 1.2].
 */
import { gemm, syrk } from '@assay-ml/numerics';
import type { Matrix, Numbers } from './method.js';
import { transposed } from './transpose.js';

const [A, B, C] = [3.4445, -4.775, 2.0315] as const;
const STEPS = 5;

/** U·Vᵀ of x, nearly; of the shape of x, in float64. */
export function newtonSchulz(shape: Matrix, x: Numbers): Float64Array {
  const wide = shape[0] <= shape[1];
  const [m, n] = wide ? shape : [shape[1], shape[0]];
  let now: Float64Array = wide ? Float64Array.from(x) : transposed(shape, x);
  const norm = Math.sqrt(now.reduce((sum, value) => sum + value * value, 0)) + 1e-7;
  for (let i = 0; i < now.length; i++) now[i]! /= norm;
  const gram = new Float64Array(m * m);
  const polynomial = new Float64Array(m * m);
  for (let k = 0; k < STEPS; k++) {
    syrk(m, n, now, gram);
    for (let i = 0; i < m; i++) for (let j = 0; j < i; j++) gram[j * m + i] = gram[i * m + j]!;
    polynomial.set(gram);
    gemm(m, m, m, gram, gram, polynomial, { alpha: C, beta: B });
    const next = now.slice();
    now = gemm(m, n, m, polynomial, now, next, { beta: A });
  }
  return wide ? now : transposed([m, n], now);
}
