/** Convolutions of NHWC images as products whose left operand is never made: tiles read the image where it lies. */
import { COLUMNS, pack, putSums, ROWS, tileColumns, tileRows } from './gemm';

/** Output pixels that pass one strip of the filter before the next strip. */
const BLOCK = 64;

/**
 * Some pixels of y ← x * w: rows first.. in steps of stepDown, as many as `rows`, and columns likewise. Their pixel (i, j) and
 * tap (r, s) meet the image at (i·strideDown + r·dilationDown − top, j·strideAcross + s·dilationAcross − left), zero outside.
 * A convolution computes all pixels at once; its gradient by the image those between which the forward stride lies.
 *
 * @param w the filter packed by `packFilter`
 * @param scratch 4 · (depth + 64 · taps + 64) bytes
 */
export function conv(
  batch: i32, height: i32, width: i32, depth: i32, x: usize,
  rows: i32, columns: i32, firstDown: i32, firstAcross: i32, stepDown: i32, stepAcross: i32,
  outHeight: i32, outWidth: i32, outDepth: i32, y: usize, tapsDown: i32, tapsAcross: i32, w: usize,
  strideDown: i32, strideAcross: i32, dilationDown: i32, dilationAcross: i32, top: i32, left: i32, scratch: usize,
): void {
  const taps = tapsDown * tapsAcross;
  const pixel = (<usize>depth) << 2;
  const outPixel = (<usize>outDepth) << 2;
  const pixels = batch * rows * columns;
  const strips = (outDepth + COLUMNS - 1) / COLUMNS;
  const strip = <usize>(taps * depth) * 32;
  const tile = (<usize>taps) << 4;
  // Scratch: a pixel of zeros, where the taps of a block's tiles lie, and where its pixels go.
  const zeros = scratch;
  const places = zeros + pixel;
  const outs = places + (BLOCK / ROWS) * tile;
  memory.fill(zeros, 0, pixel);
  let image = 0;
  let i = 0;
  let j = 0;
  for (let first = 0; first < pixels; first += BLOCK) {
    const many = min(BLOCK, pixels - first);
    for (let q = 0; q < many; q++) {
      const outRow = image * outHeight + i * stepDown + firstDown;
      store<u32>(outs + ((<usize>q) << 2), <u32>(y + <usize>(outRow * outWidth + j * stepAcross + firstAcross) * outPixel));
      const start = x + <usize>(image * height * width) * pixel;
      let at = places + <usize>(q >> 2) * tile + ((<usize>(q & 3)) << 2);
      for (let r = 0; r < tapsDown; r++) {
        const row = i * strideDown + r * dilationDown - top;
        for (let s = 0; s < tapsAcross; s++) {
          const column = j * strideAcross + s * dilationAcross - left;
          const inside = <u32>row < <u32>height && <u32>column < <u32>width;
          store<u32>(at, <u32>(inside ? start + <usize>(row * width + column) * pixel : zeros));
          at += 16;
        }
      }
      if (++j === columns) {
        j = 0;
        if (++i === rows) {
          i = 0;
          image++;
        }
      }
    }
    // The places that a last tile lacks are not stored, but read.
    for (let q = many; (q & 3) !== 0; q++) {
      let at = places + <usize>(q >> 2) * tile + ((<usize>(q & 3)) << 2);
      for (let t = 0; t < taps; t++) {
        store<u32>(at, <u32>zeros);
        at += 16;
      }
    }
    for (let s = 0; s < strips; s++) {
      const packed = w + <usize>s * strip;
      const shift = <usize>s * 32;
      for (let q = 0; q < many; q += ROWS) {
        const to = outs + ((<usize>q) << 2);
        tileRows(taps, depth, places + <usize>(q >> 2) * tile, packed,
          <usize>load<u32>(to) + shift, <usize>load<u32>(to, 4) + shift,
          <usize>load<u32>(to, 8) + shift, <usize>load<u32>(to, 12) + shift, many - q, outDepth - s * COLUMNS);
      }
    }
  }
}

/**
 * Packs taps of a filter for `conv`: strip by strip, all taps of a strip in order. Taps are `down` and `across` bytes apart
 * (negative: in reverse); `line` and `step` lead from one row and column of a tap's depth × width to the next.
 */
