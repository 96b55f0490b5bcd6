/** What src/triangular.ts, cholesky.ts and invert.ts cannot leave to matrix products: small diagonal blocks, and pivoting. */
import { dot } from './blas';
import { logOf } from './elementary';

/** Vectors that are solved side by side. */
const STRIP = 8;
/** A strip of vectors whose elements lie apart, gathered: 32 × STRIP. */
const gathered: usize = memory.data(2048, 16);

/** STRIP vectors side by side, their elements `element` bytes apart: forward substitution. See `solveVectors`. */
function solveStrip(n: i32, l: usize, row: isize, column: isize, x: usize, element: isize): void {
  for (let i = 0; i < n; i++) {
    const own = x + i * element;
    let s0 = v128.load(own);
    let s1 = v128.load(own, 16);
    let s2 = v128.load(own, 32);
    let s3 = v128.load(own, 48);
    let at = l + i * row;
    let from = x;
    for (let j = 0; j < i; j++) {
      const v = v128.load64_splat(at);
      s0 = f64x2.sub(s0, f64x2.mul(v, v128.load(from)));
      s1 = f64x2.sub(s1, f64x2.mul(v, v128.load(from, 16)));
      s2 = f64x2.sub(s2, f64x2.mul(v, v128.load(from, 32)));
      s3 = f64x2.sub(s3, f64x2.mul(v, v128.load(from, 48)));
      at += column;
      from += element;
    }
    const pivot = v128.load64_splat(at);
    v128.store(own, f64x2.div(s0, pivot));
    v128.store(own, f64x2.div(s1, pivot), 16);
    v128.store(own, f64x2.div(s2, pivot), 32);
    v128.store(own, f64x2.div(s3, pivot), 48);
  }
}

/** One vector, by the same operations as in a strip. */
function solveOne(n: i32, l: usize, row: isize, column: isize, x: usize, element: isize): void {
  for (let i = 0; i < n; i++) {
    const own = x + i * element;
    let sum = load<f64>(own);
    let at = l + i * row;
    let from = x;
    for (let j = 0; j < i; j++) {
      sum -= load<f64>(at) * load<f64>(from);
      at += column;
      from += element;
    }
    store<f64>(own, sum / load<f64>(at));
  }
}

/**
 * Solves Lx = b in place for `count` vectors, `vector` bytes apart, of n ≤ 32 elements, `element` bytes apart. L's element
 * (i, j) is `row`·i + `column`·j bytes behind `l`; negative steps from the last element on make it Lᵀx = b, backwards.
 */
export function solveVectors(
  n: i32, count: i32, l: usize, row: i32, column: i32, x: usize, vector: i32, element: i32,
): void {
  for (; count >= STRIP; count -= STRIP) {
    if (vector === 8) {
      solveStrip(n, l, row, column, x, element);
    } else {
      for (let k = 0; k < STRIP; k++) {
        const from = x + k * vector;
        for (let i = 0; i < n; i++) store<f64>(gathered + ((i * STRIP + k) << 3), load<f64>(from + i * element));
      }
      solveStrip(n, l, row, column, gathered, 8 * STRIP);
      for (let k = 0; k < STRIP; k++) {
        const to = x + k * vector;
        for (let i = 0; i < n; i++) store<f64>(to + i * element, load<f64>(gathered + ((i * STRIP + k) << 3)));
      }
    }
    x += STRIP * vector;
  }
  for (; count > 0; count--) {
    solveOne(n, l, row, column, x, element);
    x += vector;
  }
}

/**
 * L over the lower triangle of a symmetric n × n block at `a`, rows `lda` bytes apart.
 * @returns n, or the number of the first pivot that is not positive
 */
export function choleskyBlock(n: i32, a: usize, lda: usize): i32 {
  for (let i = 0; i < n; i++) {
    const row = a + i * lda;
    let other = a;
    for (let j = 0; j < i; j++) {
      const at = row + (j << 3);
      store<f64>(at, (load<f64>(at) - dot(j, row, other)) / load<f64>(other + (j << 3)));
      other += lda;
    }
    const at = row + (i << 3);
    const pivot = load<f64>(at) - dot(i, row, row);
    if (!(pivot > 0 && pivot < Infinity)) return i;
    store<f64>(at, sqrt(pivot));
  }
  return n;
}

