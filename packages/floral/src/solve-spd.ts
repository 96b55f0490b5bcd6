/** Small symmetric positive definite systems, many at a time. */
import { integer } from '@assay-ml/numerics/check';

/** Rows at most: the preconditioner's are of an adaptor's rank. */
export const MOST_ROWS = 64;

/**
 * X ← A⁻¹X of each of `count` systems, by Cholesky's factors, on Float64.
 * @param a [count, n, n], symmetric and positive definite: overwritten by the factors
 * @param x [count, n, columns] the right sides, overwritten by the solutions
 * @returns x
 * @throws RangeError unless 1 ≤ n ≤ 64 and the lengths fit; where a matrix is not positive definite, naming it
 */
export function solveSpd(count: number, n: number, a: Float64Array, columns: number, x: Float64Array): Float64Array {
  integer('solveSpd', 'count', count, 0);
  integer('solveSpd', 'columns', columns, 1);
  if (!(Number.isSafeInteger(n) && n >= 1 && n <= MOST_ROWS)) {
    throw new RangeError(`solveSpd: 'n' is ${n}; must be an integer from 1 to ${MOST_ROWS}. Factor larger ones by cholesky of numerics.`); // prettier-ignore
  }
  if (a.length !== count * n * n || x.length !== count * n * columns) {
    throw new RangeError(`solveSpd: 'a' and 'x' are of lengths ${a.length} and ${x.length}; must be ${count * n * n} and ${count * n * columns}.`); // prettier-ignore
  }
  for (let s = 0; s < count; s++) {
    const row = solveOne(n, a, s * n * n, columns, x, s * n * columns);
    if (row < n) throw new RangeError(`solveSpd: system ${s} is not positive definite in row ${row}; must be. Add to the diagonal, or look for numbers that are not finite.`); // prettier-ignore
  }
  return x;
}

/**
 * One system at its places, unchecked.
 * @returns n, or the row whose pivot is not positive: nothing is solved then
 */
export function solveOne(n: number, a: Float64Array, at: number, columns: number, x: Float64Array, to: number): number {
  for (let i = 0; i < n; i++) {
    const row = at + i * n;
    for (let j = 0; j <= i; j++) {
      let sum = a[row + j]!;
      for (let k = 0; k < j; k++) sum -= a[row + k]! * a[at + j * n + k]!;
      if (i > j) a[row + j] = sum / a[at + j * n + j]!;
      else if (sum > 0 && sum < Infinity) a[row + i] = Math.sqrt(sum);
      else return i;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtract(x, to + i * columns, a[at + i * n + k]!, to + k * columns, columns);
    divide(x, to + i * columns, a[at + i * n + i]!, columns);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) subtract(x, to + i * columns, a[at + k * n + i]!, to + k * columns, columns);
    divide(x, to + i * columns, a[at + i * n + i]!, columns);
  }
  return n;
}

function subtract(x: Float64Array, to: number, factor: number, from: number, length: number): void {
  for (let i = 0; i < length; i++) x[to + i]! -= factor * x[from + i]!;
}

function divide(x: Float64Array, at: number, by: number, length: number): void {
  for (let i = 0; i < length; i++) x[at + i]! /= by;
}
