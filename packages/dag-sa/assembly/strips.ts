/**
 * ψDAG's step on strips of columns. A strip is two vectors wide, 4 columns of float64 or 8 of float32, and its rows of 32 bytes
 * lie one behind the other; a panel is some strips, one behind the other. What one column of W does to the loss no other does, so that a
 * panel goes through a whole step while it is in the cache.
 *
 * Rows of the left factor lie five by five, side by side: [rows / 5][terms][5], zeros where rows are missing. Working from the last row
 * up keeps V8's registers: see numerics/assembly/gemm.ts.
 */
const ROWS = 5;
const ROW: usize = 32;
/** Terms of a product that are summed before the next strip's turn: five of 5 × 256 stay in the second-level cache. */
const INNER = 256;
/** Bytes whose sums are taken in the type itself, before they go into float64. */
const CHUNK: usize = 2048;

// @ts-ignore: decorator
@inline function put<T>(c: usize, sum: v128, add: bool): void {
  v128.store(c, add ? v128.add<T>(v128.load(c), sum) : sum);
}

/** Five rows of a strip: c = a·b, or c += a·b. */
function tile<T>(k: i32, a: usize, b: usize, c: usize, add: bool): void {
  let c00 = v128.splat<T>(<T>0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let c40 = c00;
  let c41 = c00;
  while (k > 0) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let s = v128.load_splat<T>(a, 4 * sizeof<T>());
    c40 = v128.add<T>(c40, v128.mul<T>(s, b0));
    c41 = v128.add<T>(c41, v128.mul<T>(s, b1));
    s = v128.load_splat<T>(a, 3 * sizeof<T>());
    c30 = v128.add<T>(c30, v128.mul<T>(s, b0));
    c31 = v128.add<T>(c31, v128.mul<T>(s, b1));
    s = v128.load_splat<T>(a, 2 * sizeof<T>());
    c20 = v128.add<T>(c20, v128.mul<T>(s, b0));
    c21 = v128.add<T>(c21, v128.mul<T>(s, b1));
    s = v128.load_splat<T>(a, sizeof<T>());
    c10 = v128.add<T>(c10, v128.mul<T>(s, b0));
    c11 = v128.add<T>(c11, v128.mul<T>(s, b1));
    s = v128.load_splat<T>(a);
    c00 = v128.add<T>(c00, v128.mul<T>(s, b0));
    c01 = v128.add<T>(c01, v128.mul<T>(s, b1));
    a += ROWS * sizeof<T>();
    b += ROW;
    k--;
  }
  put<T>(c + 0, c00, add);
  put<T>(c + 16, c01, add);
  put<T>(c + 32, c10, add);
  put<T>(c + 48, c11, add);
  put<T>(c + 64, c20, add);
  put<T>(c + 80, c21, add);
  put<T>(c + 96, c30, add);
  put<T>(c + 112, c31, add);
  put<T>(c + 128, c40, add);
  put<T>(c + 144, c41, add);
}

/**
 * out = A·W for a panel of `strips`.
 * @param fives rows of A, in fives
 * @param terms rows of W that are read
 * @param d rows of W and terms of A that lie in memory
 */
function multiply<T>(fives: i32, terms: i32, d: i32, a: usize, strips: i32, w: usize, out: usize): void {
  const aStride = <usize>d * ROWS * sizeof<T>();
  const wStride = <usize>d * ROW;
  const outStride = <usize>fives * ROWS * ROW;
  for (let p = 0; p < terms; p += INNER) {
    const k = min(INNER, terms - p);
    for (let s = 0; s < strips; s++) {
      let left = a + <usize>p * ROWS * sizeof<T>();
      let to = out + <usize>s * outStride;
      const right = w + <usize>s * wStride + <usize>p * ROW;
      for (let i = 0; i < fives; i++) {
        tile<T>(k, left, right, to, p > 0);
        left += aStride;
        to += ROWS * ROW;
      }
    }
  }
}

/**
 * out = A·R for a panel: as above, but A is long and its terms are few, so that each five of its rows meet all strips at once.
 * @param rStride, outStride bytes from one strip to the next
 */
function spread<T>(fives: i32, terms: i32, a: usize, strips: i32, r: usize, rStride: usize, out: usize, outStride: usize): void {
  for (let i = 0; i < fives; i++) {
    for (let s = 0; s < strips; s++) tile<T>(terms, a, r + <usize>s * rStride, out + <usize>s * outStride, false);
    a += <usize>terms * ROWS * sizeof<T>();
    out += ROWS * ROW;
  }
}

/** x ← s(x − t·g), sum += x. */
function move<T>(bytes: usize, s: f64, t: f64, x: usize, g: usize, sum: usize): void {
  const shrink = v128.splat<T>(<T>s);
  const step = v128.splat<T>(<T>t);
  for (let at: usize = 0; at < bytes; at += 16) {
    const next = v128.mul<T>(shrink, v128.sub<T>(v128.load(x + at), v128.mul<T>(step, v128.load(g + at))));
    v128.store(x + at, next);
    v128.store(sum + at, v128.add<T>(v128.load(sum + at), next));
  }
}

// @ts-ignore: decorator
@inline function total<T>(v: v128): f64 {
  if (sizeof<T>() === 8) return <f64>v128.extract_lane<T>(v, 0) + <f64>v128.extract_lane<T>(v, 1);
  return (
    <f64>v128.extract_lane<T>(v, 0) + <f64>v128.extract_lane<T>(v, 1) +
    (<f64>v128.extract_lane<T>(v, 2) + <f64>v128.extract_lane<T>(v, 3))
  );
}

