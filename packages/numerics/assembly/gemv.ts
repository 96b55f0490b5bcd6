/**
 * Matrices times vectors of Float64. Matrices are row-major, `lda` counts bytes from row to row. The order of every sum
 * depends on the sizes alone, never on addresses.
 */
import { axpy } from './blas';
import { BLOCK } from './scratch';

/** αs + βy; y is not read for β = 0, so that what lies there, NaN included, does not matter. */
// @ts-ignore: decorator
@inline function combine(alpha: v128, s: v128, beta: f64, y: v128): v128 {
  const t = f64x2.mul(alpha, s);
  return beta === 0 ? t : f64x2.add(t, f64x2.mul(f64x2.splat(beta), y));
}

/** The sums of the lanes of a and of b. */
// @ts-ignore: decorator
@inline function lanesOf(a: v128, b: v128): v128 {
  return f64x2.add(v128.shuffle<f64>(a, b, 0, 2), v128.shuffle<f64>(a, b, 1, 3));
}

/**
 * y ← αAx + βy, A of m rows and n ≤ BLOCK columns. Four rows at a time, each a sum of even and a sum of odd columns; of
 * fewer than four rows the last is computed more than once.
 */
export function gemvRows(m: i32, n: i32, alpha: f64, a: usize, lda: usize, x: usize, beta: f64, y: usize): void {
  const scale = f64x2.splat(alpha);
  const width = (<usize>(n & ~1)) << 3;
  for (; m > 0; m -= 4) {
    let a0 = a;
    let a1 = m > 1 ? a0 + lda : a0;
    let a2 = m > 2 ? a1 + lda : a1;
    let a3 = m > 3 ? a2 + lda : a2;
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let j: usize = 0;
    while (j < width) {
      const v = v128.load(x + j);
      s0 = f64x2.add(s0, f64x2.mul(v128.load(a0 + j), v));
      s1 = f64x2.add(s1, f64x2.mul(v128.load(a1 + j), v));
      s2 = f64x2.add(s2, f64x2.mul(v128.load(a2 + j), v));
      s3 = f64x2.add(s3, f64x2.mul(v128.load(a3 + j), v));
      j += 16;
    }
    if (n & 1) {
      const v = v128.load64_zero(x + j);
      s0 = f64x2.add(s0, f64x2.mul(v128.load64_zero(a0 + j), v));
      s1 = f64x2.add(s1, f64x2.mul(v128.load64_zero(a1 + j), v));
      s2 = f64x2.add(s2, f64x2.mul(v128.load64_zero(a2 + j), v));
      s3 = f64x2.add(s3, f64x2.mul(v128.load64_zero(a3 + j), v));
    }
    s0 = lanesOf(s0, s1);
    s2 = lanesOf(s2, s3);
    if (m > 1) v128.store(y, combine(scale, s0, beta, v128.load(y)));
    else v128.store64_lane(y, combine(scale, s0, beta, v128.load64_zero(y)), 0);
    if (m > 3) v128.store(y, combine(scale, s2, beta, v128.load(y, 16)), 16);
    else if (m > 2) v128.store64_lane(y, combine(scale, s2, beta, v128.load64_zero(y, 16)), 0, 16);
    a += lda << 2;
    y += 32;
  }
}

/** Sums of a panel that are still to be scaled. */
const sums: usize = memory.data(160, 16);

/**
 * 20 columns of Aᵀx: each sum runs over the rows in order. Exported to stay a function of its own with few parameters:
 * inlined, or with α and β in it, its ten sums no longer stay in registers, and it takes 1.4 times as long.
 */
