import { gemm, invert, stream } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { inverseSpd, leakGuard, useBackend } from '../src/index.js';
import { backendsPresent, distance } from './compare.js';

const present = await backendsPresent();
const webgpu = await useBackend('webgpu').then(() => true, () => false); // prettier-ignore

/** Σ of n + 2 squares and a bit, [count, n, n]. */
function definite(count: number, n: number, seed: number): Float64Array {
  const all = new Float64Array(count * n * n);
  for (let s = 0; s < count; s++) {
    const x = stream(seed, 'spd').at(s).fillNormal(new Float64Array(n * (n + 2))); // prettier-ignore
    const a = gemm(n, n, n + 2, x, x, all.subarray(s * n * n, (s + 1) * n * n), { transposeB: true });
    for (let i = 0; i < n; i++) a[i * n + i]! += 0.1 * n;
  }
  return all.map(Math.fround);
}

describe.each([...present, ...(webgpu ? (['webgpu'] as const) : [])])('on %s', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));

  it('inverts each matrix of a batch, as in float64', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 1e6 }),
        async (n, count, seed) => {
          const a = definite(count, n, seed);
          const x = tf.tensor(Float32Array.from(a), [1, count, n, n]);
          const found = inverseSpd(x);
          expect(found.shape).toEqual([1, count, n, n]);
          const values = await found.data();
          for (let s = 0; s < count; s++) {
            const wanted = a.slice(s * n * n, (s + 1) * n * n);
            invert(n, wanted);
            expect(distance(values.subarray(s * n * n, (s + 1) * n * n), wanted)).toBeLessThan(1e-4);
          }
          tf.dispose([x, found]);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('inverts as large a matrix as it takes', async () => {
    const wanted = definite(1, 64, 3);
    const values = await inverseSpd(tf.tensor(Float32Array.from(wanted), [64, 64])).data();
    invert(64, wanted);
    expect(distance(values, wanted)).toBeLessThan(1e-4);
  });
});

describe.each(present)('on %s', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));

  it('leaves no tensor behind', () => leakGuard(() => void tf.tidy(() => void inverseSpd(tf.eye(3)))));
});

test('on cpu and wasm a singular matrix and one that is not finite are NaN, and their neighbours are not', async () => {
  for (const backend of ['cpu', 'wasm'] as const) {
    await useBackend(backend);
    const found = inverseSpd(tf.tensor([[[1, 1], [1, 1]], [[2, 0], [0, 4]], [[NaN, 0], [0, 1]]])); // prettier-ignore
    expect([...(await found.data())]).toEqual([NaN, NaN, NaN, NaN, 0.5, 0, 0, 0.25, NaN, NaN, NaN, NaN]);
  }
});

test('refuses what are no small squares of float32', async () => {
  await useBackend('cpu');
  for (const shape of [[2, 3], [4], [65, 65], [0, 0]]) {
    expect(() => inverseSpd(tf.zeros(shape))).toThrow(`inverseSpd: 'a' has shape [${shape}]; must be [..., n, n] with n from 1 to 64.`); // prettier-ignore
  }
  expect(() => inverseSpd(tf.zeros([2, 2], 'int32'))).toThrow("inverseSpd: 'a' is int32; must be float32.");
  expect(() => tf.grad((x: tf.Tensor) => tf.sum(inverseSpd(x)))(tf.eye(2))).toThrow('AssayInverseSpd');
});
