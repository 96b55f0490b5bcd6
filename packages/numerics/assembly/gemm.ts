/**
 * C ← αAB + βC in blocks: src/gemm.ts cuts the matrices, `packRows` and `packColumns` lay a block of A and of B out in the
 * order in which `multiply` reads them. Each sum runs over p in order within a block, so results do not depend on how the
 * rows and columns were cut, and transposed operands give the same bits.
 *
 * The order inside `tile` is what makes it fast. V8 keeps loads in order, but places arithmetic by the accumulators, the
 * last one first. Working from the last row up, each row's arithmetic stands right behind the load of its element of A;
 * downwards all loads come first, and registers spill (a third slower).
 */
const ROWS = 5;
const COLUMNS = 4;

/** α and β of the product under way: as arguments they would take two vector registers out of the loop. */
const factors: usize = memory.data(16, 16);

/** A whole tile, for those at the lower and right edge of which only a part is wanted. */
const edge: usize = memory.data(160, 16);

// @ts-ignore: decorator
@inline function put(c: usize, s: v128, t: v128, scale: v128, beta: f64): void {
  s = f64x2.mul(scale, s);
  t = f64x2.mul(scale, t);
  if (beta !== 0) {
    const factor = f64x2.splat(beta);
    s = f64x2.add(s, f64x2.mul(factor, v128.load(c)));
    t = f64x2.add(t, f64x2.mul(factor, v128.load(c, 16)));
  }
  v128.store(c, s);
  v128.store(c, t, 16);
}

/** ROWS × COLUMNS of C from two packed strips. */
function tile(k: i32, a: usize, b: usize, c: usize, ldc: usize): void {
  let c00 = f64x2.splat(0);
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
    let s = v128.load64_splat(a, 32);
    c40 = f64x2.add(c40, f64x2.mul(s, b0));
    c41 = f64x2.add(c41, f64x2.mul(s, b1));
    s = v128.load64_splat(a, 24);
    c30 = f64x2.add(c30, f64x2.mul(s, b0));
    c31 = f64x2.add(c31, f64x2.mul(s, b1));
    s = v128.load64_splat(a, 16);
    c20 = f64x2.add(c20, f64x2.mul(s, b0));
    c21 = f64x2.add(c21, f64x2.mul(s, b1));
    s = v128.load64_splat(a, 8);
    c10 = f64x2.add(c10, f64x2.mul(s, b0));
    c11 = f64x2.add(c11, f64x2.mul(s, b1));
    s = v128.load64_splat(a);
    c00 = f64x2.add(c00, f64x2.mul(s, b0));
    c01 = f64x2.add(c01, f64x2.mul(s, b1));
    a += 8 * ROWS;
    b += 8 * COLUMNS;
    k--;
  }
  const scale = v128.load64_splat(factors);
  const beta = load<f64>(factors, 8);
  put(c, c00, c01, scale, beta);
  c += ldc;
  put(c, c10, c11, scale, beta);
  c += ldc;
  put(c, c20, c21, scale, beta);
  c += ldc;
  put(c, c30, c31, scale, beta);
  c += ldc;
  put(c, c40, c41, scale, beta);
}

/** The first rows × columns of a tile. */
function partialTile(k: i32, a: usize, b: usize, c: usize, ldc: usize, rows: i32, columns: i32): void {
  const beta = load<f64>(factors, 8);
  store<f64>(factors, 0, 8);
  tile(k, a, b, edge, 8 * COLUMNS);
  store<f64>(factors, beta, 8);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = c + ((<usize>j) << 3);
      const value = load<f64>(edge + ((<usize>(i * COLUMNS + j)) << 3));
      store<f64>(at, beta === 0 ? value : value + beta * load<f64>(at));
    }
    c += ldc;
  }
}

/** C ← αAB + βC for packed blocks of m × k and k × n; rows of C are `ldc` bytes apart. */
export function multiply(
  m: i32, n: i32, k: i32, alpha: f64, a: usize, b: usize, beta: f64, c: usize, ldc: usize,
): void {
  store<f64>(factors, alpha);
  store<f64>(factors, beta, 8);
  const aStrip = (<usize>k) * 8 * ROWS;
  const bStrip = (<usize>k) * 8 * COLUMNS;
  for (; n > 0; n -= COLUMNS) {
    let strip = a;
    let out = c;
    for (let rows = m; rows > 0; rows -= ROWS) {
      if (rows >= ROWS && n >= COLUMNS) tile(k, strip, b, out, ldc);
      else partialTile(k, strip, b, out, ldc, min(ROWS, rows), min(COLUMNS, n));
      strip += aStrip;
      out += ldc * ROWS;
    }
    b += bStrip;
    c += 8 * COLUMNS;
  }
}

/** Strips of `width` lines; of each strip the k elements of its lines side by side, missing lines as zeros. */
function pack(lines: i32, k: i32, a: usize, line: usize, step: usize, width: i32, out: usize): void {
  for (; lines > 0; lines -= width) {
    const present = min(width, lines);
    let from = a;
    for (let p = k; p > 0; p--) {
      let at = from;
      for (let i = 0; i < width; i++) {
        store<f64>(out, i < present ? load<f64>(at) : 0);
        if (i < present) at += line;
        out += 8;
      }
      from += step;
    }
    a += line * width;
  }
}

/** Packs m rows of A, `row` bytes apart; their elements are `step` bytes apart. */
export function packRows(m: i32, k: i32, a: usize, row: usize, step: usize, out: usize): void {
  pack(m, k, a, row, step, ROWS, out);
}

/** Packs n columns of B, `column` bytes apart; their elements are `step` bytes apart. */
export function packColumns(n: i32, k: i32, b: usize, column: usize, step: usize, out: usize): void {
  pack(n, k, b, column, step, COLUMNS, out);
}
