/**
 * Products in tiles of 4 × 8: two kernels, one for rows that lie anywhere (`tileRows`), one for a transposed left operand
 * (`tileColumns`). The right operand is packed in strips of 8 columns, padded with zeros.
 *
 * The order inside the loops is what makes them fast. V8 of Node 20 keeps loads in order, but places arithmetic by the
 * accumulators, the last one first: working from the last row up, each row's arithmetic stands right behind the load of
 * its element, and nothing spills.
 */

/** Rows of a tile. */
export const ROWS = 4;
/** Columns of a tile. */
export const COLUMNS = 8;
/** Bytes of one packed row of 8. */
const STRIP = 32;

// @ts-ignore: decorator
@inline function putPart(c: usize, low: v128, high: v128, columns: i32): void {
  if (columns >= 4) {
    v128.store(c, low);
    c += 16;
    columns -= 4;
    low = high;
  }
  if (columns > 0) store<f32>(c, f32x4.extract_lane(low, 0));
  if (columns > 1) store<f32>(c, f32x4.extract_lane(low, 1), 4);
  if (columns > 2) store<f32>(c, f32x4.extract_lane(low, 2), 8);
}

// @ts-ignore: decorator
@inline function put(c: usize, low: v128, high: v128, columns: i32): void {
  if (columns >= COLUMNS) {
    v128.store(c, low);
    v128.store(c, high, 16);
  } else putPart(c, low, high, columns);
}

/**
 * Four rows of C, each the sum over `taps` of (k elements of a row of A) · (k packed rows of B). `rows` points to the
 * addresses of the four rows of A, tap after tap. Only the first `columns` are stored, and only the first `count` rows.
 */
export function tileRows(
  taps: i32, k: i32, rows: usize, b: usize, c0: usize, c1: usize, c2: usize, c3: usize, count: i32, columns: i32,
): void {
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  for (; taps > 0; taps--) {
    let a0 = <usize>load<u32>(rows);
    let a1 = <usize>load<u32>(rows, 4);
    let a2 = <usize>load<u32>(rows, 8);
    let a3 = <usize>load<u32>(rows, 12);
    rows += 16;
    for (let p = k; p > 0; p--) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      let s = v128.load32_splat(a3);
      s30 = f32x4.add(s30, f32x4.mul(s, b0));
      s31 = f32x4.add(s31, f32x4.mul(s, b1));
      s = v128.load32_splat(a2);
      s20 = f32x4.add(s20, f32x4.mul(s, b0));
      s21 = f32x4.add(s21, f32x4.mul(s, b1));
      s = v128.load32_splat(a1);
      s10 = f32x4.add(s10, f32x4.mul(s, b0));
      s11 = f32x4.add(s11, f32x4.mul(s, b1));
      s = v128.load32_splat(a0);
      s00 = f32x4.add(s00, f32x4.mul(s, b0));
      s01 = f32x4.add(s01, f32x4.mul(s, b1));
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
      b += STRIP;
    }
  }
  put(c0, s00, s01, columns);
  if (count > 1) put(c1, s10, s11, columns);
  if (count > 2) put(c2, s20, s21, columns);
  if (count > 3) put(c3, s30, s31, columns);
}

/**
 * Adds to 4 × 8 sums at `sums` (packed, 128 bytes) the products of `lines` runs of k steps: at each step four elements of
 * A that lie side by side (`step` bytes on at the next one) with one packed row of B. `nextA` and `nextB` lead from one
 * run's start to the next. Only `count` of the four elements are read. The products are added up by themselves first, so
 * that no sum of many visits is one long chain.
 */
