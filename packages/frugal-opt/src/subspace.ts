/** Orthonormal directions of a matrix's rows: the strongest by subspace iteration, and random ones. */
import { cholesky, gemm, NotPositiveDefiniteError, type Stream, svd, symmetricEigen, syrk, trsm } from '@assay-ml/numerics'; // prettier-ignore
import type { Matrix } from './method.js';
import { transposed } from './transpose.js';

/**
 * Makes the r rows of q, each of length n, orthonormal: Cholesky QR, twice, since the first leaves the square of the
 * condition number in the error.
 * @returns false where the Gram matrix is singular or not finite; q is then of no use
 */
function orthonormalise(r: number, n: number, q: Float64Array): boolean {
  const gram = new Float64Array(r * r);
  for (let pass = 0; pass < 2; pass++) {
    syrk(r, n, q, gram);
    if (!gram.every(Number.isFinite)) return false;
    try {
      cholesky(r, gram);
    } catch (error) {
      if (error instanceof NotPositiveDefiniteError) return false;
      throw error;
    }
    trsm(r, n, gram, q);
  }
  return q.every(Number.isFinite);
}

/** r random orthonormal rows of length n, uniform over all such. */
export function randomRows(r: number, n: number, draw: Stream): Float64Array {
  const q = new Float64Array(r * n);
  do draw.fillNormal(q);
  while (!orthonormalise(r, n, q));
  return q;
}

/**
 * Turns each row so that its entry of largest size is positive: signs of singular vectors are free, and state that is kept or
 * carried over must not depend on who computed them.
 */
function oriented(r: number, n: number, rows: Float64Array): Float64Array {
  for (let k = 0; k < r; k++) {
    const row = rows.subarray(k * n, (k + 1) * n);
    const largest = row.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    if (largest < 0) for (let j = 0; j < n; j++) row[j] = -row[j]!;
  }
  return rows;
}

/** Rounds from a warm start, and from a random one. */
const [WARM, COLD] = [2, 4] as const;

/**
 * The r right singular vectors of the largest singular values of g, as rows of length n, largest first. Rounds of
 * Q ← orthonormalised (QGᵀ)G from `start`, then the singular vectors within the subspace found.
 * @param start the last basis; null: random rows
 * @returns null where g has no r directions or is not finite
 */
export function strongestRows([m, n]: Matrix, g: Float64Array, r: number, start: Float64Array | null, draw: Stream) {
  const q = start ?? randomRows(r, n, draw);
  const images = new Float64Array(r * m);
  for (let round = 0; round < (start ? WARM : COLD); round++) {
    gemm(r, m, n, q, g, images, { transposeB: true });
    gemm(r, n, m, images, g, q);
    if (!orthonormalise(r, n, q)) return null;
  }
  gemm(r, m, n, q, g, images, { transposeB: true });
  const gram = syrk(r, m, images, new Float64Array(r * r));
  for (let i = 0; i < r; i++) for (let j = 0; j < i; j++) gram[j * r + i] = gram[i * r + j]!;
  const { vectors } = symmetricEigen(r, gram);
  const order = new Float64Array(r * r);
  for (let k = 0; k < r; k++) order.set(vectors.subarray((r - 1 - k) * r, (r - k) * r), k * r);
  return oriented(r, n, gemm(r, n, r, order, q, new Float64Array(r * n)));
}

/** The same by a full decomposition: slow, and exact. */
export function exactRows([m, n]: Matrix, g: Float64Array, r: number): Float64Array | null {
  if (!g.every(Number.isFinite)) return null;
  return oriented(r, n, svd(m, n, g).vt.slice(0, r * n));
}

/** Strongest directions of the columns: those of the rows of gᵀ. */
export function flipped(matrix: Matrix, g: Float64Array): readonly [Matrix, Float64Array] {
  return [[matrix[1], matrix[0]], transposed(matrix, g)];
}
