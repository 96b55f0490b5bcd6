/** A packed symmetric matrix times a vector: its lower triangle row by row, row i of i + 1 doubles behind row i − 1. */

/** The rest of row i, from column j on, `sum` of the columns before: adds its part of αAx to y₀ … yᵢ. */
// @ts-ignore: decorator
@inline function finishRow(i: usize, j: usize, sum: f64, alpha: f64, row: usize, x: usize, y: usize): void {
  const own = load<f64>(x + i);
  const scaled = alpha * own;
  for (; j < i; j += 8) {
    const v = load<f64>(row + j);
    sum += v * load<f64>(x + j);
    store<f64>(y + j, load<f64>(y + j) + v * scaled);
  }
  store<f64>(y + i, load<f64>(y + i) + alpha * (sum + load<f64>(row + i) * own));
}

// @ts-ignore: decorator
@inline function lanes(s: v128): f64 {
  return f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
}

/** The sums of four rows, two lanes each, still to be added up. */
const sums: usize = memory.data(64, 16);

/**
 * `width` bytes of four rows, a multiple of 32: their sums with x, and their mirror images times αx of the rows, which are at
 * `own`, into y. Exported to stay a function of its own: inlined, it takes 1.2 times as long.
 */
export function spmvPanel(
  width: usize, alpha: f64, a0: usize, a1: usize, a2: usize, a3: usize, x: usize, own: usize, y: usize,
): void {
  const scale = f64x2.splat(alpha);
  const x0 = f64x2.mul(scale, v128.load64_splat(own));
  const x1 = f64x2.mul(scale, v128.load64_splat(own, 8));
  const x2 = f64x2.mul(scale, v128.load64_splat(own, 16));
  const x3 = f64x2.mul(scale, v128.load64_splat(own, 24));
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  // Four columns, two at a time: half the work on addresses.
  for (let j: usize = 0; j < width; j += 32) {
    let v = v128.load(x + j);
    let t = v128.load(y + j);
    let m = v128.load(a0 + j);
    s0 = f64x2.add(s0, f64x2.mul(m, v));
    t = f64x2.add(t, f64x2.mul(m, x0));
    m = v128.load(a1 + j);
    s1 = f64x2.add(s1, f64x2.mul(m, v));
    t = f64x2.add(t, f64x2.mul(m, x1));
    m = v128.load(a2 + j);
    s2 = f64x2.add(s2, f64x2.mul(m, v));
    t = f64x2.add(t, f64x2.mul(m, x2));
    m = v128.load(a3 + j);
    s3 = f64x2.add(s3, f64x2.mul(m, v));
    v128.store(y + j, f64x2.add(t, f64x2.mul(m, x3)));
    v = v128.load(x + j, 16);
    t = v128.load(y + j, 16);
    m = v128.load(a0 + j, 16);
    s0 = f64x2.add(s0, f64x2.mul(m, v));
    t = f64x2.add(t, f64x2.mul(m, x0));
    m = v128.load(a1 + j, 16);
    s1 = f64x2.add(s1, f64x2.mul(m, v));
    t = f64x2.add(t, f64x2.mul(m, x1));
    m = v128.load(a2 + j, 16);
    s2 = f64x2.add(s2, f64x2.mul(m, v));
    t = f64x2.add(t, f64x2.mul(m, x2));
    m = v128.load(a3 + j, 16);
    s3 = f64x2.add(s3, f64x2.mul(m, v));
    v128.store(y + j, f64x2.add(t, f64x2.mul(m, x3)), 16);
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
  v128.store(sums, s2, 32);
  v128.store(sums, s3, 48);
}

/**
 * y ← y + αAx, the part of rows `from` ≤ i < `to`, which start at `a`: each element is read once and serves its own row and,
 * off the diagonal, that of its mirror image. Four rows at a time, after up to three single ones: so `to` − `from` is a
 * multiple of four, or `from` is 0.
 */
export function spmvRows(from: i32, to: i32, alpha: f64, a: usize, x: usize, y: usize): void {
  let i = from;
  for (; ((to - i) & 3) !== 0; i++) {
    const end = (<usize>i) << 3;
    finishRow(end, 0, 0, alpha, a, x, y);
    a += end + 8;
  }
  for (; i < to; i += 4) {
    const end = (<usize>i) << 3;
    const quads = end & ~31;
    const a0 = a;
    const a1 = a0 + end + 8;
    const a2 = a1 + end + 16;
    const a3 = a2 + end + 24;
    spmvPanel(quads, alpha, a0, a1, a2, a3, x, x + end, y);
    finishRow(end, quads, lanes(v128.load(sums)), alpha, a0, x, y);
    finishRow(end + 8, quads, lanes(v128.load(sums, 16)), alpha, a1, x, y);
    finishRow(end + 16, quads, lanes(v128.load(sums, 32)), alpha, a2, x, y);
    finishRow(end + 24, quads, lanes(v128.load(sums, 48)), alpha, a3, x, y);
    a = a3 + end + 32;
  }
}
