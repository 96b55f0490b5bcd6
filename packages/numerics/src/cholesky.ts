/** Cholesky's factor on Float64: halved until 32 rows are left, so that nearly all work is matrix products. */
import { addressOf, copy, firstWindow, refresh } from './border.js';
import { blas, sizes } from './engine-slot.js';
import { multiply, part, type Stored } from './gemm.js';
import { checkLength, checkSizeOf } from './square.js';
import { half, SMALL, solve } from './triangular.js';
import { exports, scratch } from './wasm.js';

/** What {@link cholesky} throws for a matrix that is not positive definite. */
export class NotPositiveDefiniteError extends RangeError {
  override readonly name = 'NotPositiveDefiniteError';
  /** The row, from 0 on, that is (numerically) a combination of those before it. */
  readonly row: number;

  /** @param row the row whose pivot is not positive */
  constructor(row: number) {
    super(
      `cholesky: 'a' is not positive definite: what rows 0 to ${row - 1} leave of a diagonal element is not positive in row ${row}; must be positive in each. Leave the row out, or add to the diagonal.`,
    );
    this.row = row;
  }
}

/**
 * A ← L with A = LLᵀ, A symmetric and positive definite (`dpotrf` of LAPACK). Of A the lower triangle is read; above the
 * diagonal zeros are written.
 * @param n rows and columns
 * @param a n × n, flat and row-major
 * @returns a, which holds L
 * @throws RangeError if n is no integer from 0 on, or for an array of another length
 * @throws NotPositiveDefiniteError where a pivot is not positive and finite; a is half factored then
 * @example
 * cholesky(2, Float64Array.of(4, 2, 2, 10)); // (2, 0, 1, 3)
 */
export function cholesky(n: number, a: Float64Array): Float64Array {
  checkSizeOf('cholesky', 'n', n, 'A is n × n.');
  checkLength('cholesky', 'a', a, 'n · n', n * n);
  refresh();
  if (blas !== null && n >= sizes.cholesky) {
    const row = blas.cholesky(n, { array: a, start: 0, ld: n });
    if (row < n) throw new NotPositiveDefiniteError(row);
  } else if (n > 0) factor(n, { array: a, address: addressOf(a), start: 0, ld: n }, 0);
  for (let i = 0; i < n; i++) a.fill(0, i * n + i + 1, (i + 1) * n);
  return a;
}

/** Factors the part that begins at row `first` of the whole. */
function factor(n: number, a: Stored, first: number): void {
  if (n <= SMALL) {
    let done;
    if (a.address !== 0) done = exports.choleskyBlock(n, a.address + 8 * a.start, 8 * a.ld);
    else {
      for (let i = 0; i < n; i++) copy(i + 1, a.array, a.start + i * a.ld, firstWindow, i * n);
      done = exports.choleskyBlock(n, scratch, 8 * n);
      for (let i = 0; i < n; i++) copy(i + 1, firstWindow, i * n, a.array, a.start + i * a.ld);
    }
    if (done < n) throw new NotPositiveDefiniteError(first + done);
    return;
  }
  const k = half(n);
  const low = part(a, k, 0);
  const corner = part(a, k, k);
  factor(k, a, first);
  solve(k, n - k, a, low, true, true);
  const rest = n - k;
  multiply(
    { rows: rest, columns: rest, terms: k, transposeA: false, transposeB: true, alpha: -1, beta: 1, lower: true },
    low,
    low,
    corner,
  );
  factor(rest, corner, first + k);
}