export function packFilter(
  tapsDown: i32, tapsAcross: i32, depth: i32, width: i32, w: usize, down: isize, across: isize, line: usize, step: usize,
  out: usize,
): void {
  for (let s = 0; s < width; s += COLUMNS) {
    for (let r = 0; r < tapsDown; r++) {
      let at = w + <usize>s * step + <usize>(<isize>r * down);
      for (let t = 0; t < tapsAcross; t++) {
        pack(depth, min(COLUMNS, width - s), at, line, step, out);
        out += <usize>depth * 32;
        at += <usize>across;
      }
    }
  }
}

/** Output pixels between two visits of a tile of sums, about. */
const PIXELS = 256;

/**
 * dw ← the gradient of a convolution by its filter.
 * @param scratch 4 · (n₈ · outWidth · lines + 32 · taps · ⌈depth/4⌉ · n₈/8) bytes, n₈ being outDepth rounded up to a
 *   multiple of 8 and lines `filterLines(outHeight, outWidth)`
 */
export function convFilter(
  batch: i32, height: i32, width: i32, depth: i32, x: usize,
  outHeight: i32, outWidth: i32, outDepth: i32, dy: usize,
  tapsDown: i32, tapsAcross: i32, strideDown: i32, strideAcross: i32, top: i32, left: i32, dw: usize, scratch: usize,
): void {
  const pixel = (<usize>depth) << 2;
  const outPixel = (<usize>outDepth) << 2;
  const tiles = (depth + ROWS - 1) / ROWS;
  const strips = (outDepth + COLUMNS - 1) / COLUMNS;
  const lines = filterLines(outHeight, outWidth);
  const outLine = <usize>outWidth * 32;
  const strip = <usize>lines * outLine;
  const sums = scratch + <usize>strips * strip;
  memory.fill(sums, 0, <usize>(tapsDown * tapsAcross * tiles * strips) * 128);
  for (let image = 0; image < batch; image++) {
    for (let from = 0; from < outHeight; from += lines) {
      const many = min(lines, outHeight - from);
      packLines(many * outWidth, outDepth, dy + <usize>((image * outHeight + from) * outWidth) * outPixel, strip, scratch);
      let sum = sums;
      for (let r = 0; r < tapsDown; r++) {
        // Output rows whose tap r lies inside the image: 0 ≤ i·stride + r − top < height.
        const first = max(from, firstInside(top - r, strideDown));
        const last = min(from + many, firstInside(height + top - r, strideDown));
        for (let s = 0; s < tapsAcross; s++) {
          const start = firstInside(left - s, strideAcross);
          const end = min(outWidth, firstInside(width + left - s, strideAcross));
          if (first >= last || start >= end) {
            sum += <usize>(tiles * strips) * 128;
            continue;
          }
          const row = first * strideDown + r - top;
          const column = start * strideAcross + s - left;
          const at = x + <usize>((image * height + row) * width + column) * pixel;
          const by = scratch + <usize>(first - from) * outLine + <usize>start * 32;
          for (let t = 0; t < tiles; t++) {
            for (let q = 0; q < strips; q++) {
              tileColumns(last - first, end - start, at + <usize>t * 16, <usize>strideAcross * pixel,
                <usize>(strideDown * width) * pixel, by + <usize>q * strip, outLine, sum, min(ROWS, depth - t * ROWS));
              sum += 128;
            }
          }
        }
      }
    }
  }
  let sum = sums;
  for (let tap = 0; tap < tapsDown * tapsAcross; tap++) {
    for (let t = 0; t < tiles; t++) {
      for (let q = 0; q < strips; q++) {
        putSums(sum, dw + <usize>(tap * depth + t * ROWS) * outPixel + <usize>q * 32, outPixel, min(ROWS, depth - t * ROWS),
          outDepth - q * COLUMNS);
        sum += 128;
      }
    }
  }
}

/** Output rows that `convFilter` works off at a time. */
export function filterLines(outHeight: i32, outWidth: i32): i32 {
  return min(outHeight, max(1, PIXELS / outWidth));
}

/** The first i ≥ 0 with i · stride ≥ from. */
// @ts-ignore: decorator
@inline function firstInside(from: i32, stride: i32): i32 {
  return from <= 0 ? 0 : (from + stride - 1) / stride;
}

/** Packs pixels of dy in strips of 8 channels, strips `strip` bytes apart. */
function packLines(pixels: i32, depth: i32, dy: usize, strip: usize, out: usize): void {
  for (let s = 0; s < depth; s += COLUMNS) {
    pack(pixels, min(COLUMNS, depth - s), dy + ((<usize>s) << 2), (<usize>depth) << 2, 4, out);
    out += strip;
  }
}
