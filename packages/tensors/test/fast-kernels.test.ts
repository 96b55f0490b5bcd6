/** Kernels of wasm that stand before the stock ones: against float64, and what they leave to the stock kernels. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../src/index.js';
import { expectLikeCpu, runOn } from './compare.js';

beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('wasm');
});

describe('Exp', () => {
  const exp = async (x: readonly number[] | Float32Array) => {
    const [y] = await runOn('wasm', tf.Exp, { x: () => tf.tensor1d(x as number[], 'float32') });
    return y!.data;
  };

  test('is within 1e-7 of itself from −87 to 88', async () => {
    const x = Float32Array.from({ length: 200_001 }, (_, i) => -87 + (175 * i) / 200_000);
    const y = await exp(x);
    const off = x.map((value, i) => Math.abs(y[i]! / Math.exp(value) - 1));
    expect(off.reduce((a, b) => Math.max(a, b))).toBeLessThan(1e-7);
  });

  test('at the ends of the range and beyond', async () => {
    const x = [0, -0, 88.72283, 88.73, 1e30, Infinity, -104, -1e30, -Infinity, NaN];
    const y = [...(await exp(x))] as number[];
    expect(y.slice(0, 2)).toEqual([1, 1]);
    expect(y[2]! / Math.exp(Math.fround(88.72283))).toBeCloseTo(1, 6);
    expect(y.slice(3)).toEqual([Infinity, Infinity, Infinity, 0, 0, 0, NaN]);
    // Numbers below the normal ones have a last digit of 2⁻¹⁴⁹.
    for (const small of [-87.5, -90, -95.25, -100, -103]) {
      expect(Math.abs((await exp([small]))[0]! - Math.exp(small))).toBeLessThanOrEqual(2 ** -149);
    }
  });

  test('a number has the same bits wherever it lies', async () => {
    const x = [1.25, -3.5, 0.1, 7, -0.75, 20, -60];
    const all = [...(await exp(x))] as number[];
    for (const [i, value] of x.entries()) expect((await exp([value]))[0]).toBe(all[i]);
  });

  test('no numbers, and integers', async () => {
    expect((await exp([])).length).toBe(0);
    await expectLikeCpu(tf.Exp, { x: () => tf.tensor2d([[0, 1, -2, 3, 4]], [1, 5], 'int32') }, {}, 1e-6);
  });

  test('its gradient is itself, and so is the second', async () => {
    await tf.setBackend('wasm');
    const x = tf.tensor1d([0.5, -1, 1.7, -0.3, 0.05]);
    const y = await tf.exp(x).data();
    const sum = (f: (v: tf.Tensor) => tf.Tensor) => (v: tf.Tensor) => tf.sum(f(v));
    const first = tf.grad(sum((v) => tf.exp(v)));
    expect(await first(x).data()).toEqual(y);
    expect(await tf.grad(sum(first))(x).data()).toEqual(y);
  });
});
