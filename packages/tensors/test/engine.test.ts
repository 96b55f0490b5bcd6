/** Products of the backend wasm through the engine's library: skipped where none is. */
import { freemem } from 'node:os';
import { useEngine } from '@assay-ml/numerics/engine';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../src/index.js';
import { addressOf, type WasmBackend } from '../src/wasm/heap.js';
import { distance, values } from './compare.js';

const present = useEngine('auto').name === 'blas';
useEngine('wasm');

/** The product by the definition in float64: sides of the batch, then those of a and b. */
function reference(a: ArrayLike<number>, b: ArrayLike<number>, m: number, n: number, k: number, transposed: boolean[]) {
  const c = new Float64Array(m * n);
  const [transposeA, transposeB] = transposed;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      for (let p = 0; p < k; p++) {
        c[i * n + j]! += a[transposeA ? p * m + i : i * k + p]! * b[transposeB ? j * k + p : p * n + j]!;
      }
    }
  }
  return c;
}

describe.skipIf(!present)('with the engine blas', () => {
  beforeAll(async () => void (await useBackend('wasm', { engine: 'blas' })));
  afterAll(() => void useEngine('wasm'));

  test.each([
    [32, 32, 32],
    [31, 32, 33],
    [70, 90, 40],
    [1, 400, 300],
  ])('matMul %i × %i × %i, plain, transposed, batched, as in float64', async (m, n, k) => {
    const outers: [number[], number[]][] = [[[], []], [[3], [3]], [[1], [3]], [[3], [1]], [[2, 1], [1, 2]]]; // prettier-ignore
    for (const [outerA, outerB] of outers) {
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          const a = values('a', [...outerA, ...(transposeA ? [k, m] : [m, k])]);
          const b = values('b', [...outerB, ...(transposeB ? [n, k] : [k, n])]);
          const before = tf.memory().numBytes;
          const c = tf.matMul(a, b, transposeA, transposeB);
          const [x, y, z] = [await a.data(), await b.data(), await c.data()];
          const outer = tf.broadcast_util.assertAndGetBroadcastShape(outerA, outerB);
          expect(c.shape).toEqual([...outer, m, n]);
          const count = outer.reduce((p, side) => p * side, 1);
          for (let i = 0; i < count; i++) {
            const [iA, iB] = outer.length === 2 ? [i >> 1, i & 1] : [outerA[0] === 3 ? i : 0, outerB[0] === 3 ? i : 0];
            const [left, right] = [x.subarray(iA * m * k, (iA + 1) * m * k), y.subarray(iB * k * n, (iB + 1) * k * n)];
            const wanted = reference(left, right, m, n, k, [transposeA, transposeB]);
            expect(distance(z.subarray(i * m * n, (i + 1) * m * n), wanted)).toBeLessThan(1e-6);
          }
          c.dispose();
          expect(tf.memory().numBytes).toBe(before);
        }
      }
    }
  });

  test('from 32 × 32 × 32 on the library computes, below it WebAssembly with its bits', async () => {
    for (const [side, same] of [
      [31, true],
      [256, false],
    ] as const) {
      const [a, b] = [values('a', [side, side]), values('b', [side, side])];
      const one = await tf.matMul(a, b).data();
      useEngine('wasm');
      const other = await tf.matMul(a, b).data();
      useEngine('blas');
      expect(distance(one, other)).toBeLessThan(1e-6);
      expect(one.every((value, i) => value === other[i])).toBe(same);
    }
  });

  // Address space, of which the block in front of the operands takes none that is resident.
  const noMemory = freemem() < 8 * 2 ** 30;
  test.skipIf(noMemory)('operands above 2 GiB (skipped with less than 8 GiB of free memory)', async () => {
    const backend = tf.backend() as unknown as WasmBackend;
    const front = backend.makeOutput([2 ** 29 + 2 ** 18], 'float32');
    const [m, n, k] = [64, 48, 40];
    const [a, b] = [values('a', [m, k]), values('b', [k, n])];
    const c = tf.matMul(a, b);
    expect([a, b, c].map((t) => addressOf(backend, t) >>> 0 > 2 ** 31)).toEqual([true, true, true]);
    const wanted = reference(await a.data(), await b.data(), m, n, k, [false, false]);
    const found = await c.data();
    expect(distance(found, wanted)).toBeLessThan(1e-6);
    useEngine('wasm');
    const other = await tf.matMul(a, b).data();
    useEngine('blas');
    expect(other).not.toEqual(found); // the library has computed
    tf.dispose([a, b, c]);
    backend.disposeData(front.dataId);
  });

  test('memory that has grown between two products', async () => {
    const [a, b] = [values('a', [64, 64]), values('b', [64, 64])];
    const wanted = await tf.matMul(a, b).data();
    const large = tf.zeros([1 << 25]); // 128 MB
    expect(await tf.matMul(a, b).data()).toEqual(wanted);
    large.dispose();
  });
});
