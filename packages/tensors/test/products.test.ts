import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import {
  gaussNewtonVector,
  hessianVector,
  leakGuard,
  logSoftmax,
  perExampleGradients,
  softmaxCrossEntropy,
  useBackend,
} from '../src/index.js';
import { distance, values } from './compare.js';

beforeAll(async () => {
  await useBackend('wasm');
});

test('the gradients of single examples: least squares by hand', async () => {
  const w = tf.tensor2d([[1], [-2]]);
  const unused = tf.ones([2]);
  const x = tf.tensor2d([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  const y = tf.tensor2d([[1], [2], [3]]);
  const loss = ([p]: readonly tf.Tensor[], input: tf.Tensor, target: tf.Tensor) =>
    tf.sum(tf.square(tf.sub(tf.matMul(input, p!), target)));
  const [gradients, none] = leakGuard(() =>
    perExampleGradients((p, ...example) => loss(p, example[0]!, example[1]!), [w, unused], [x, y]),
  );
  // 2 (w·x − y) x, with residuals −4, −7, −10.
  expect(await gradients!.array()).toEqual([
    [[-8], [-16]],
    [[-42], [-56]],
    [[-100], [-120]],
  ]);
  expect(await none!.array()).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
});

test('their sum is the gradient of the sum, through a convolution', async () => {
  const w = values('w', [3, 3, 1, 2]);
  const images = values('images', [4, 5, 5, 1]);
  const loss = (p: readonly tf.Tensor[], x: tf.Tensor) =>
    tf.sum(tf.tanh(tf.conv2d(x as tf.Tensor4D, p[0] as tf.Tensor4D, 1, 'same')));
  const [each] = perExampleGradients((p, x) => loss(p, x!), [w], [images]);
  const together = tf.grad((p) => loss([p], images))(w);
  expect(distance(await tf.sum(each!, 0).data(), await together.data())).toBeLessThan(1e-6);
});

test('softmax cross-entropy: values, gradients, weights of rows, large logits', async () => {
  const labels = tf.tensor2d([
    [0, 1, 0],
    [1, 0, 2],
  ]);
  const logits = tf.tensor2d([
    [1, 2, 3],
    [1000, 0, -1000],
  ]);
  const e = [1, 2, 3].map(Math.exp);
  const total = e.reduce((a, b) => a + b);
  const losses = await softmaxCrossEntropy(labels, logits).data();
  expect(losses.length).toBe(2);
  expect(losses[0]).toBeCloseTo(Math.log(total) - 2, 5);
  expect(losses[1]).toBe(4000);
  const gradient = await tf
    .grad((z) => tf.sum(softmaxCrossEntropy(labels, z)))(logits)
    .data();
  const p = e.map((value) => value / total);
  expect(distance(gradient, [p[0]!, p[1]! - 1, p[2]!, 2, 0, -2])).toBeLessThan(1e-6);
});

test('log softmax: values and gradient', async () => {
  const z = tf.tensor1d([1, 2, 3]);
  const e = [1, 2, 3].map(Math.exp);
  const total = e.reduce((a, b) => a + b);
  expect(
    distance(
      await logSoftmax(z).data(),
      [1, 2, 3].map((value) => value - Math.log(total)),
    ),
  ).toBeLessThan(1e-6);
  const gradient = await tf
    .grad((x) => tf.sum(tf.mul(logSoftmax(x), tf.tensor1d([1, 0, 2]))))(z)
    .data();
  expect(
    distance(
      gradient,
      e.map((value, i) => [1, 0, 2][i]! - (3 * value) / total),
    ),
  ).toBeLessThan(1e-6);
});

test('refuse bad input by name', () => {
  const w = tf.ones([2]);
  const square = ([p]: readonly tf.Tensor[]) => tf.sum(tf.square(p!));
  expect(() => hessianVector(square, [w], [tf.ones([3])])).toThrow(
    "hessianVector: 'vectors' has shapes [[3]]; must have those of 'params', [[2]]. Give one tensor for each parameter.",
  );
  expect(() => hessianVector(square, [w], [[w], [w, w]])).toThrow("hessianVector: 'vectors' has shapes [[2],[2]]");
  expect(() => hessianVector(([p]) => tf.square(p!), [w], [w])).toThrow(
    "hessianVector: 'f' gave a tensor of shape [2]; must give a scalar. Take its sum or mean.",
  );
  expect(() =>
    gaussNewtonVector(
      ([p]) => p!,
      (z) => tf.square(z),
      [w],
      [w],
    ),
  ).toThrow("gaussNewtonVector: 'loss' gave a tensor of shape [2]");
  expect(() =>
    gaussNewtonVector(
      ([p]) => p!,
      (z) => tf.sum(z),
      [w],
      [],
    ),
  ).toThrow("gaussNewtonVector: 'vectors' has shapes []");
  expect(() => perExampleGradients(square, [w], [])).toThrow(
    "perExampleGradients: 'batch' has shapes []; must be tensors with one first side, of at least 1. Put the examples along the first axis.",
  );
  expect(() => perExampleGradients(square, [w], [tf.ones([2]), tf.ones([3])])).toThrow("'batch' has shapes [[2],[3]]");
  expect(() => perExampleGradients(([p]) => p!, [w], [tf.ones([2])])).toThrow(
    "perExampleGradients: 'loss' gave a tensor of shape [2]",
  );
  expect(() => softmaxCrossEntropy(tf.ones([2]), tf.ones([3]))).toThrow(
    "softmaxCrossEntropy: 'labels' has shape [2]; must have that of 'logits', [3]. Make class numbers one-hot.",
  );
});
