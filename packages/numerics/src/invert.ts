/** The inverse of a general matrix on Float64, by Gauss and Jordan with partial pivoting in WebAssembly SIMD. */
import { addressOf, copy, refresh, stagingArea } from './border.js';
import { checkLength, checkSizeOf } from './square.js';
import { blas, sizes } from './engine-slot.js';
import { exports, scratch, SCRATCH_LENGTH, staging } from './wasm.js';

/** Rows at most outside kernel memory: as many as the staging area takes. */
const MOST_COPIED = 362;
/** Rows at most: their exchanges are noted in the scratch windows. */
const MOST_ROWS = 4 * SCRATCH_LENGTH;

/**
 * A ← A⁻¹ in place, 2n³ operations, for matrices of up to some hundred rows; a positive definite one is better factored by
 * `cholesky`.
 * @param n rows and columns: up to 362, and up to 8,192 in kernel memory; with the engine `blas` as many as there is memory for
 * @param a n × n, flat and row-major
 * @returns log|det A|; −Infinity for a matrix that is singular or not finite, whose array is then left half done
 * @throws RangeError if n is no such integer, or for an array of another length
 * @example
 * const a = Float64Array.of(0, 2, 4, 0);
 * invert(2, a); // 2.079…, log 8; a is (0, 0.25, 0.5, 0)
 */
export function invert(n: number, a: Float64Array): number {
  checkSizeOf('invert', 'n', n, 'A is n × n.');
  checkLength('invert', 'a', a, 'n · n', n * n);
  refresh();
  if (blas !== null && n >= sizes.invert) return blas.invert(n, { array: a, start: 0, ld: n });
  const address = addressOf(a);
  const most = address === 0 ? MOST_COPIED : MOST_ROWS;
  if (n > most) {
    throw new RangeError(
      `invert: 'n' is ${n}; must be ${most} at most ${address === 0 ? 'outside kernel memory' : 'in kernel memory'}. ${address === 0 ? 'Put the matrix into a block of allocate.' : 'Factor it instead.'}`,
    );
  }
  if (address !== 0) return exports.invertMatrix(n, address, scratch);
  copy(n * n, a, 0, stagingArea, 0);
  const logarithm = exports.invertMatrix(n, staging, scratch);
  copy(n * n, stagingArea, 0, a, 0);
  return logarithm;
}