/** Adds <x, x>, <x, next>, <next, next> and <g, next> to the four float64 at `sums`, then g ← next. */
function collect<T>(bytes: usize, x: usize, g: usize, next: usize, sums: usize): void {
  let xx: f64 = 0;
  let xn: f64 = 0;
  let nn: f64 = 0;
  let gn: f64 = 0;
  for (let from: usize = 0; from < bytes; from += CHUNK) {
    const to = min(bytes, from + CHUNK);
    let a = v128.splat<T>(<T>0);
    let b = a;
    let c = a;
    let e = a;
    for (let at = from; at < to; at += 16) {
      const point = v128.load(x + at);
      const fresh = v128.load(next + at);
      a = v128.add<T>(a, v128.mul<T>(point, point));
      b = v128.add<T>(b, v128.mul<T>(point, fresh));
      c = v128.add<T>(c, v128.mul<T>(fresh, fresh));
      e = v128.add<T>(e, v128.mul<T>(v128.load(g + at), fresh));
      v128.store(g + at, fresh);
    }
    xx += total<T>(a);
    xn += total<T>(b);
    nn += total<T>(c);
    gn += total<T>(e);
  }
  store<f64>(sums, load<f64>(sums) + xx);
  store<f64>(sums, load<f64>(sums, 8) + xn, 8);
  store<f64>(sums, load<f64>(sums, 16) + nn, 16);
  store<f64>(sums, load<f64>(sums, 24) + gn, 24);
}

/**
 * Rows of a batch, [b, d], as both left factors: variables `index`, less `mean`, times `scale`.
 * @param index [d], 32 bits; @param mean [d], float64
 * @param byRow [b / 5][padded][5]; @param byVariable [padded / 5][b][5]
 */
function pack<T>(
  b: i32, d: i32, padded: i32, rows: usize, index: usize, mean: usize, scale: f64, byRow: usize, byVariable: usize,
): void {
  for (let k = 0; k < d; k++) {
    const variable = <usize>load<u32>(index + <usize>k * 4) * 8;
    const off = load<f64>(mean + variable);
    let from = rows + variable;
    let tall = byVariable + (<usize>(k / ROWS) * b * ROWS + k % ROWS) * sizeof<T>();
    let wide = byRow + <usize>k * ROWS * sizeof<T>();
    let left = ROWS;
    for (let r = 0; r < b; r++) {
      const value = <T>(scale * (load<f64>(from) - off));
      store<T>(tall, value);
      store<T>(wide, value);
      from += <usize>d * 8;
      tall += ROWS * sizeof<T>();
      wide += sizeof<T>();
      if (--left === 0) {
        left = ROWS;
        wide += (<usize>padded - 1) * ROWS * sizeof<T>();
      }
    }
  }
}

/**
 * Rows of a batch, [b, d], as one left factor, [b, d], for products of whole panels: variables `index`, less `mean`, times `scale`.
 * @param index [d], 32 bits; @param mean [d], float64
 */
function gather<T>(b: i32, d: i32, rows: usize, index: usize, mean: usize, scale: f64, out: usize): void {
  for (let r = 0; r < b; r++) {
    for (let k = 0; k < d; k++) {
      const variable = <usize>load<u32>(index + <usize>k * 4) * 8;
      store<T>(out, <T>(scale * (load<f64>(rows + variable) - load<f64>(mean + variable))));
      out += sizeof<T>();
    }
    rows += <usize>d * 8;
  }
}

export function gather64(b: i32, d: i32, rows: usize, index: usize, mean: usize, scale: f64, out: usize): void {
  gather<f64>(b, d, rows, index, mean, scale, out);
}
export function gather32(b: i32, d: i32, rows: usize, index: usize, mean: usize, scale: f64, out: usize): void {
  gather<f32>(b, d, rows, index, mean, scale, out);
}
export function multiply64(fives: i32, terms: i32, d: i32, a: usize, strips: i32, w: usize, out: usize): void {
  multiply<f64>(fives, terms, d, a, strips, w, out);
}
export function multiply32(fives: i32, terms: i32, d: i32, a: usize, strips: i32, w: usize, out: usize): void {
  multiply<f32>(fives, terms, d, a, strips, w, out);
}
export function spread64(fives: i32, terms: i32, a: usize, strips: i32, r: usize, rStride: usize, out: usize, outStride: usize): void {
  spread<f64>(fives, terms, a, strips, r, rStride, out, outStride);
}
export function spread32(fives: i32, terms: i32, a: usize, strips: i32, r: usize, rStride: usize, out: usize, outStride: usize): void {
  spread<f32>(fives, terms, a, strips, r, rStride, out, outStride);
}
export function move64(bytes: usize, s: f64, t: f64, x: usize, g: usize, sum: usize): void {
  move<f64>(bytes, s, t, x, g, sum);
}
export function move32(bytes: usize, s: f64, t: f64, x: usize, g: usize, sum: usize): void {
  move<f32>(bytes, s, t, x, g, sum);
}
export function collect64(bytes: usize, x: usize, g: usize, next: usize, sums: usize): void {
  collect<f64>(bytes, x, g, next, sums);
}
export function collect32(bytes: usize, x: usize, g: usize, next: usize, sums: usize): void {
  collect<f32>(bytes, x, g, next, sums);
}
export function pack64(
  b: i32, d: i32, padded: i32, rows: usize, index: usize, mean: usize, scale: f64, byRow: usize, byVariable: usize,
): void {
  pack<f64>(b, d, padded, rows, index, mean, scale, byRow, byVariable);
}
export function pack32(
  b: i32, d: i32, padded: i32, rows: usize, index: usize, mean: usize, scale: f64, byRow: usize, byVariable: usize,
): void {
  pack<f32>(b, d, padded, rows, index, mean, scale, byRow, byVariable);
}
