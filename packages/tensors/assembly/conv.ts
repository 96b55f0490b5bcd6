/** Convolutions of NHWC images as products whose left operand is never made: tiles read the image where it lies. */
import { COLUMNS, pack, putSums, ROWS, tileColumns, tileRows } from './gemm';

/** Output pixels that pass one strip of the filter before the next strip. */
const BLOCK = 64;

/**
 * y ← x * w, or with a stride of the image below 1 (`dilation` of the input) the gradient by the input.
 *
 * Output pixel (i, j) and tap (r, s) meet the image at ((i·stride + r·dilation − top)/spread, …), where that is whole and inside.
 * A forward convolution has spread 1; the gradient by the input has stride and dilation 1 and spreads by the forward stride.
 *
 * @param w the filter packed by `pack`, taps in order, each of `depth` rows and `width` columns
 * @param scratch 4 · (depth + 64 · taps + 3 · 64) bytes
 */
export function conv(
  batch: i32, height: i32, width: i32, depth: i32, x: usize,
  outHeight: i32, outWidth: i32, outDepth: i32, y: usize,
  tapsDown: i32, tapsAcross: i32, w: usize,
  strideDown: i32, strideAcross: i32, dilationDown: i32, dilationAcross: i32, top: i32, left: i32,
  spreadDown: i32, spreadAcross: i32, scratch: usize,
): void {
  const taps = tapsDown * tapsAcross;
  const zeros = scratch;
  const rows = zeros + ((<usize>depth) << 2);
  memory.fill(zeros, 0, (<usize>depth) << 2);
  // Output pixels of one phase meet whole image pixels at the same taps; the other taps are skipped.
  for (let phaseDown = 0; phaseDown < spreadDown; phaseDown++) {
    for (let phaseAcross = 0; phaseAcross < spreadAcross; phaseAcross++) {
      phase(batch, height, width, depth, x, outHeight, outWidth, outDepth, y, tapsDown, tapsAcross, w,
        strideDown, strideAcross, dilationDown, dilationAcross, top, left, spreadDown, spreadAcross,
        phaseDown, phaseAcross, zeros, rows, taps);
    }
  }
}

function phase(
  batch: i32, height: i32, width: i32, depth: i32, x: usize,
  outHeight: i32, outWidth: i32, outDepth: i32, y: usize,
  tapsDown: i32, tapsAcross: i32, w: usize,
  strideDown: i32, strideAcross: i32, dilationDown: i32, dilationAcross: i32, top: i32, left: i32,
  spreadDown: i32, spreadAcross: i32, phaseDown: i32, phaseAcross: i32, zeros: usize, rows: usize, taps: i32,
): void {
  const pixel = (<usize>depth) << 2;
  const outPixel = (<usize>outDepth) << 2;
  const phaseHeight = (outHeight - phaseDown + spreadDown - 1) / spreadDown;
  const phaseWidth = (outWidth - phaseAcross + spreadAcross - 1) / spreadAcross;
  const pixels = batch * phaseHeight * phaseWidth;
  const strips = (outDepth + COLUMNS - 1) / COLUMNS;
  const strip = <usize>(taps * depth) * 32;
  const tile = (<usize>taps) << 4;
  // Behind the rows of a block: where each of its pixels goes.
  const outs = rows + (BLOCK / ROWS) * tile;
  let image = 0;
  let i = 0;
  let j = 0;
  for (let first = 0; first < pixels; first += BLOCK) {
    const many = min(BLOCK, pixels - first);
    for (let q = 0; q < many; q++) {
      const outRow = i * spreadDown + phaseDown;
      const outColumn = j * spreadAcross + phaseAcross;
      store<u32>(outs + ((<usize>q) << 2), <u32>(y + <usize>((image * outHeight + outRow) * outWidth + outColumn) * outPixel));
      const start = x + <usize>(image * height * width) * pixel;
      let at = rows + <usize>(q >> 2) * tile + ((<usize>(q & 3)) << 2);
      for (let r = 0; r < tapsDown; r++) {
        const down = outRow * strideDown + r * dilationDown - top;
        const row = spreadDown === 1 ? down : down % spreadDown === 0 ? down / spreadDown : -1;
        for (let s = 0; s < tapsAcross; s++) {
          const across = outColumn * strideAcross + s * dilationAcross - left;
          const column = spreadAcross === 1 ? across : across % spreadAcross === 0 ? across / spreadAcross : -1;
          const inside = <u32>row < <u32>height && <u32>column < <u32>width;
          store<u32>(at, <u32>(inside ? start + <usize>(row * width + column) * pixel : zeros));
          at += 16;
        }
      }
      if (++j === phaseWidth) {
        j = 0;
        if (++i === phaseHeight) {
          i = 0;
          image++;
        }
      }
    }
    // A last tile with fewer pixels repeats one of them.
    for (let q = many; (q & 3) !== 0; q++) {
      store<u32>(outs + ((<usize>q) << 2), load<u32>(outs));
      let at = rows + <usize>(q >> 2) * tile + ((<usize>(q & 3)) << 2);
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
        tileRows(taps, depth, rows + <usize>(q >> 2) * tile, packed,
          <usize>load<u32>(to) + shift, <usize>load<u32>(to, 4) + shift,
          <usize>load<u32>(to, 8) + shift, <usize>load<u32>(to, 12) + shift, many - q, outDepth - s * COLUMNS);
      }
    }
  }
}

/**
 * Packs a filter [taps, depth, width] for `conv`: strip by strip, all taps of a strip in order. `line` and `step` lead
 * from one row and column of a tap to the next; taps are `tap` bytes apart, negative: in reverse.
 */
export function packFilter(
  taps: i32, depth: i32, width: i32, w: usize, tap: isize, line: usize, step: usize, out: usize,
): void {
  for (let s = 0; s < width; s += COLUMNS) {
    let at = w + <usize>s * step;
    for (let t = 0; t < taps; t++) {
      pack(depth, min(COLUMNS, width - s), at, line, step, out);
      out += <usize>depth * 32;
      at += <usize>tap;
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
