/** Gradients of pooling over NHWC images. Four channels at a time, and those that are left one at a time. */

/**
 * dx ← dy where each window has its first maximum, 0 elsewhere. A window of NaN or −∞ alone has none.
 */
export function maxPoolGradient(
  batch: i32, height: i32, width: i32, depth: i32, x: usize,
  outHeight: i32, outWidth: i32, dy: usize, tapsDown: i32, tapsAcross: i32,
  strideDown: i32, strideAcross: i32, top: i32, left: i32, dx: usize,
): void {
  const pixel = (<usize>depth) << 2;
  const line = <usize>width * pixel;
  memory.fill(dx, 0, <usize>(batch * height) * line);
  for (let image = 0; image < batch; image++) {
    for (let i = 0; i < outHeight; i++) {
      const firstRow = max(0, i * strideDown - top);
      const endRow = min(height, i * strideDown - top + tapsDown);
      for (let j = 0; j < outWidth; j++) {
        const firstColumn = max(0, j * strideAcross - left);
        const endColumn = min(width, j * strideAcross - left + tapsAcross);
        const rows = endRow - firstRow;
        const columns = endColumn - firstColumn;
        const corner = <usize>((image * height + firstRow) * width + firstColumn) * pixel;
        let c = 0;
        for (; c + 4 <= depth; c += 4) {
          const start = corner + ((<usize>c) << 2);
          let best = f32x4.splat(-Infinity);
          let where = i32x4.splat(-1);
          let tap = 0;
          let at = x + start;
          for (let r = 0; r < rows; r++) {
            let from = at;
            for (let s = 0; s < columns; s++) {
              const value = v128.load(from);
              const larger = f32x4.gt(value, best);
              best = v128.bitselect(value, best, larger);
              where = v128.bitselect(i32x4.splat(tap), where, larger);
              tap++;
              from += pixel;
            }
            at += line;
          }
          const g = v128.load(dy + ((<usize>c) << 2));
          tap = 0;
          at = dx + start;
          for (let r = 0; r < rows; r++) {
            let to = at;
            for (let s = 0; s < columns; s++) {
              const part = v128.and(g, i32x4.eq(where, i32x4.splat(tap)));
              v128.store(to, f32x4.add(v128.load(to), part));
              tap++;
              to += pixel;
            }
            at += line;
          }
        }
        for (; c < depth; c++) {
          const start = corner + ((<usize>c) << 2);
          let best: f32 = -Infinity;
          let where: usize = 0;
          for (let r = 0; r < rows; r++) {
            for (let s = 0; s < columns; s++) {
              const offset = start + <usize>r * line + <usize>s * pixel;
              const value = load<f32>(x + offset);
              if (value > best) {
                best = value;
                where = dx + offset;
              }
            }
          }
          if (where !== 0) store<f32>(where, load<f32>(where) + load<f32>(dy + ((<usize>c) << 2)));
        }
        dy += pixel;
      }
    }
  }
}

/** dx ← the sum over the windows of dy divided by the number of pixels of the window that lie in the image. */
export function avgPoolGradient(
  batch: i32, height: i32, width: i32, depth: i32,
  outHeight: i32, outWidth: i32, dy: usize, tapsDown: i32, tapsAcross: i32,
  strideDown: i32, strideAcross: i32, top: i32, left: i32, dx: usize,
): void {
  const pixel = (<usize>depth) << 2;
  const line = <usize>width * pixel;
  memory.fill(dx, 0, <usize>(batch * height) * line);
  for (let image = 0; image < batch; image++) {
    for (let i = 0; i < outHeight; i++) {
      const firstRow = max(0, i * strideDown - top);
      const endRow = min(height, i * strideDown - top + tapsDown);
      for (let j = 0; j < outWidth; j++) {
        const firstColumn = max(0, j * strideAcross - left);
        const endColumn = min(width, j * strideAcross - left + tapsAcross);
        const share: f32 = 1 / <f32>((endRow - firstRow) * (endColumn - firstColumn));
        let at = dx + <usize>((image * height + firstRow) * width + firstColumn) * pixel;
        for (let r = firstRow; r < endRow; r++) {
          let to = at;
          for (let s = firstColumn; s < endColumn; s++) {
            addScaled(depth, share, dy, to);
            to += pixel;
          }
          at += line;
        }
        dy += pixel;
      }
    }
  }
}

/** y ← y + αx. */
// @ts-ignore: decorator
@inline function addScaled(n: i32, alpha: f32, x: usize, y: usize): void {
  const scale = f32x4.splat(alpha);
  for (; n >= 4; n -= 4) {
    v128.store(y, f32x4.add(v128.load(y), f32x4.mul(scale, v128.load(x))));
    x += 16;
    y += 16;
  }
  for (; n > 0; n--) {
    store<f32>(y, load<f32>(y) + alpha * load<f32>(x));
    x += 4;
    y += 4;
  }
}
