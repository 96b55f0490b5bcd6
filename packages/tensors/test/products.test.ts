import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { hessianVector, useBackend } from '../src/index.js';

beforeAll(async () => {
  console.log(await useBackend('auto'));
});

test('Σ tanh² by hand', async () => {
  const x = tf.tensor1d([0.5, -1]);
  const [h] = hessianVector(([p]) => tf.sum(tf.square(tf.tanh(p!))), [x], [tf.onesLike(x)]);
  const values = await h!.data();
  expect(values[0]).toBeCloseTo(0.5652, 3);
  expect(values[1]).toBeCloseTo(-0.6216, 3);
});
