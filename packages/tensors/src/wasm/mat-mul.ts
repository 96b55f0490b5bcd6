import { sgemm } from '@assay-ml/numerics/engine';
import * as tf from '@tensorflow/tfjs-core';
import { addressOf, kernelsOf, type WasmBackend, withScratch } from './heap.js';

/**
 * Matrix products with transposes and batch dimensions. The stock kernel is fast for one plain product only and falls to a
 * loop for all others, which means for every gradient of a dense layer. With the engine `blas` products of 32³ terms and more
 * go through its library.
 */
export const matMul: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
  const { transposeA = false, transposeB = false } = attrs as unknown as { transposeA?: boolean; transposeB?: boolean };
  if (a.dtype !== 'float32' || b.dtype !== 'float32') {
    throw new Error(
      `matMul: the operands are ${a.dtype} and ${b.dtype}; must be float32 on wasm. Cast them with tf.cast.`,
    );
  }
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [inner, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  if (k !== inner) {
    throw new Error(
      `matMul: inner sides ${k} and ${inner} of shapes [${a.shape}] and [${b.shape}] (transposed: ${transposeA}, ${transposeB}) differ; must be equal. Transpose one.`,
    );
  }
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const out = backend.makeOutput([...outer, m, n], 'float32');
  const count = tf.util.sizeFromShape(outer);
  if (count * m * n === 0) return out;

  const [pa, pb, pc] = [a, b, out].map((tensor) => addressOf(backend, tensor)) as [number, number, number];
  const strips = Math.ceil(n / 8);
  const bytes = strips * k * 32 + 1024 + (transposeA ? 128 * Math.ceil(m / 4) * strips : 0);
  /** `times` products; false, and nothing done, where no library computes such. */
  const throughLibrary = (times: number, from: number, fromA: number, nextA: number, fromB: number, nextB: number) => {
    const array = new Float32Array(backend.wasm.HEAPU8.buffer);
    const at = (address: number, ld: number) => ({ array, start: address / 4, ld });
    // Where all share the right operand, one product of all their rows.
    const joined = nextA === 1 && nextB === 0 && !transposeA;
    const [calls, rows] = joined ? [1, times * m] : [times, m];
    for (let i = 0; i < calls; i++) {
      const left = at(pa + 4 * m * k * (fromA + i * nextA), transposeA ? m : k);
      const right = at(pb + 4 * k * n * (fromB + i * nextB), transposeB ? k : n);
      const done = sgemm(rows, n, k, left, transposeA, right, transposeB, at(pc + 4 * m * n * (from + i), n));
      if (!done) return false;
    }
    return true;
  };
  const product = (times: number, from: number, fromA: number, nextA: number, fromB: number, nextB: number) => {
    if (throughLibrary(times, from, fromA, nextA, fromB, nextB)) return;
    withScratch(backend, bytes, (scratch) => {
      kernelsOf(backend).matMul(
        ...[times, m, n, k, pa + 4 * m * k * fromA, 4 * m * k * nextA, Number(transposeA)],
        ...[pb + 4 * k * n * fromB, 4 * k * n * nextB, Number(transposeB), pc + 4 * m * n * from, scratch],
      );
    });
  };
  const [countA, countB] = [a, b].map(({ shape }) => tf.util.sizeFromShape(shape.slice(0, -2))) as [number, number];
  const step = (own: number) => (own === count ? 1 : own === 1 ? 0 : undefined);
  const [nextA, nextB] = [step(countA), step(countB)];
  if (nextA !== undefined && nextB !== undefined) product(count, 0, 0, nextA, 0, nextB);
  else {
    // Broadcast within the batch dimensions: one product at a time.
    const strides = tf.util.computeStrides([...outer, 1]);
    const at = (shape: readonly number[], where: readonly number[]) =>
      shape
        .slice(0, -2)
        .reduce((index, side, d) => index * side + (side === 1 ? 0 : where[where.length - shape.length + 2 + d]!), 0);
    for (let i = 0; i < count; i++) {
      const where = tf.util.indexToLoc(i, outer.length + 1, strides).slice(0, -1);
      product(1, i, at(a.shape, where), 0, at(b.shape, where), 0);
    }
  }
  return out;
};
