import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { Float64Accumulator, useBackend } from '../src/index.js';

beforeAll(async () => {
  await useBackend('wasm');
});

test('sums in float64 what float32 would lose, and takes the tensors', async () => {
  const before = tf.memory().numTensors;
  const total = new Float64Accumulator([1]);
  await total.take([tf.tensor1d([2 ** 24])]);
  for (let i = 0; i < 10; i++) await total.take([tf.tensor1d([1])]);
  expect(total.sums).toEqual([Float64Array.of(2 ** 24 + 10)]);
  expect(tf.memory().numTensors).toBe(before);
});

test('means, for each tensor, and sums at places', async () => {
  const total = new Float64Accumulator([2, 1]);
  await total.take([tf.tensor2d([[1, 2]]), tf.scalar(3)]);
  await total.take([tf.scalar(5)], [1]);
  await total.take([tf.tensor1d([3, -4])], [0]);
  expect(total.mean(2)).toEqual([Float64Array.of(2, -1), Float64Array.of(4)]);
  total.mean(2)[0]![0] = 99;
  expect(total.sums[0]).toEqual(Float64Array.of(4, -2));
});

test('a failed read adds nothing, and the other tensors are taken all the same', async () => {
  const before = tf.memory().numTensors;
  const total = new Float64Accumulator([1, 1]);
  const gone = tf.scalar(1);
  gone.dispose();
  await expect(total.take([tf.scalar(1), gone])).rejects.toThrow(/disposed/);
  expect(total.sums).toEqual([Float64Array.of(0), Float64Array.of(0)]);
  expect(tf.memory().numTensors).toBe(before);
});

test('refuses other sizes, places and counts by name', async () => {
  expect(() => new Float64Accumulator([-1])).toThrow("Float64Accumulator: 'sizes[0]' is -1; must be");
  const total = new Float64Accumulator([2]);
  expect(() => total.mean(0)).toThrow("Float64Accumulator.mean: 'count' is 0; must be an integer of at least 1.");
  await expect(total.take([tf.ones([3])])).rejects.toThrow(
    "Float64Accumulator.take: 'tensors[0]' is [3]; must be of 2 entries. Use one accumulator for each model.",
  );
  await expect(total.take([tf.ones([2]), tf.ones([2])])).rejects.toThrow(
    "Float64Accumulator.take: 'tensors[1]' is [2]; must be of a sum's size, and there are 1 sums.",
  );
  expect(total.sums).toEqual([new Float64Array(2)]);
});
