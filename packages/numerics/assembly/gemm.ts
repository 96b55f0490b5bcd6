/**
 * C ← αAB + βC in blocks: src/gemm.ts cuts the matrices, `packRows` and `packColumns` lay a block of A and of B out in the
 * order in which `multiplyPacked` reads them. Each sum runs over p in order within a block, so results do not depend on how the
 * rows and columns were cut, and transposed operands give the same bits.
 *
 * The order inside `tile` is what makes it fast. V8 of Node 20 keeps loads in order, but places arithmetic by the
 * accumulators, the last one first. Working from the last row up, each row's arithmetic stands right behind the load of its
 * element of A; downwards all loads come first, and registers spill (a third slower). Measure after any change: one more
 * value alive in the loop costs as much.
 */
const ROWS = 5;
const COLUMNS = 4;

/** α and β of the product under way: as arguments they would take two vector registers out of the loop. */
const factors: usize = memory.data(16, 16);

/** A whole tile, for those at the lower and right edge of which only a part is wanted. */
const edge: usize = memory.data(160, 16);

// @ts-ignore: decorator
@inline function put(c: usize, s: v128, scale: v128, beta: f64): void {
  s = f64x2.mul(scale, s);
  if (beta !== 0) s = f64x2.add(s, f64x2.mul(f64x2.splat(beta), v128.load(c)));
  v128.store(c, s);
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
  put(c, c00, scale, beta);
  put(c + 16, c01, scale, beta);
  c += ldc;
  put(c, c10, scale, beta);
  put(c + 16, c11, scale, beta);
  c += ldc;
  put(c, c20, scale, beta);
  put(c + 16, c21, scale, beta);
  c += ldc;
  put(c, c30, scale, beta);
  put(c + 16, c31, scale, beta);
  c += ldc;
  put(c, c40, scale, beta);
  put(c + 16, c41, scale, beta);
}

/** The left half of a tile, for the last one or two columns. */
function halfTile(k: i32, a: usize, b: usize, c: usize, ldc: usize): void {
  let c0 = f64x2.splat(0);
  let c1 = c0;
  let c2 = c0;
  let c3 = c0;
  let c4 = c0;
  while (k > 0) {
    const b0 = v128.load(b);
    c4 = f64x2.add(c4, f64x2.mul(v128.load64_splat(a, 32), b0));
    c3 = f64x2.add(c3, f64x2.mul(v128.load64_splat(a, 24), b0));
    c2 = f64x2.add(c2, f64x2.mul(v128.load64_splat(a, 16), b0));
    c1 = f64x2.add(c1, f64x2.mul(v128.load64_splat(a, 8), b0));
    c0 = f64x2.add(c0, f64x2.mul(v128.load64_splat(a), b0));
    a += 8 * ROWS;
    b += 8 * COLUMNS;
    k--;
  }
  const scale = v128.load64_splat(factors);
  const beta = load<f64>(factors, 8);
  put(c, c0, scale, beta);
  c += ldc;
  put(c, c1, scale, beta);
  c += ldc;
  put(c, c2, scale, beta);
  c += ldc;
  put(c, c3, scale, beta);
  c += ldc;
  put(c, c4, scale, beta);
}

/** The first rows × columns of a tile. */
function partialTile(k: i32, a: usize, b: usize, c: usize, ldc: usize, rows: i32, columns: i32): void {
  const beta = load<f64>(factors, 8);
  store<f64>(factors, 0, 8);
  if (columns > 2) tile(k, a, b, edge, 8 * COLUMNS);
  else halfTile(k, a, b, edge, 8 * COLUMNS);
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
export function multiplyPacked(
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
      else if (rows >= ROWS && n === 2) halfTile(k, strip, b, out, ldc);
      else partialTile(k, strip, b, out, ldc, min(ROWS, rows), min(COLUMNS, n));
      strip += aStrip;
      out += ldc * ROWS;
    }
    b += bStrip;
    c += 8 * COLUMNS;
  }
}

