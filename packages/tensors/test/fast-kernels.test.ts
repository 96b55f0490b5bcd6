/** Kernels of wasm that stand before the stock ones: against float64, and what they leave to the stock kernels. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../src/index.js';
import { expectLikeCpu, runOn, values } from './compare.js';

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
    const y = Array.from(await exp(x));
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
    const all = Array.from(await exp(x));
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

/** Shapes, axes, and the sides of the parts along the axis. */
const parted: [number[], number, number[]][] = [
  [[5, 12], 1, [4, 4, 4]],
  [[5, 12], -1, [1, 2, 9]],
  [[7, 300], 1, [70, 230]],
  [[12, 5], 0, [3, 9]],
  [[2, 3, 8], 2, [3, 5]],
  [[2, 6, 5], 1, [1, 3, 2]],
  [[2, 3, 4, 6], 3, [0, 6, 0]],
  [[2, 3, 4, 6], 2, [2, 0, 2]],
  [[0, 6], 1, [2, 4]],
  [[3, 4], 1, [4]],
  [[9], 0, [2, 7]],
];

describe('SplitV and Concat', () => {
  const partsOf = (shape: readonly number[], axis: number, sides: readonly number[]) =>
    sides.map((side) => shape.map((own, d) => (d === (axis + shape.length) % shape.length ? side : own)));

  test.each(parted)('%j along %i in %j', async (shape, axis, numOrSizeSplits) => {
    // What is copied is bits, those of NaN and ∞ also.
    const mixed = (x: tf.Tensor) => tf.where(tf.greater(x, 1), NaN, tf.where(tf.less(x, -1), -Infinity, x));
    const kinds = [mixed, (x: tf.Tensor) => tf.cast(x, 'int32'), (x: tf.Tensor) => tf.greater(x, 0)];
    const shapes = partsOf(shape, axis, numOrSizeSplits);
    for (const kind of kinds) {
      const make = () => tf.tidy(() => kind(values('x', shape)));
      const wanted = await runOn('cpu', tf.SplitV, { x: make }, { numOrSizeSplits, axis });
      expect(wanted.map((part) => part.shape)).toEqual(shapes);
      const before = tf.memory().numBytes;
      expect(await runOn('wasm', tf.SplitV, { x: make }, { numOrSizeSplits, axis })).toEqual(wanted);
      expect(tf.memory().numBytes).toBe(before);
      // And together again.
      await tf.setBackend('wasm');
      const x = make();
      const parts = tf.split(x, numOrSizeSplits, axis);
      const whole = tf.concat(parts, axis);
      expect([whole.shape, whole.dtype]).toEqual([x.shape, x.dtype]);
      expect(await whole.data()).toEqual(await x.data());
      tf.dispose([x, ...parts, whole]);
      expect(tf.memory().numBytes).toBe(before);
    }
  });

  test('strings go to the stock kernel', async () => {
    await tf.setBackend('wasm');
    const [a, b] = [tf.tensor2d([['a', 'b']]), tf.tensor2d([['c']])];
    expect(await tf.concat([a, b], 1).data()).toEqual(['a', 'b', 'c']);
  });

  test('refuse parts that do not fit', async () => {
    await tf.setBackend('wasm');
    expect(() => tf.split(tf.ones([2, 5]), 2, 1)).toThrow(/even/);
    expect(() => tf.concat([tf.ones([2, 5]), tf.ones([3, 5])], 1)).toThrow(/does not match the shape of the rest/);
  });

  test('their gradients are each other', async () => {
    await tf.setBackend('wasm');
    const [x, dy] = [values('x', [3, 7]), values('dy', [3, 7])];
    const turned = (t: tf.Tensor) => tf.concat(tf.split(t, [2, 5], 1).toReversed(), 1);
    const dx = tf.grad((v) => tf.sum(tf.mul(turned(v), dy)))(x);
    expect(await dx.data()).toEqual(await tf.concat(tf.split(dy, [5, 2], 1).toReversed(), 1).data());
  });
});
