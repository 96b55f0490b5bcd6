import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { Float64Accumulator, leakGuard, useBackend } from '../src/index.js';

beforeAll(async () => {
  await useBackend('wasm');
});

test('sums in float64 what float32 would lose', async () => {
  const total = new Float64Accumulator();
  const [large, small] = [tf.tensor1d([2 ** 24]), tf.tensor1d([1])];
  await leakGuard(async () => {
    await total.add([large]);
    for (let i = 0; i < 10; i++) await total.add([small]);
  });
  expect(total.sum()).toEqual([Float64Array.of(2 ** 24 + 10)]);
  expect(total.count).toBe(11);
});

test('means and means of squares, for each tensor', async () => {
  const total = new Float64Accumulator();
  await total.add([tf.tensor2d([[1, 2]]), tf.scalar(3)]);
  await total.add([tf.tensor2d([[3, -4]]), tf.scalar(5)]);
  expect(total.shapes).toEqual([[1, 2], []]);
  expect(total.mean()).toEqual([Float64Array.of(2, -1), Float64Array.of(4)]);
  expect(total.meanOfSquares()).toEqual([Float64Array.of(5, 10), Float64Array.of(17)]);
  total.sum()[0]![0] = 99;
  expect(total.sum()[0]).toEqual(Float64Array.of(4, -2));
});

test('additions may overlap, and a failed one adds nothing', async () => {
  const total = new Float64Accumulator();
  const gone = tf.scalar(1);
  const first = total.add([tf.scalar(1)]);
  const second = total.add([gone]);
  const third = total.add([tf.scalar(2)]);
  gone.dispose();
  await first;
  await expect(second).rejects.toThrow(/disposed/);
  await third;
  expect([total.count, total.sum()]).toEqual([2, [Float64Array.of(3)]]);
});

test('refuses other shapes and empty means by name', async () => {
  const total = new Float64Accumulator();
  expect(() => total.mean()).toThrow("Float64Accumulator.mean: 'count' is 0; must be at least 1. Call add() first.");
  expect(() => total.meanOfSquares()).toThrow("Float64Accumulator.meanOfSquares: 'count' is 0");
  await total.add([tf.ones([2])]);
  await expect(total.add([tf.ones([3])])).rejects.toThrow(
    "Float64Accumulator.add: 'tensors' has shapes [[3]]; must have those of the first list, [[2]]. Use one accumulator for each model.",
  );
  await expect(total.add([])).rejects.toThrow("'tensors' has shapes []");
  expect(total.count).toBe(1);
});