/** A strip of fewer than `width` lines: the k elements of its lines side by side, zeros for the lines that are missing. */
function packPart(lines: i32, k: i32, a: usize, line: usize, step: usize, width: i32, out: usize): void {
  for (; k > 0; k--) {
    let at = a;
    for (let i = 0; i < width; i++) {
      store<f64>(out, i < lines ? load<f64>(at) : 0);
      if (i < lines) at += line;
      out += 8;
    }
    a += step;
  }
}

/** Packs m rows of A, `line` bytes apart; their elements are `step` bytes apart. One of the two is 8. */
export function packRows(m: i32, k: i32, a: usize, line: usize, step: usize, out: usize): void {
  for (; m >= ROWS; m -= ROWS) {
    let p = k;
    let a0 = a;
    if (line === 8) {
      for (; p > 0; p--) {
        v128.store(out, v128.load(a0));
        v128.store(out, v128.load(a0, 16), 16);
        store<f64>(out, load<f64>(a0, 32), 32);
        a0 += step;
        out += 8 * ROWS;
      }
    } else {
      let a1 = a0 + line;
      let a2 = a1 + line;
      let a3 = a2 + line;
      let a4 = a3 + line;
      for (; p >= 2; p -= 2) {
        const v0 = v128.load(a0);
        const v1 = v128.load(a1);
        const v2 = v128.load(a2);
        const v3 = v128.load(a3);
        const v4 = v128.load(a4);
        v128.store(out, v128.shuffle<f64>(v0, v1, 0, 2));
        v128.store(out, v128.shuffle<f64>(v2, v3, 0, 2), 16);
        v128.store(out, v128.shuffle<f64>(v4, v0, 0, 3), 32);
        v128.store(out, v128.shuffle<f64>(v1, v2, 1, 3), 48);
        v128.store(out, v128.shuffle<f64>(v3, v4, 1, 3), 64);
        a0 += 16;
        a1 += 16;
        a2 += 16;
        a3 += 16;
        a4 += 16;
        out += 16 * ROWS;
      }
      if (p > 0) {
        packPart(ROWS, 1, a0, line, step, ROWS, out);
        out += 8 * ROWS;
      }
    }
    a += line * ROWS;
  }
  if (m > 0) packPart(m, k, a, line, step, ROWS, out);
}

/** Packs n columns of B, `line` bytes apart; their elements are `step` bytes apart. One of the two is 8. */
export function packColumns(n: i32, k: i32, b: usize, line: usize, step: usize, out: usize): void {
  for (; n >= COLUMNS; n -= COLUMNS) {
    let p = k;
    let b0 = b;
    if (line === 8) {
      for (; p > 0; p--) {
        v128.store(out, v128.load(b0));
        v128.store(out, v128.load(b0, 16), 16);
        b0 += step;
        out += 8 * COLUMNS;
      }
    } else {
      let b1 = b0 + line;
      let b2 = b1 + line;
      let b3 = b2 + line;
      for (; p >= 2; p -= 2) {
        const v0 = v128.load(b0);
        const v1 = v128.load(b1);
        const v2 = v128.load(b2);
        const v3 = v128.load(b3);
        v128.store(out, v128.shuffle<f64>(v0, v1, 0, 2));
        v128.store(out, v128.shuffle<f64>(v2, v3, 0, 2), 16);
        v128.store(out, v128.shuffle<f64>(v0, v1, 1, 3), 32);
        v128.store(out, v128.shuffle<f64>(v2, v3, 1, 3), 48);
        b0 += 16;
        b1 += 16;
        b2 += 16;
        b3 += 16;
        out += 16 * COLUMNS;
      }
      if (p > 0) {
        packPart(COLUMNS, 1, b0, line, step, COLUMNS, out);
        out += 8 * COLUMNS;
      }
    }
    b += line * COLUMNS;
  }
  if (n > 0) packPart(n, k, b, line, step, COLUMNS, out);
}
