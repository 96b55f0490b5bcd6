/**
 * Convolutions of NHWC images through the library of the engine `blas`: products of the filter with rows of what each output
 * pixel sees, made in WebAssembly a chunk at a time. All return whether they did; if not, nothing has been written.
 */
import { products } from '@assay-ml/numerics/engine';
import type * as tf from '@tensorflow/tfjs-core';
import { kernelsOf, type WasmBackend, withScratch } from './heap.js';

type Info = tf.backend_util.Conv2DInfo;

/** Bytes of a chunk; from 32 KB to 1 MB it made no difference. */
const CHUNK = 1 << 18;

/** From so many terms on the library was faster than WebAssembly, with kernels for AVX2 too. */
const LARGE = 2 ** 16;

/** For the gradient by the filter, if inputs · outputs are this many too: else making the rows takes longer than the product. */
const WIDE = 12 ** 2;

/** The library's product, if it is faster for such a convolution. */
function productFor({ batchSize, outHeight, outWidth, outChannels, filterHeight, filterWidth, inChannels }: Info) {
  const terms = batchSize * outHeight * outWidth * outChannels * filterHeight * filterWidth * inChannels;
  return terms < LARGE ? null : (products()?.sgemm ?? null);
}

/** The rows are the image's pixels themselves. */
const isPointwise = ({ filterHeight, filterWidth, strideHeight, strideWidth, inHeight, inWidth, outHeight, outWidth }: Info) =>
  filterHeight * filterWidth * strideHeight * strideWidth === 1 && inHeight === outHeight && inWidth === outWidth; // prettier-ignore

/** A matrix at an address, in the memory as it is now. */
function operandsOf(backend: WasmBackend) {
  const array = new Float32Array(backend.wasm.HEAPU8.buffer);
  return (address: number, ld: number) => ({ array, start: address / 4, ld });
}

/** Runs with scratch space for `rows` rows, as many as a chunk has, and `extra` bytes behind them. */
function inChunks(
  backend: WasmBackend,
  rows: number,
  window: number,
  extra: number,
  run: (first: number, many: number, scratch: number, at: ReturnType<typeof operandsOf>, behind: number) => void,
): void {
  const most = Math.min(rows, Math.max(1, Math.floor(CHUNK / 4 / window)));
  withScratch(backend, 4 * most * window + extra, (scratch) => {
    const at = operandsOf(backend);
    for (let first = 0; first < rows; first += most) {
      run(first, Math.min(most, rows - first), scratch, at, scratch + 4 * most * window);
    }
  });
}

/** out ← x * filter; all three are addresses. */
export function convolve(backend: WasmBackend, c: Info, x: number, filter: number, out: number): boolean {
  const sgemm = productFor(c);
  if (sgemm === null) return false;
  const [rows, outputs] = [c.batchSize * c.outHeight * c.outWidth, c.outChannels];
  const window = c.filterHeight * c.filterWidth * c.inChannels;
  if (isPointwise(c)) {
    const at = operandsOf(backend);
    sgemm(rows, outputs, window, at(x, window), false, at(filter, outputs), false, 0, at(out, outputs));
    return true;
  }
  const { unfold } = kernelsOf(backend);
  inChunks(backend, rows, window, 0, (first, many, scratch, at) => {
    unfold(
      ...[first, many, c.inHeight, c.inWidth, c.inChannels, x, c.outHeight, c.outWidth, c.filterHeight, c.filterWidth],
      ...[c.strideHeight, c.strideWidth, c.dilationHeight, c.dilationWidth, c.padInfo.top, c.padInfo.left, scratch],
    );
    const to = at(out + 4 * first * outputs, outputs);
    sgemm(many, outputs, window, at(scratch, window), false, at(filter, outputs), false, 0, to);
  });
  return true;
}

/**
 * dx ← the gradient by the image. Where there are no more outputs than inputs, the convolution of dy with the filter whose
 * taps are reversed, each transposed; else, and with strides, a product whose rows are added to the pixels that they saw.
 */
export function gradientByImage(backend: WasmBackend, c: Info, dy: number, filter: number, dx: number): boolean {
  const sgemm = productFor(c);
  if (sgemm === null) return false;
  const [rows, inputs, outputs] = [c.batchSize * c.outHeight * c.outWidth, c.inChannels, c.outChannels];
  const taps = c.filterHeight * c.filterWidth;
  const { flipFilter, fold, unfold } = kernelsOf(backend);
  if (isPointwise(c)) {
    const at = operandsOf(backend);
    sgemm(rows, inputs, outputs, at(dy, outputs), false, at(filter, outputs), true, 0, at(dx, inputs));
  } else if (c.strideHeight * c.strideWidth === 1 && outputs <= inputs) {
    const window = taps * outputs;
    inChunks(
      backend,
      c.batchSize * c.inHeight * c.inWidth,
      window,
      4 * window * inputs,
      (first, many, scratch, at, flipped) => {
        // prettier-ignore
        if (first === 0) flipFilter(taps, inputs, outputs, filter, flipped);
        unfold(
          ...[first, many, c.outHeight, c.outWidth, outputs, dy, c.inHeight, c.inWidth, c.filterHeight, c.filterWidth],
          ...[1, 1, 1, 1, c.filterHeight - 1 - c.padInfo.top, c.filterWidth - 1 - c.padInfo.left, scratch],
        );
        const to = at(dx + 4 * first * inputs, inputs);
        sgemm(many, inputs, window, at(scratch, window), false, at(flipped, inputs), false, 0, to);
      },
    );
  } else {
    const window = taps * inputs;
    backend.wasm.HEAPU8.fill(0, dx, dx + 4 * c.batchSize * c.inHeight * c.inWidth * inputs);
    inChunks(backend, rows, window, 0, (first, many, scratch, at) => {
      const deltas = at(dy + 4 * first * outputs, outputs);
      sgemm(many, window, outputs, deltas, false, at(filter, outputs), true, 0, at(scratch, window));
      fold(
        ...[first, many, c.inHeight, c.inWidth, inputs, dx, c.outHeight, c.outWidth, c.filterHeight, c.filterWidth],
        ...[c.strideHeight, c.strideWidth, c.padInfo.top, c.padInfo.left, scratch],
      );
    });
  }
  return true;
}

/** dw ← the gradient by the filter, a sum over chunks of pixels. */
export function gradientByFilter(backend: WasmBackend, c: Info, x: number, dy: number, dw: number): boolean {
  const sgemm = c.inChannels * c.outChannels < WIDE ? null : productFor(c);
  if (sgemm === null) return false;
  const [rows, outputs] = [c.batchSize * c.outHeight * c.outWidth, c.outChannels];
  const window = c.filterHeight * c.filterWidth * c.inChannels;
  if (isPointwise(c)) {
    const at = operandsOf(backend);
    sgemm(window, outputs, rows, at(x, window), true, at(dy, outputs), false, 0, at(dw, outputs));
    return true;
  }
  const { unfold } = kernelsOf(backend);
  inChunks(backend, rows, window, 0, (first, many, scratch, at) => {
    unfold(
      ...[first, many, c.inHeight, c.inWidth, c.inChannels, x, c.outHeight, c.outWidth, c.filterHeight, c.filterWidth],
      ...[c.strideHeight, c.strideWidth, 1, 1, c.padInfo.top, c.padInfo.left, scratch],
    );
    const deltas = at(dy + 4 * first * outputs, outputs);
    sgemm(window, outputs, many, at(scratch, window), true, deltas, false, first === 0 ? 0 : 1, at(dw, outputs));
  });
  return true;
}
