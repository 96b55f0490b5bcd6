/**
 * Batch normalisation of rows of channels. Sums run in float32 over blocks of rows and in float64 over the blocks, of
 * values from which the mean of the first rows was taken, so that nothing cancels.
 */

/** Rows of a block. */
const ROWS = 128;

/**
 * Σ a and Σ a·b by channel over all rows, into doubles at `sums` and behind them (`depth` each), where b = x − shift and
 * a is dy or, without dy (0), b itself.
 */
function sumRows(rows: i32, depth: i32, x: usize, dy: usize, shift: usize, sums: usize): void {
  const line = (<usize>depth) << 2;
  const second = sums + 2 * line;
  memory.fill(sums, 0, 4 * line);
  for (let from = 0; from < rows; from += ROWS) {
    const many = min(ROWS, rows - from);
    let c = 0;
    for (; c + 4 <= depth; c += 4) {
      const offset = (<usize>c) << 2;
      const centre = v128.load(shift + offset);
      let at = x + offset;
      let s0 = f32x4.splat(0);
      let s1 = s0;
      let q0 = s0;
      let q1 = s0;
      let r = many;
      if (dy !== 0) {
        let dyAt = dy + offset;
        for (; r >= 2; r -= 2) {
          const a0 = v128.load(dyAt);
          const a1 = v128.load(dyAt + line);
          q0 = f32x4.add(q0, f32x4.mul(a0, f32x4.sub(v128.load(at), centre)));
          q1 = f32x4.add(q1, f32x4.mul(a1, f32x4.sub(v128.load(at + line), centre)));
          s0 = f32x4.add(s0, a0);
          s1 = f32x4.add(s1, a1);
          at += 2 * line;
          dyAt += 2 * line;
        }
        if (r > 0) {
          const a0 = v128.load(dyAt);
          q0 = f32x4.add(q0, f32x4.mul(a0, f32x4.sub(v128.load(at), centre)));
          s0 = f32x4.add(s0, a0);
        }
      } else {
        for (; r >= 2; r -= 2) {
          const a0 = f32x4.sub(v128.load(at), centre);
          const a1 = f32x4.sub(v128.load(at + line), centre);
          q0 = f32x4.add(q0, f32x4.mul(a0, a0));
          q1 = f32x4.add(q1, f32x4.mul(a1, a1));
          s0 = f32x4.add(s0, a0);
          s1 = f32x4.add(s1, a1);
          at += 2 * line;
        }
        if (r > 0) {
          const a0 = f32x4.sub(v128.load(at), centre);
          q0 = f32x4.add(q0, f32x4.mul(a0, a0));
          s0 = f32x4.add(s0, a0);
        }
      }
      addWide(sums + 2 * offset, f32x4.add(s0, s1));
      addWide(second + 2 * offset, f32x4.add(q0, q1));
    }
    for (; c < depth; c++) {
      const offset = (<usize>c) << 2;
      const centre = load<f32>(shift + offset);
      let s: f32 = 0;
      let q: f32 = 0;
      let at = offset;
      for (let r = many; r > 0; r--) {
        const b = load<f32>(x + at) - centre;
        const a = dy !== 0 ? load<f32>(dy + at) : b;
        s += a;
        q += a * b;
        at += line;
      }
      store<f64>(sums + 2 * offset, load<f64>(sums + 2 * offset) + <f64>s);
      store<f64>(second + 2 * offset, load<f64>(second + 2 * offset) + <f64>q);
    }
    x += <usize>many * line;
    if (dy !== 0) dy += <usize>many * line;
  }
}

/** Adds four floats to four doubles. */
// @ts-ignore: decorator
@inline export function addWide(at: usize, s: v128): void {
  v128.store(at, f64x2.add(v128.load(at), f64x2.promote_low_f32x4(s)));
  v128.store(at + 16, f64x2.add(v128.load(at + 16), f64x2.promote_low_f32x4(v128.shuffle<f64>(s, s, 1, 1))));
}

/**
 * Mean and variance (divided by `rows`) of each channel.
 * @param scratch 20 · depth bytes
 */
export function statistics(rows: i32, depth: i32, x: usize, mean: usize, variance: usize, scratch: usize): void {
  const line = (<usize>depth) << 2;
  const sums = scratch;
  const shift = scratch + 4 * line;
  // The mean of the first rows, about.
  memory.fill(shift, 0, line);
  const first = min(rows, 32);
  for (let r = 0; r < first; r++) {
    for (let at: usize = 0; at < line; at += 4) {
      store<f32>(shift + at, load<f32>(shift + at) + load<f32>(x + <usize>r * line + at) / <f32>first);
    }
  }
  sumRows(rows, depth, x, 0, shift, sums);
  for (let at: usize = 0; at < line; at += 4) {
    const away = load<f64>(sums + 2 * at) / <f64>rows;
    const square = load<f64>(sums + 2 * line + 2 * at) / <f64>rows;
    store<f32>(mean + at, <f32>(<f64>load<f32>(shift + at) + away));
    store<f32>(variance + at, <f32>max(0, square - away * away));
  }
}

/** y ← (x − mean) · factor + offset, by channel. */
export function normalise(
  rows: i32, depth: i32, x: usize, mean: usize, factor: usize, offset: usize, y: usize,
): void {
  for (; rows > 0; rows--) {
    let c: usize = 0;
    let left = depth;
    for (; left >= 4; left -= 4) {
      const centred = f32x4.sub(v128.load(x), v128.load(mean + c));
      v128.store(y, f32x4.add(f32x4.mul(centred, v128.load(factor + c)), v128.load(offset + c)));
      x += 16;
      y += 16;
      c += 16;
    }
    for (; left > 0; left--) {
      store<f32>(y, (load<f32>(x) - load<f32>(mean + c)) * load<f32>(factor + c) + load<f32>(offset + c));
      x += 4;
      y += 4;
      c += 4;
    }
  }
}

/** Σ dy and Σ dy · (x − mean) by channel, as doubles at `sums` and behind them. */
export function normaliseSums(rows: i32, depth: i32, x: usize, dy: usize, mean: usize, sums: usize): void {
  sumRows(rows, depth, x, dy, mean, sums);
}

/** dx ← dy · a + (x − mean) · b + c, by channel. */
export function normaliseGradient(
  rows: i32, depth: i32, x: usize, dy: usize, mean: usize, a: usize, b: usize, c: usize, dx: usize,
): void {
  for (; rows > 0; rows--) {
    let k: usize = 0;
    let left = depth;
    for (; left >= 4; left -= 4) {
      const centred = f32x4.sub(v128.load(x), v128.load(mean + k));
      const linear = f32x4.add(f32x4.mul(centred, v128.load(b + k)), v128.load(c + k));
      v128.store(dx, f32x4.add(f32x4.mul(v128.load(dy), v128.load(a + k)), linear));
      x += 16;
      dy += 16;
      dx += 16;
      k += 16;
    }
    for (; left > 0; left--) {
      const linear = (load<f32>(x) - load<f32>(mean + k)) * load<f32>(b + k) + load<f32>(c + k);
      store<f32>(dx, load<f32>(dy) * load<f32>(a + k) + linear);
      x += 4;
      dy += 4;
      dx += 4;
      k += 4;
    }
  }
}