export function tileColumns(
  lines: i32, k: i32, a: usize, step: usize, nextA: usize, b: usize, nextB: usize, sums: usize, count: i32,
): void {
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  if (count === ROWS) {
    for (; lines > 0; lines--) {
      let at = a;
      let row = b;
      for (let p = k; p > 0; p--) {
        const b0 = v128.load(row);
        const b1 = v128.load(row, 16);
        let s = v128.load32_splat(at, 12);
        s30 = f32x4.add(s30, f32x4.mul(s, b0));
        s31 = f32x4.add(s31, f32x4.mul(s, b1));
        s = v128.load32_splat(at, 8);
        s20 = f32x4.add(s20, f32x4.mul(s, b0));
        s21 = f32x4.add(s21, f32x4.mul(s, b1));
        s = v128.load32_splat(at, 4);
        s10 = f32x4.add(s10, f32x4.mul(s, b0));
        s11 = f32x4.add(s11, f32x4.mul(s, b1));
        s = v128.load32_splat(at);
        s00 = f32x4.add(s00, f32x4.mul(s, b0));
        s01 = f32x4.add(s01, f32x4.mul(s, b1));
        at += step;
        row += STRIP;
      }
      a += nextA;
      b += nextB;
    }
  } else {
    // Fewer rows: the missing ones repeat the first, and their sums are not used.
    const o1: usize = count > 1 ? 4 : 0;
    const o2: usize = count > 2 ? 8 : 0;
    for (; lines > 0; lines--) {
      let at = a;
      let row = b;
      for (let p = k; p > 0; p--) {
        const b0 = v128.load(row);
        const b1 = v128.load(row, 16);
        let s = v128.load32_splat(at + o2);
        s20 = f32x4.add(s20, f32x4.mul(s, b0));
        s21 = f32x4.add(s21, f32x4.mul(s, b1));
        s = v128.load32_splat(at + o1);
        s10 = f32x4.add(s10, f32x4.mul(s, b0));
        s11 = f32x4.add(s11, f32x4.mul(s, b1));
        s = v128.load32_splat(at);
        s00 = f32x4.add(s00, f32x4.mul(s, b0));
        s01 = f32x4.add(s01, f32x4.mul(s, b1));
        at += step;
        row += STRIP;
      }
      a += nextA;
      b += nextB;
    }
  }
  add(sums, s00);
  add(sums + 16, s01);
  add(sums + 32, s10);
  add(sums + 48, s11);
  add(sums + 64, s20);
  add(sums + 80, s21);
  add(sums + 96, s30);
  add(sums + 112, s31);
}

// @ts-ignore: decorator
@inline function add(sum: usize, s: v128): void {
  v128.store(sum, f32x4.add(v128.load(sum), s));
}

/** Stores the first `count` rows and `columns` columns of a tile of sums. */
export function putSums(sums: usize, c: usize, line: usize, count: i32, columns: i32): void {
  for (; count > 0; count--) {
    put(c, v128.load(sums), v128.load(sums, 16), columns);
    sums += STRIP;
    c += line;
  }
}

/** Packs k × n of B, rows `line` bytes apart and columns `step` bytes apart, in strips of 8 columns. */
export function pack(k: i32, n: i32, b: usize, line: usize, step: usize, out: usize): void {
  for (; n > 0; n -= COLUMNS) {
    let at = b;
    if (step === 4 && n >= COLUMNS) {
      for (let p = k; p > 0; p--) {
        v128.store(out, v128.load(at));
        v128.store(out, v128.load(at, 16), 16);
        at += line;
        out += STRIP;
      }
    } else if (line === 4 && n >= COLUMNS) {
      let p = k;
      for (; p >= 4; p -= 4) {
        pack4(at, step, out);
        pack4(at + 4 * step, step, out + 16);
        at += 16;
        out += 4 * STRIP;
      }
      for (; p > 0; p--) {
        for (let j = 0; j < COLUMNS; j++) store<f32>(out + ((<usize>j) << 2), load<f32>(at + <usize>j * step));
        at += 4;
        out += STRIP;
      }
    } else {
      for (let p = k; p > 0; p--) {
        for (let j = 0; j < COLUMNS; j++) {
          store<f32>(out + ((<usize>j) << 2), j < n ? load<f32>(at + <usize>j * step) : 0);
        }
        at += line;
        out += STRIP;
      }
    }
    b += COLUMNS * step;
  }
}

/** Transposes 4 × 4. */
// @ts-ignore: decorator
@inline function pack4(at: usize, step: usize, out: usize): void {
  const r0 = v128.load(at);
  const r1 = v128.load(at + step);
  const r2 = v128.load(at + 2 * step);
  const r3 = v128.load(at + 3 * step);
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<f32>(t0, t1, 0, 1, 4, 5));
  v128.store(out + STRIP, v128.shuffle<f32>(t0, t1, 2, 3, 6, 7));
  v128.store(out + 2 * STRIP, v128.shuffle<f32>(t2, t3, 0, 1, 4, 5));
  v128.store(out + 3 * STRIP, v128.shuffle<f32>(t2, t3, 2, 3, 6, 7));
}