export function panel20(m: i32, a: usize, lda: usize, x: usize, out: usize): void {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  let s7 = s0;
  let s8 = s0;
  let s9 = s0;
  while (m > 0) {
    const v = v128.load64_splat(x);
    s0 = f64x2.add(s0, f64x2.mul(v128.load(a), v));
    s1 = f64x2.add(s1, f64x2.mul(v128.load(a, 16), v));
    s2 = f64x2.add(s2, f64x2.mul(v128.load(a, 32), v));
    s3 = f64x2.add(s3, f64x2.mul(v128.load(a, 48), v));
    s4 = f64x2.add(s4, f64x2.mul(v128.load(a, 64), v));
    s5 = f64x2.add(s5, f64x2.mul(v128.load(a, 80), v));
    s6 = f64x2.add(s6, f64x2.mul(v128.load(a, 96), v));
    s7 = f64x2.add(s7, f64x2.mul(v128.load(a, 112), v));
    s8 = f64x2.add(s8, f64x2.mul(v128.load(a, 128), v));
    s9 = f64x2.add(s9, f64x2.mul(v128.load(a, 144), v));
    a += lda;
    x += 8;
    m--;
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
  v128.store(out, s4, 64);
  v128.store(out, s5, 80);
  v128.store(out, s6, 96);
  v128.store(out, s7, 112);
  v128.store(out, s8, 128);
  v128.store(out, s9, 144);
}

/** 8 columns of gemvColumns: each sum runs over the rows in order. */
function panel8(m: i32, alpha: v128, a: usize, lda: usize, x: usize, beta: f64, y: usize): void {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  while (m > 0) {
    const v = v128.load64_splat(x);
    s3 = f64x2.add(s3, f64x2.mul(v128.load(a, 48), v));
    s2 = f64x2.add(s2, f64x2.mul(v128.load(a, 32), v));
    s1 = f64x2.add(s1, f64x2.mul(v128.load(a, 16), v));
    s0 = f64x2.add(s0, f64x2.mul(v128.load(a), v));
    a += lda;
    x += 8;
    m--;
  }
  v128.store(y, combine(alpha, s0, beta, v128.load(y)));
  v128.store(y, combine(alpha, s1, beta, v128.load(y, 16)), 16);
  v128.store(y, combine(alpha, s2, beta, v128.load(y, 32)), 32);
  v128.store(y, combine(alpha, s3, beta, v128.load(y, 48)), 48);
}

/** 2 columns of gemvColumns: each sum runs over the rows in order. */
function panel2(m: i32, alpha: v128, a: usize, lda: usize, x: usize, beta: f64, y: usize): void {
  let s0 = f64x2.splat(0);
  while (m > 0) {
    const v = v128.load64_splat(x);
    s0 = f64x2.add(s0, f64x2.mul(v128.load(a), v));
    a += lda;
    x += 8;
    m--;
  }
  v128.store(y, combine(alpha, s0, beta, v128.load(y)));
}

/** Sums of BLOCK columns while rows are added to them. */
const waiting: usize = memory.data(16384, 16);

/** Bytes of a matrix that the near caches do not hold. */
export const FAR: usize = 1048576;

/** gemvColumns of a matrix that no near cache holds: reads its rows from end to end, four at a time, in the same order. */
function streamColumns(m: i32, n: i32, alpha: v128, a: usize, lda: usize, x: usize, beta: f64, y: usize): void {
  for (; n > 0; n -= BLOCK) {
    const bytes = (<usize>min(n, BLOCK)) << 3;
    const even = bytes & ~15;
    memory.fill(waiting, 0, bytes);
    let row = a;
    let at = x;
    for (let rows = m; rows > 0; rows -= 4) {
      const a0 = row;
      const a1 = a0 + lda;
      const a2 = a1 + lda;
      const a3 = a2 + lda;
      const x0 = v128.load64_splat(at);
      if (rows >= 4) {
        const x1 = v128.load64_splat(at, 8);
        const x2 = v128.load64_splat(at, 16);
        const x3 = v128.load64_splat(at, 24);
        let j: usize = 0;
        for (; j < even; j += 16) {
          let s = f64x2.add(v128.load(waiting + j), f64x2.mul(v128.load(a0 + j), x0));
          s = f64x2.add(s, f64x2.mul(v128.load(a1 + j), x1));
          s = f64x2.add(s, f64x2.mul(v128.load(a2 + j), x2));
          v128.store(waiting + j, f64x2.add(s, f64x2.mul(v128.load(a3 + j), x3)));
        }
        if (j < bytes) {
          let s = f64x2.add(v128.load64_zero(waiting + j), f64x2.mul(v128.load64_zero(a0 + j), x0));
          s = f64x2.add(s, f64x2.mul(v128.load64_zero(a1 + j), x1));
          s = f64x2.add(s, f64x2.mul(v128.load64_zero(a2 + j), x2));
          v128.store64_lane(waiting + j, f64x2.add(s, f64x2.mul(v128.load64_zero(a3 + j), x3)), 0);
        }
        row += lda << 2;
        at += 32;
      } else {
        axpy(<i32>(bytes >> 3), load<f64>(at), row, waiting);
        row += lda;
        at += 8;
        rows += 3;
      }
    }
    for (let j: usize = 0; j < bytes; j += 8) {
      v128.store64_lane(y + j, combine(alpha, v128.load64_zero(waiting + j), beta, v128.load64_zero(y + j)), 0);
    }
    a += bytes;
    y += bytes;
  }
}

/** y ← αAᵀx + βy, A of m ≤ BLOCK rows and n columns: y has n elements. Twenty columns at a time stay in registers. */
export function gemvColumns(m: i32, n: i32, alpha: f64, a: usize, lda: usize, x: usize, beta: f64, y: usize): void {
  const scale = f64x2.splat(alpha);
  if (n >= 64 && lda * m > FAR) {
    streamColumns(m, n, scale, a, lda, x, beta, y);
    return;
  }
  for (; n >= 20; n -= 20) {
    if (alpha === 1 && beta === 0) panel20(m, a, lda, x, y);
    else {
      panel20(m, a, lda, x, sums);
      for (let j: usize = 0; j < 160; j += 16) {
        v128.store(y + j, combine(scale, v128.load(sums + j), beta, v128.load(y + j)));
      }
    }
    a += 160;
    y += 160;
  }
  for (; n >= 8; n -= 8) {
    panel8(m, scale, a, lda, x, beta, y);
    a += 64;
    y += 64;
  }
  for (; n >= 2; n -= 2) {
    panel2(m, scale, a, lda, x, beta, y);
    a += 16;
    y += 16;
  }
  if (n > 0) {
    let s = f64x2.splat(0);
    for (; m > 0; m--) {
      s = f64x2.add(s, f64x2.mul(v128.load64_zero(a), v128.load64_zero(x)));
      a += lda;
      x += 8;
    }
    v128.store64_lane(y, combine(scale, s, beta, v128.load64_zero(y)), 0);
  }
}

/** `count` products, every matrix and vector right behind the one before. */
export function gemvBatchRows(
  count: i32, m: i32, n: i32, alpha: f64, a: usize, x: usize, beta: f64, y: usize,
): void {
  const lda = (<usize>n) << 3;
  for (; count > 0; count--) {
    gemvRows(m, n, alpha, a, lda, x, beta, y);
    a += lda * m;
    x += lda;
    y += (<usize>m) << 3;
  }
}

/** The same with transposed matrices. */
export function gemvBatchColumns(
  count: i32, m: i32, n: i32, alpha: f64, a: usize, x: usize, beta: f64, y: usize,
): void {
  const lda = (<usize>n) << 3;
  for (; count > 0; count--) {
    gemvColumns(m, n, alpha, a, lda, x, beta, y);
    a += lda * m;
    x += (<usize>m) << 3;
    y += lda;
  }
}
