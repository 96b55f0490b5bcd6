/** Images as rows of what each output pixel of a convolution sees (im2col), and back (col2im). */

/**
 * Rows first … first + many − 1 of the matrix that a convolution multiplies: row q holds what output pixel q sees, tap by tap,
 * zeros where that is outside the image. Pixel (i, j) and tap (r, s) meet the image at
 * (i·strideDown + r·dilationDown − top, j·strideAcross + s·dilationAcross − left).
 */
export function unfold(
  first: i32, many: i32, height: i32, width: i32, depth: i32, x: usize, outHeight: i32, outWidth: i32,
  tapsDown: i32, tapsAcross: i32, strideDown: i32, strideAcross: i32, dilationDown: i32, dilationAcross: i32,
  top: i32, left: i32, to: usize,
): void {
  const pixel = (<usize>depth) << 2;
  const line = <usize>tapsAcross * pixel;
  // Taps of a row that are neighbours in the image too go in one piece.
  const piece = dilationAcross === 1 ? tapsAcross : 1;
  let j = first % outWidth;
  let i = (first / outWidth) % outHeight;
  let start = x + <usize>(first / outWidth / outHeight * height * width) * pixel;
  for (; many > 0; many--) {
    const column = j * strideAcross - left;
    for (let r = 0; r < tapsDown; r++) {
      const row = i * strideDown + r * dilationDown - top;
      if (<u32>row >= <u32>height) {
        memory.fill(to, 0, line);
        to += line;
        continue;
      }
      const from = start + <usize>(row * width) * pixel;
      for (let s = 0; s < tapsAcross; s += piece) {
        const at = column + s * dilationAcross;
        const before = min(piece, max(0, -at));
        const end = max(before, min(piece, width - at));
        to = zeros(to, <usize>before * pixel);
        to = copy(to, from + <usize>(at + before) * pixel, <usize>(end - before) * pixel);
        to = zeros(to, <usize>(piece - end) * pixel);
      }
    }
    if (++j === outWidth) {
      j = 0;
      if (++i === outHeight) {
        i = 0;
        start += <usize>(height * width) * pixel;
      }
    }
  }
}

/** x ← x + such rows, each number to the pixel that `unfold` takes it from. */
export function fold(
  first: i32, many: i32, height: i32, width: i32, depth: i32, x: usize, outHeight: i32, outWidth: i32,
  tapsDown: i32, tapsAcross: i32, strideDown: i32, strideAcross: i32, top: i32, left: i32, from: usize,
): void {
  const pixel = (<usize>depth) << 2;
  const line = <usize>tapsAcross * pixel;
  let j = first % outWidth;
  let i = (first / outWidth) % outHeight;
  let start = x + <usize>(first / outWidth / outHeight * height * width) * pixel;
  for (; many > 0; many--) {
    const column = j * strideAcross - left;
    const before = min(tapsAcross, max(0, -column));
    const end = max(before, min(tapsAcross, width - column));
    for (let r = 0; r < tapsDown; r++) {
      const row = i * strideDown + r - top;
      if (<u32>row < <u32>height) {
        add(start + <usize>(row * width + column + before) * pixel, from + <usize>before * pixel, <usize>(end - before) * pixel);
      }
      from += line;
    }
    if (++j === outWidth) {
      j = 0;
      if (++i === outHeight) {
        i = 0;
        start += <usize>(height * width) * pixel;
      }
    }
  }
}

/** The filter with its taps in reverse, each depth × outDepth one transposed: that of the gradient by the image. */
export function flipFilter(taps: i32, depth: i32, outDepth: i32, w: usize, out: usize): void {
  const line = (<usize>outDepth) << 2;
  for (let t = taps - 1; t >= 0; t--) {
    const tap = w + <usize>(t * depth) * line;
    for (let o = 0; o < outDepth; o++) {
      let at = tap + ((<usize>o) << 2);
      for (let n = depth; n > 0; n--) {
        store<f32>(out, load<f32>(at));
        out += 4;
        at += line;
      }
    }
  }
}

/** Both return the end of what they wrote. Loops, as most pieces are too short for a call of memory.copy. */
// @ts-ignore: decorator
@inline function zeros(to: usize, bytes: usize): usize {
  const end = to + bytes;
  for (; to + 16 <= end; to += 16) v128.store(to, f32x4.splat(0));
  for (; to < end; to += 4) store<f32>(to, 0);
  return to;
}

// @ts-ignore: decorator
@inline function copy(to: usize, from: usize, bytes: usize): usize {
  const end = to + bytes;
  for (; to + 16 <= end; to += 16) {
    v128.store(to, v128.load(from));
    from += 16;
  }
  for (; to < end; to += 4) {
    store<f32>(to, load<f32>(from));
    from += 4;
  }
  return to;
}

// @ts-ignore: decorator
@inline function add(to: usize, from: usize, bytes: usize): void {
  const end = to + bytes;
  for (; to + 16 <= end; to += 16) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    from += 16;
  }
  for (; to < end; to += 4) {
    store<f32>(to, load<f32>(to) + load<f32>(from));
    from += 4;
  }
}