/** Rows of A that pass one strip of B before the next strip. */
const BLOCK = 64;
/** Steps of a transposed product between two visits of a tile of sums. */
const DEPTH = 256;

/**
 * C ← A · B of m × k and k × n, `count` times. A is row-major, or transposed (k × m) if `transposeA`; B likewise. `nextA`
 * and `nextB` lead from one product's operand to the next, in bytes (0: the same one).
 * @param scratch 4 · (k · n₈ + 4 · 64 + 32 · ⌈m/4⌉ · n₈/8) bytes, n₈ being n rounded up to a multiple of 8
 */
export function matMul(
  count: i32, m: i32, n: i32, k: i32,
  a: usize, nextA: usize, transposeA: bool, b: usize, nextB: usize, transposeB: bool, c: usize, scratch: usize,
): void {
  const strips = (n + COLUMNS - 1) / COLUMNS;
  const strip = <usize>k * STRIP;
  const rows = scratch + <usize>strips * strip;
  const sums = rows + 16 * BLOCK;
  const kBytes = (<usize>k) << 2;
  const nBytes = (<usize>n) << 2;
  const mBytes = (<usize>m) << 2;
  for (let i = 0; i < count; i++) {
    if (i === 0 || nextB !== 0) {
      if (transposeB) pack(k, n, b, 4, kBytes, scratch);
      else pack(k, n, b, nBytes, 4, scratch);
    }
    if (transposeA) multiplyColumns(m, n, k, a, mBytes, scratch, strip, c, sums);
    else {
      for (let top = 0; top < m; top += BLOCK) {
        const height = min(BLOCK, m - top);
        for (let r = 0; r < height; r += ROWS) {
          const last = height - 1;
          for (let q = 0; q < ROWS; q++) {
            store<u32>(rows + ((<usize>(r + q)) << 2), <u32>(a + <usize>(top + min(r + q, last)) * kBytes));
          }
        }
        for (let s = 0; s < strips; s++) {
          const packed = scratch + <usize>s * strip;
          let out = c + <usize>top * nBytes + <usize>s * STRIP;
          for (let r = 0; r < height; r += ROWS) {
            const left = height - r;
            tileRows(1, k, rows + ((<usize>r) << 2), packed, out, out + nBytes, out + 2 * nBytes, out + 3 * nBytes,
              left, n - s * COLUMNS);
            out += 4 * nBytes;
          }
        }
      }
    }
    a += nextA;
    b += nextB;
    c += <usize>m * nBytes;
  }
}

/** C ← Aᵀ · B with A of k × m, rows `line` bytes apart, and B packed. Sums stay in `sums` while k is worked off in blocks. */
function multiplyColumns(
  m: i32, n: i32, k: i32, a: usize, line: usize, b: usize, strip: usize, c: usize, sums: usize,
): void {
  const tiles = (m + ROWS - 1) / ROWS;
  const strips = (n + COLUMNS - 1) / COLUMNS;
  memory.fill(sums, 0, <usize>(tiles * strips) * 128);
  for (let from = 0; from < k; from += DEPTH) {
    const depth = min(DEPTH, k - from);
    let sum = sums;
    for (let t = 0; t < tiles; t++) {
      const at = a + <usize>from * line + <usize>t * 16;
      for (let s = 0; s < strips; s++) {
        tileColumns(1, depth, at, line, 0, b + <usize>s * strip + <usize>from * STRIP, 0, sum, min(ROWS, m - t * ROWS));
        sum += 128;
      }
    }
  }
  let sum = sums;
  const nBytes = (<usize>n) << 2;
  for (let t = 0; t < tiles; t++) {
    for (let s = 0; s < strips; s++) {
      putSums(sum, c + <usize>(t * ROWS) * nBytes + <usize>s * STRIP, nBytes, min(ROWS, m - t * ROWS), n - s * COLUMNS);
      sum += 128;
    }
  }
}
