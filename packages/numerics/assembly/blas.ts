/** Vectors of Float64. The order of every sum depends on the length alone, never on addresses. */
import { BLOCK } from './scratch';

// @ts-ignore: decorator
@inline function lanes(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** y ← αx + y. */
export function axpy(n: i32, alpha: f64, x: usize, y: usize): void {
  const a = f64x2.splat(alpha);
  for (; n >= 4; n -= 4) {
    v128.store(y, f64x2.add(f64x2.mul(a, v128.load(x)), v128.load(y)));
    v128.store(y, f64x2.add(f64x2.mul(a, v128.load(x, 16)), v128.load(y, 16)), 16);
    x += 32;
    y += 32;
  }
  for (; n > 0; n--) {
    store<f64>(y, alpha * load<f64>(x) + load<f64>(y));
    x += 8;
    y += 8;
  }
}

/** Σ xᵢyᵢ of n ≤ BLOCK products: eight sums side by side, then the rest. */
function dotBlock(n: i32, x: usize, y: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (; n >= 8; n -= 8) {
    s0 = f64x2.add(s0, f64x2.mul(v128.load(x), v128.load(y)));
    s1 = f64x2.add(s1, f64x2.mul(v128.load(x, 16), v128.load(y, 16)));
    s2 = f64x2.add(s2, f64x2.mul(v128.load(x, 32), v128.load(y, 32)));
    s3 = f64x2.add(s3, f64x2.mul(v128.load(x, 48), v128.load(y, 48)));
    x += 64;
    y += 64;
  }
  for (; n >= 2; n -= 2) {
    s0 = f64x2.add(s0, f64x2.mul(v128.load(x), v128.load(y)));
    x += 16;
    y += 16;
  }
  if (n > 0) s1 = f64x2.add(s1, f64x2.mul(v128.load64_zero(x), v128.load64_zero(y)));
  return lanes(f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3)));
}

/** Σ xᵢyᵢ. */
export function dot(n: i32, x: usize, y: usize): f64 {
  let sum = 0.0;
  for (; n > 0; n -= BLOCK) {
    sum += dotBlock(min(n, BLOCK), x, y);
    x += 8 * BLOCK;
    y += 8 * BLOCK;
  }
  return sum;
}

/** Σ (s·xᵢ)². */
export function sumOfSquares(n: i32, scale: f64, x: usize): f64 {
  const s = f64x2.splat(scale);
  let sum = 0.0;
  while (n > 0) {
    let a = f64x2.splat(0);
    let b = a;
    let c = a;
    let d = a;
    let m = min(n, BLOCK);
    n -= m;
    for (; m >= 8; m -= 8) {
      const p = f64x2.mul(s, v128.load(x));
      const q = f64x2.mul(s, v128.load(x, 16));
      const r = f64x2.mul(s, v128.load(x, 32));
      const t = f64x2.mul(s, v128.load(x, 48));
      a = f64x2.add(a, f64x2.mul(p, p));
      b = f64x2.add(b, f64x2.mul(q, q));
      c = f64x2.add(c, f64x2.mul(r, r));
      d = f64x2.add(d, f64x2.mul(t, t));
      x += 64;
    }
    for (; m > 0; m--) {
      const p = f64x2.mul(s, v128.load64_zero(x));
      a = f64x2.add(a, f64x2.mul(p, p));
      x += 8;
    }
    sum += lanes(f64x2.add(f64x2.add(a, b), f64x2.add(c, d)));
  }
  return sum;
}

/** Σ |xᵢ|. */
export function sumOfSizes(n: i32, x: usize): f64 {
  let sum = 0.0;
  while (n > 0) {
    let a = f64x2.splat(0);
    let b = a;
    let c = a;
    let d = a;
    let m = min(n, BLOCK);
    n -= m;
    for (; m >= 8; m -= 8) {
      a = f64x2.add(a, f64x2.abs(v128.load(x)));
      b = f64x2.add(b, f64x2.abs(v128.load(x, 16)));
      c = f64x2.add(c, f64x2.abs(v128.load(x, 32)));
      d = f64x2.add(d, f64x2.abs(v128.load(x, 48)));
      x += 64;
    }
    for (; m > 0; m--) {
      a = f64x2.add(a, f64x2.abs(v128.load64_zero(x)));
      x += 8;
    }
    sum += lanes(f64x2.add(f64x2.add(a, b), f64x2.add(c, d)));
  }
  return sum;
}

/** max |xᵢ|, 0 of nothing; NaN if any is NaN. */
export function largestSize(n: i32, x: usize): f64 {
  let a = f64x2.splat(0);
  let b = a;
  for (; n >= 4; n -= 4) {
    a = f64x2.max(a, f64x2.abs(v128.load(x)));
    b = f64x2.max(b, f64x2.abs(v128.load(x, 16)));
    x += 32;
  }
  for (; n > 0; n--) {
    a = f64x2.max(a, f64x2.abs(v128.load64_zero(x)));
    x += 8;
  }
  a = f64x2.max(a, b);
  return max(f64x2.extract_lane(a, 0), f64x2.extract_lane(a, 1));
}