/** row ← row − f · pivot, four rows of n at once. */
function eliminate(
  n: i32, pivot: usize, row: usize, lda: usize, f0: f64, f1: f64, f2: f64, f3: f64,
): void {
  const v0 = f64x2.splat(f0);
  const v1 = f64x2.splat(f1);
  const v2 = f64x2.splat(f2);
  const v3 = f64x2.splat(f3);
  let r1 = row + lda;
  let r2 = r1 + lda;
  let r3 = r2 + lda;
  for (; n >= 2; n -= 2) {
    const p = v128.load(pivot);
    v128.store(row, f64x2.sub(v128.load(row), f64x2.mul(v0, p)));
    v128.store(r1, f64x2.sub(v128.load(r1), f64x2.mul(v1, p)));
    v128.store(r2, f64x2.sub(v128.load(r2), f64x2.mul(v2, p)));
    v128.store(r3, f64x2.sub(v128.load(r3), f64x2.mul(v3, p)));
    pivot += 16;
    row += 16;
    r1 += 16;
    r2 += 16;
    r3 += 16;
  }
  if (n > 0) {
    const p = load<f64>(pivot);
    store<f64>(row, load<f64>(row) - f0 * p);
    store<f64>(r1, load<f64>(r1) - f1 * p);
    store<f64>(r2, load<f64>(r2) - f2 * p);
    store<f64>(r3, load<f64>(r3) - f3 * p);
  }
}

/** Takes the factor of a row out of the pivot's column, where the inverse will stand. */
// @ts-ignore: decorator
@inline function takeFactor(at: usize): f64 {
  const factor = load<f64>(at);
  store<f64>(at, 0);
  return factor;
}

/** Row ← row − f · pivot for all rows from `from` to `to` − 1, f the row's element in column k. */
function eliminateRows(n: i32, a: usize, lda: usize, k: i32, from: i32, to: i32): void {
  const pivot = a + k * lda;
  const at = <usize>k << 3;
  for (; from + 4 <= to; from += 4) {
    const row = a + from * lda;
    eliminate(
      n, pivot, row, lda,
      takeFactor(row + at), takeFactor(row + lda + at), takeFactor(row + 2 * lda + at), takeFactor(row + 3 * lda + at),
    );
  }
  for (; from < to; from++) {
    const row = a + from * lda;
    const factor = takeFactor(row + at);
    for (let j: usize = 0; j < <usize>n << 3; j += 8) {
      store<f64>(row + j, load<f64>(row + j) - factor * load<f64>(pivot + j));
    }
  }
}

/** Exchanges n doubles that are `step` bytes apart. */
function exchange(n: i32, x: usize, y: usize, step: usize): void {
  for (; n > 0; n--) {
    const value = load<f64>(x);
    store<f64>(x, load<f64>(y));
    store<f64>(y, value);
    x += step;
    y += step;
  }
}

/**
 * A ← A⁻¹ by Gauss and Jordan with the largest pivot of each column; `order` has room for n 32-bit numbers.
 * @returns log|det A|, −Infinity for a singular or non-finite matrix, which is left half done
 */
export function invertMatrix(n: i32, a: usize, order: usize): f64 {
  const lda = <usize>n << 3;
  let logarithm = 0.0;
  for (let k = 0; k < n; k++) {
    const column = a + ((<usize>k) << 3);
    let best = k;
    for (let i = k + 1; i < n; i++) {
      if (abs(load<f64>(column + i * lda)) > abs(load<f64>(column + best * lda))) best = i;
    }
    store<i32>(order + (k << 2), best);
    const row = a + k * lda;
    if (best !== k) exchange(n, row, a + best * lda, 8);
    const pivot = load<f64>(column + k * lda);
    if (!(abs(pivot) > 0 && abs(pivot) < Infinity)) return -Infinity;
    logarithm += logOf(abs(pivot));
    store<f64>(column + k * lda, 1);
    for (let j: usize = 0; j < lda; j += 8) store<f64>(row + j, load<f64>(row + j) / pivot);
    eliminateRows(n, a, lda, k, 0, k);
    eliminateRows(n, a, lda, k, k + 1, n);
  }
  // Exchanged rows of A are exchanged columns of its inverse.
  for (let k = n - 1; k >= 0; k--) {
    const other = load<i32>(order + (k << 2));
    if (other !== k) exchange(n, a + ((<usize>k) << 3), a + ((<usize>other) << 3), lda);
  }
  return logarithm;
}
