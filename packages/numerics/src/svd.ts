/** Singular values on Float64. */
import { Matrix, SVD } from 'ml-matrix';
import { blas, sizes } from './engine-slot.js';
import { safeFactor } from './safe-factor.js';
import { checkFinite, checkLength, checkSizeOf } from './square.js';

/** What {@link svd} returns; r is the smaller of m and n. */
export interface SingularValues {
  /** The singular values, r, descending; ∞ where one is no double. */
  readonly values: Float64Array;
  /** U, m × r, flat and row-major: its columns are orthonormal. Signs of pairs of vectors depend on who computes. */
  readonly u: Float64Array;
  /** Vᵀ, r × n, flat and row-major: its rows are orthonormal. */
  readonly vt: Float64Array;
}

/**
 * The singular value decomposition A = U diag(values) Vᵀ with as many vectors as values (`dgesdd` of LAPACK).
 * @param m rows
 * @param n columns
 * @param a m × n, flat and row-major; it stays
 * @throws RangeError for sizes that are no integers from 0 on, for an array of another length, and for NaN and ∞
 * @throws Error where a singular value does not converge
 * @example
 * svd(1, 2, Float64Array.of(3, 4)).values; // (5)
 */
export function svd(m: number, n: number, a: Float64Array): SingularValues {
  checkSizeOf('svd', 'm', m, 'A is m × n.');
  checkSizeOf('svd', 'n', n, 'A is m × n.');
  checkLength('svd', 'a', a, 'm · n', m * n);
  checkFinite('svd', a, 0, a.length, n);
  const r = Math.min(m, n);
  if (blas !== null && r >= sizes.svd) {
    const [values, u, vt] = [new Float64Array(r), new Float64Array(m * r), new Float64Array(r * n)];
    const open = blas.svd(
      m,
      n,
      { array: a.slice(), start: 0, ld: n },
      { array: values, start: 0, ld: r },
      { array: u, start: 0, ld: r },
      { array: vt, start: 0, ld: n },
    );
    if (open > 0) throw new Error(`svd: ${open} singular values did not converge. Scale the matrix.`);
    return { values, u, vt };
  }
  if (r === 0) return { values: new Float64Array(0), u: new Float64Array(0), vt: new Float64Array(0) };
  const factor = safeFactor(a.reduce((most, x) => Math.max(most, Math.abs(x)), 0));
  const scaled = factor === 1 ? a : a.map((x) => x * factor);
  const { diagonal, leftSingularVectors, rightSingularVectors } = new SVD(Matrix.from1DArray(m, n, scaled), {
    autoTranspose: true,
  });
  return {
    values: Float64Array.from(diagonal, (value) => value / factor),
    u: Float64Array.from(leftSingularVectors.to1DArray()),
    vt: Float64Array.from(rightSingularVectors.transpose().to1DArray()),
  };
}
