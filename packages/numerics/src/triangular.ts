/**
 * Triangular systems and inverses on Float64: halved until 32 rows are left, so that nearly all work is matrix products.
 * assembly/triangular.ts solves the small blocks. How a matrix is halved depends on its size alone, and so does every bit.
 */
import { addressOf, copy, firstWindow, refresh, refuseOverlap, requireSwitch, stagingArea } from './border.js';
import { requireOptions as checkNames } from './check.js';
import { blas, sizes } from './engine-slot.js';
import { multiply, part, type Stored } from './gemm.js';
import { checkLength, checkSizeOf } from './square.js';
import { exports, scratch, staging, STAGING_LENGTH } from './wasm.js';

/** Rows of a triangle that is not halved any more: it fits a scratch window. */
export const SMALL = 32;

/** Rows of the upper part of a triangle that is halved: about a half, in whole small blocks. */
export function half(n: number): number {
  return SMALL * Math.ceil(n / (2 * SMALL));
}

/** Which system is solved. */
export interface TrsmOptions {
  /** The unknown stands left of L: XL = B, B of m × n. Default false: LX = B, B of n × m. */
  readonly right?: boolean;
  /** Lᵀ instead of L. Default false. */
  readonly transpose?: boolean;
}

const DEFAULTS: TrsmOptions = {};

/**
 * B ← L⁻¹B, or L⁻ᵀB, BL⁻¹, BL⁻ᵀ by options, with L lower triangular (`dtrsm` of BLAS). What lies above L's diagonal is not
 * read. A zero on the diagonal gives infinities and NaN.
 * @param n rows and columns of L
 * @param m columns of B, its rows with `right`
 * @param l L, n × n, flat and row-major
 * @param b B, n × m, or m × n with `right`; must not overlap l
 * @returns b, which holds the solution X
 * @throws RangeError for sizes that are no integers from 0 on, for arrays of other lengths, and if b overlaps l
 * @throws TypeError for arrays of another kind and for switches that are neither true nor false
 * @example
 * trsm(d, 1, cholesky(d, gram), right); trsm(d, 1, gram, right, { transpose: true }); // solves the normal equations
 */
export function trsm(
  n: number,
  m: number,
  l: Float64Array,
  b: Float64Array,
  options: TrsmOptions = DEFAULTS,
): Float64Array {
  checkNames('trsm', options, { right: 0, transpose: 0 });
  const { right = false, transpose = false } = options;
  requireSwitch('trsm', 'right', right);
  requireSwitch('trsm', 'transpose', transpose);
  checkSizeOf('trsm', 'n', n, 'L is n × n.');
  checkSizeOf('trsm', 'm', m, 'It says how many systems are solved.');
  checkLength('trsm', 'l', l, 'n · n', n * n);
  checkLength('trsm', 'b', b, 'n · m', n * m);
  refresh();
  const from = { array: l, address: addressOf(l), start: 0, ld: n };
  const to = { array: b, address: addressOf(b), start: 0, ld: right ? n : m };
  refuseOverlap('trsm', 'b', b, to.address, 'l', l, from.address);
  if (m > 0) solve(n, m, from, to, right, transpose);
  return b;
}

/** {@link trsm} of checked matrices, n above 0; they may be parts of one array that share no element. */
export function solve(n: number, m: number, l: Stored, b: Stored, right: boolean, transpose: boolean): void {
  if (blas !== null && n >= sizes.trsm) {
    blas.trsm(n, m, l, b, right, transpose);
    return;
  }
  if (n <= SMALL) {
    solveSmall(n, m, l, b, right, transpose);
    return;
  }
  const k = half(n);
  const low = part(l, k, 0);
  const corner = part(l, k, k);
  const second = right ? part(b, 0, k) : part(b, k, 0);
  const update = { alpha: -1, beta: 1, lower: false };
  // Which half of the unknowns comes first: that which is alone in its equations.
  if (right === transpose) {
    solve(k, m, l, b, right, transpose);
    if (right) {
      multiply({ rows: m, columns: n - k, terms: k, transposeA: false, transposeB: true, ...update }, b, low, second);
    } else {
      multiply({ rows: n - k, columns: m, terms: k, transposeA: false, transposeB: false, ...update }, low, b, second);
    }
    solve(n - k, m, corner, second, right, transpose);
  } else {
    solve(n - k, m, corner, second, right, transpose);
    if (right) {
      multiply({ rows: m, columns: k, terms: n - k, transposeA: false, transposeB: false, ...update }, second, low, b);
    } else {
      multiply({ rows: k, columns: m, terms: n - k, transposeA: true, transposeB: false, ...update }, low, second, b);
    }
    solve(k, m, l, b, right, transpose);
  }
}

