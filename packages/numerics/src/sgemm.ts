/** Float32 products through the engine's library, for packages whose own kernels compute them otherwise. */
import { blas, sizes, type FloatOperand } from './engine-slot.js';

/**
 * C ← AB in float32 with A of m × k and B of k × n, row-major, where they lie: through the library of the engine `blas`, if it
 * is in use on this thread and the product has 32 · 32 · 32 terms or more.
 * @param transposeA a holds Aᵀ, k × m
 * @param transposeB b holds Bᵀ, n × k
 * @param c overwritten; must not overlap a or b
 * @returns whether it did; otherwise nothing has been read or written
 * @throws RangeError for sizes that are no integers from 1 on, and for an operand that does not end within its array
 * @throws TypeError for an array of another type
 */
export function sgemm(
  m: number,
  n: number,
  k: number,
  a: FloatOperand,
  transposeA: boolean,
  b: FloatOperand,
  transposeB: boolean,
  c: FloatOperand,
): boolean {
  if (blas === null || m * n * k < sizes.sgemm) return false;
  blas.sgemm(m, n, k, a, transposeA, b, transposeB, 0, c);
  return true;
}
