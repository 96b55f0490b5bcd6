/** Checks of arguments: `function: 'option' is <value>; must be <allowed>. <What to do>.` */

import { integer, invalid, requireList } from '@assay-ml/numerics/check';

/** The error of data whose fault is a fact (`singular`, `constant`) and no value to print. */
export function faulty(where: string, name: string, fault: string, allowed: string, todo: string): RangeError {
  return new RangeError(`${where}: '${name}' is ${fault}; must be ${allowed}. ${todo}`);
}

/** @throws TypeError for what is no array; RangeError unless it has d · d entries. */
export function sized(where: string, name: string, matrix: ArrayLike<number>, d: number): void {
  requireList(where, name, matrix, 'Pass a flat matrix, row by row.');
  integer(where, 'd', d, 0, 'Count the variables.');
  if (matrix.length !== d * d) {
    throw invalid(where, name, matrix, `d · d = ${d * d} numbers`, 'Pass a flat matrix, row by row.');
  }
}

/** @throws TypeError for what is no array; RangeError unless it is d × d and finite. */
export function square(where: string, name: string, matrix: ArrayLike<number>, d: number): void {
  sized(where, name, matrix, d);
  for (let at = 0; at < d * d; at++) {
    if (Number.isFinite(matrix[at])) continue;
    const entry = `${name}[${Math.floor(at / d)}, ${at % d}]`;
    throw invalid(where, entry, matrix[at], 'finite', 'Remove what is missing or infinite first.');
  }
}

/** @throws RangeError unless `X` is a flat table of n rows and d columns. */
export function flatTable(where: string, X: Float64Array, n: number, d: number): void {
  if (X instanceof Float64Array && X.length === n * d) return;
  throw invalid(where, 'X', X, `a Float64Array of n · d = ${n * d} numbers, row by row`, 'Copy the rows into one.');
}

/**
 * A table as one array, [n, d].
 * @param X flat, or rows
 * @throws RangeError with row and column for what is no finite number, and for ragged rows
 */
export function table(
  where: string,
  X: Float64Array | readonly (readonly number[])[],
  d: number,
  names: readonly string[],
): Float64Array {
  const refuse = (row: number, column: number, value: unknown) =>
    invalid(where, `row ${row}, ${names[column]}`, value, 'finite', 'Leave such rows or columns out; missing values are not filled in.'); // prettier-ignore
  if (X instanceof Float64Array) {
    const bad = X.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw refuse(Math.floor(bad / d), bad % d, X[bad]);
    return X;
  }
  const out = new Float64Array(X.length * d);
  for (let r = 0; r < X.length; r++) {
    const row = X[r];
    if (row?.length !== d) {
      throw faulty(where, `row ${r}`, `of length ${row?.length}`, `of length ${d}, as row 0`, 'Give every row all variables.'); // prettier-ignore
    }
    for (let j = 0; j < d; j++) {
      // What an array of floats would make a number of: null, '', true, '3', dates.
      if (!Number.isFinite(row[j])) throw refuse(r, j, row[j]);
      out[r * d + j] = row[j]!;
    }
  }
  return out;
}

/** @throws TypeError for what is no array; RangeError unless it holds each of 0, …, d − 1 once. */
export function permutation(where: string, name: string, order: ArrayLike<number>, d: number): void {
  requireList(where, name, order, 'Give every variable one place.');
  const seen = new Uint8Array(d);
  for (let k = 0; k < order.length; k++) if (order[k]! >>> 0 === order[k] && order[k]! < d) seen[order[k]!] = 1;
  if (order.length !== d || seen.includes(0)) {
    throw invalid(where, name, Array.from(order), `each of 0, …, ${d - 1} once`, 'Give every variable one place.'); // prettier-ignore
  }
}
