/** Gradients of the depthwise convolution: output channel c · multiplier + m is input channel c by filter m of it. */

/** dx ← the gradient by the image. */
export function depthwiseInput(
  batch: i32, height: i32, width: i32, depth: i32, multiplier: i32, outHeight: i32, outWidth: i32, dy: usize,
  tapsDown: i32, tapsAcross: i32, strideDown: i32, strideAcross: i32, dilationDown: i32, dilationAcross: i32,
  top: i32, left: i32, w: usize, dx: usize,
): void {
  const pixel = (<usize>depth) << 2;
  const outPixel = pixel * <usize>multiplier;
  memory.fill(dx, 0, <usize>(batch * height * width) * pixel);
  for (let image = 0; image < batch; image++) {
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        for (let r = 0; r < tapsDown; r++) {
          const row = i * strideDown + r * dilationDown - top;
          if (<u32>row >= <u32>height) continue;
          for (let s = 0; s < tapsAcross; s++) {
            const column = j * strideAcross + s * dilationAcross - left;
            if (<u32>column >= <u32>width) continue;
            let to = dx + <usize>((image * height + row) * width + column) * pixel;
            let a = dy;
            let b = w + <usize>(r * tapsAcross + s) * outPixel;
            let c = depth;
            if (multiplier === 1) {
              for (; c >= 4; c -= 4) {
                v128.store(to, f32x4.add(v128.load(to), f32x4.mul(v128.load(a), v128.load(b))));
                to += 16;
                a += 16;
                b += 16;
              }
            }
            for (; c > 0; c--) {
              let sum = load<f32>(to);
              for (let m = multiplier; m > 0; m--) {
                sum += load<f32>(a) * load<f32>(b);
                a += 4;
                b += 4;
              }
              store<f32>(to, sum);
              to += 4;
            }
          }
        }
        dy += outPixel;
      }
    }
  }
}

/**
 * dw ← the gradient by the filter. The sums of one image are added to the total, so that they stay short.
 * @param scratch as many bytes as dw
 */
export function depthwiseFilter(
  batch: i32, height: i32, width: i32, depth: i32, multiplier: i32, x: usize, outHeight: i32, outWidth: i32, dy: usize,
  tapsDown: i32, tapsAcross: i32, strideDown: i32, strideAcross: i32, dilationDown: i32, dilationAcross: i32,
  top: i32, left: i32, dw: usize, scratch: usize,
): void {
  const pixel = (<usize>depth) << 2;
  const outPixel = pixel * <usize>multiplier;
  const size = <usize>(tapsDown * tapsAcross) * outPixel;
  memory.fill(dw, 0, size);
  for (let image = 0; image < batch; image++) {
    memory.fill(scratch, 0, size);
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        for (let r = 0; r < tapsDown; r++) {
          const row = i * strideDown + r * dilationDown - top;
          if (<u32>row >= <u32>height) continue;
          for (let s = 0; s < tapsAcross; s++) {
            const column = j * strideAcross + s * dilationAcross - left;
            if (<u32>column >= <u32>width) continue;
            let a = x + <usize>((image * height + row) * width + column) * pixel;
            let b = dy;
            let to = scratch + <usize>(r * tapsAcross + s) * outPixel;
            let c = depth;
            if (multiplier === 1) {
              for (; c >= 4; c -= 4) {
                v128.store(to, f32x4.add(v128.load(to), f32x4.mul(v128.load(a), v128.load(b))));
                to += 16;
                a += 16;
                b += 16;
              }
            }
            for (; c > 0; c--) {
              const value = load<f32>(a);
              for (let m = multiplier; m > 0; m--) {
                store<f32>(to, load<f32>(to) + value * load<f32>(b));
                to += 4;
                b += 4;
              }
              a += 4;
            }
          }
        }
        dy += outPixel;
      }
    }
    for (let at: usize = 0; at < size; at += 4) store<f32>(dw + at, load<f32>(dw + at) + load<f32>(scratch + at));
  }
}
