/** out ← dy where x > 0, else 0. */
export function reluGradient(n: i32, dy: usize, x: usize, out: usize): void {
  const zero = f32x4.splat(0);
  for (; n >= 4; n -= 4) {
    v128.store(out, v128.and(v128.load(dy), f32x4.gt(v128.load(x), zero)));
    dy += 16;
    x += 16;
    out += 16;
  }
  for (; n > 0; n--) {
    store<f32>(out, load<f32>(x) > 0 ? load<f32>(dy) : 0);
    dy += 4;
    x += 4;
    out += 4;
  }
}

/** out ← the sums of the rows of x with one id; out has `segments` rows. Ids outside are dropped. */
export function segmentSum(rows: i32, width: i32, x: usize, ids: usize, segments: i32, out: usize): void {
  const line = (<usize>width) << 2;
  memory.fill(out, 0, <usize>segments * line);
  for (; rows > 0; rows--) {
    const id = load<i32>(ids);
    if (<u32>id < <u32>segments) {
      let to = out + <usize>id * line;
      let from = x;
      let n = width;
      for (; n >= 4; n -= 4) {
        v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
        to += 16;
        from += 16;
      }
      for (; n > 0; n--) {
        store<f32>(to, load<f32>(to) + load<f32>(from));
        to += 4;
        from += 4;
      }
    }
    x += line;
    ids += 4;
  }
}

/** out ← each of `count` blocks of so many bytes, `times` times in a row. */
export function repeat(count: i32, bytes: usize, times: i32, x: usize, out: usize): void {
  const total = bytes * <usize>times;
  if (total === 0) return;
  for (; count > 0; count--) {
    memory.copy(out, x, bytes);
    // What is there doubles until it is enough.
    for (let done = bytes; done < total; done <<= 1) memory.copy(out + done, out, min(done, total - done));
    x += bytes;
    out += total;
  }
}

/** Copies `rows` rows of so many bytes, a multiple of 4, from rows `line` bytes apart to rows `outLine` bytes apart. */
export function copyRows(rows: i32, bytes: usize, x: usize, line: usize, out: usize, outLine: usize): void {
  for (; rows > 0; rows--) {
    // A call of memory.copy takes longer than a short row.
    if (bytes > 256) memory.copy(out, x, bytes);
    else {
      let at: usize = 0;
      for (; at + 16 <= bytes; at += 16) v128.store(out + at, v128.load(x + at));
      for (; at < bytes; at += 4) store<u32>(out + at, load<u32>(x + at));
    }
    x += line;
    out += outLine;
  }
}

/** out ← each of `count` matrices of rows × columns blocks of so many bytes, a multiple of 4, transposed. */
export function swapRows(count: i32, rows: i32, columns: i32, bytes: usize, x: usize, out: usize): void {
  const line = bytes * <usize>columns;
  const outLine = bytes * <usize>rows;
  for (; count > 0; count--) {
    for (let c = 0; c < columns; c++) {
      copyRows(rows, bytes, x + <usize>c * bytes, line, out, bytes);
      out += outLine;
    }
    x += line * <usize>rows;
  }
}