function solveSmall(n: number, m: number, l: Stored, b: Stored, right: boolean, transpose: boolean): void {
  let at = l.address + 8 * l.start;
  let ld = 8 * l.ld;
  if (l.address === 0) {
    for (let i = 0; i < n; i++) copy(i + 1, l.array, l.start + i * l.ld, firstWindow, i * n);
    at = scratch;
    ld = 8 * n;
  }
  // Backwards, a triangle is read and a vector solved from the last element on.
  const forwards = right === transpose;
  const last = (n - 1) * (ld + 8);
  const row = forwards ? ld : -8;
  const column = forwards ? 8 : -ld;
  const run = (count: number, x: number, vector: number, element: number) => {
    const start = forwards ? x : x + (n - 1) * element;
    exports.solveVectors(
      n,
      count,
      forwards ? at : at + last,
      row,
      column,
      start,
      vector,
      forwards ? element : -element,
    );
  };
  if (b.address !== 0) {
    const x = b.address + 8 * b.start;
    if (right) run(m, x, 8 * b.ld, 8);
    else run(m, x, 8, 8 * b.ld);
    return;
  }
  const most = Math.floor(STAGING_LENGTH / n);
  for (let first = 0; first < m; first += most) {
    const count = Math.min(most, m - first);
    const [rows, columns] = right ? [count, n] : [n, count];
    const piece = right ? part(b, first, 0) : part(b, 0, first);
    for (let i = 0; i < rows; i++) copy(columns, b.array, piece.start + i * b.ld, stagingArea, i * columns);
    if (right) run(count, staging, 8 * n, 8);
    else run(count, staging, 8, 8 * count);
    for (let i = 0; i < rows; i++) copy(columns, stagingArea, i * columns, b.array, piece.start + i * b.ld);
  }
}

/**
 * L ← L⁻¹ of a lower triangular matrix (`dtrtri` of LAPACK). What lies above the diagonal is neither read nor written. A zero
 * on the diagonal gives infinities and NaN.
 * @param n rows and columns
 * @param l n × n, flat and row-major
 * @returns l
 * @throws RangeError if n is no integer from 0 on, or for an array of another length
 * @example
 * invertTriangular(2, Float64Array.of(2, 0, 1, 4)); // (0.5, 0, -0.125, 0.25)
 */
export function invertTriangular(n: number, l: Float64Array): Float64Array {
  checkSizeOf('invertTriangular', 'n', n, 'L is n × n.');
  checkLength('invertTriangular', 'l', l, 'n · n', n * n);
  refresh();
  if (n > 0) invertPart(n, { array: l, address: addressOf(l), start: 0, ld: n });
  return l;
}

function invertPart(n: number, l: Stored): void {
  if (n <= SMALL) {
    const { array, start, ld } = l;
    // Column by column from the last: those behind it are inverted.
    for (let j = n - 1; j >= 0; j--) {
      const pivot = array[start + j * ld + j]!;
      for (let i = n - 1; i > j; i--) {
        let sum = 0;
        for (let k = j + 1; k <= i; k++) sum += array[start + i * ld + k]! * array[start + k * ld + j]!;
        array[start + i * ld + j] = -sum / pivot;
      }
      array[start + j * ld + j] = 1 / pivot;
    }
    return;
  }
  const k = half(n);
  const low = part(l, k, 0);
  const corner = part(l, k, k);
  solve(k, n - k, l, low, true, false);
  solve(n - k, k, corner, low, false, false);
  for (let i = 0; i < n - k; i++) {
    for (let at = low.start + i * low.ld; at < low.start + i * low.ld + k; at++) low.array[at] = -low.array[at]!;
  }
  invertPart(k, l);
  invertPart(n - k, corner);
}
