/** Eigenvalues of symmetric matrices on Float64. */
import { EVD, Matrix } from 'ml-matrix';
import { blas, sizes } from './engine-slot.js';
import { safeFactor } from './safe-factor.js';
import { checkFinite, checkLength, checkSizeOf } from './square.js';

/** What {@link symmetricEigen} returns. */
export interface SymmetricEigen {
  /** The eigenvalues, n, ascending; ±∞ where one is no double. */
  readonly values: Float64Array;
  /**
   * n × n, flat: row j is the eigenvector of `values[j]`, of length 1. Its sign, and which vectors span the space of an eigenvalue
   * that comes several times, depend on who computes.
   */
  readonly vectors: Float64Array;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix: A = Σ_j λ_j v_j v_jᵀ (`dsyevd` of LAPACK). Of A the lower triangle is read.
 * @param n rows and columns
 * @param a n × n, flat and row-major; it stays
 * @throws RangeError if n is no integer from 0 on, for an array of another length, and for NaN and ∞ in the lower triangle
 * @throws Error where an eigenvalue does not converge
 * @example
 * symmetricEigen(2, Float64Array.of(0, 1, 1, 0)).values; // (-1, 1)
 */
export function symmetricEigen(n: number, a: Float64Array): SymmetricEigen {
  checkSizeOf('symmetricEigen', 'n', n, 'A is n × n.');
  checkLength('symmetricEigen', 'a', a, 'n · n', n * n);
  for (let i = 0; i < n; i++) checkFinite('symmetricEigen', a, i * n, i * n + i + 1, n);
  if (n === 0) return { values: new Float64Array(0), vectors: new Float64Array(0) };
  if (blas !== null && n >= sizes.symmetricEigen) {
    const vectors = a.slice();
    const values = new Float64Array(n);
    const open = blas.symmetricEigen(n, { array: vectors, start: 0, ld: n }, { array: values, start: 0, ld: n });
    if (open > 0) {
      throw new Error(`symmetricEigen: ${open} numbers beside the diagonal did not converge to 0. Scale the matrix.`);
    }
    return { values, vectors };
  }
  let largest = 0;
  for (let i = 0; i < n; i++) {
    for (let at = i * n; at <= i * (n + 1); at++) largest = Math.max(largest, Math.abs(a[at]!));
  }
  const factor = safeFactor(largest);
  const scaled = factor === 1 ? a : a.map((x) => x * factor);
  const { realEigenvalues, eigenvectorMatrix } = new EVD(Matrix.from1DArray(n, n, scaled), { assumeSymmetric: true });
  return {
    values: Float64Array.from(realEigenvalues, (value) => value / factor),
    vectors: Float64Array.from(a, (_, at) => eigenvectorMatrix.get(at % n, Math.floor(at / n))),
  };
}
