/**
 * What TensorFlow.js 4.22.0 does wrong without this package. When a line fails, a later version has repaired it: see
 * whether the cure can go.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import { openWebgpu } from '../src/webgpu.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const x = () => tf.tensor1d([0.5, -1]);
const second = (u: (x: tf.Tensor) => tf.Tensor) =>
  tf
    .grad((p) => tf.sum(tf.grad((q) => tf.sum(tf.square(u(q))))(p)))(x())
    .data();

test('it is that version', () => {
  expect(tf.version_core).toBe('4.22.0');
});

describe('second derivatives', () => {
  // Right: (0.5652, −0.6216), (10.873, 0.5413), (0.2351, 0.0162).
  test.each([
    ['tanh', (p: tf.Tensor) => tf.tanh(p), [1.237, 0.3528]],
    ['exp', (p: tf.Tensor) => tf.exp(p), [5.4366, 0.2707]],
    ['sigmoid', (p: tf.Tensor) => tf.sigmoid(p), [0.1105, 0.0773]],
  ] as const)('Σ %s² is silently wrong', async (_, u, wrong) => {
    const values = await second(u);
    expect(values[0]).toBeCloseTo(wrong[0], 3);
    expect(values[1]).toBeCloseTo(wrong[1], 3);
  });

  test.each<[string, (p: tf.Tensor) => tf.Tensor, RegExp]>([
    ['elu', (p) => tf.elu(p), /not found for EluGrad/],
    ['leakyRelu', (p) => tf.leakyRelu(p), /not found for Greater/],
    ['max', (p) => tf.max(p), /not found for Equal/],
    ['clip', (p) => tf.clipByValue(p, -2, 2), /not found for LogicalAnd/],
    [
      'maxPool',
      (p) => tf.maxPool(tf.reshape(p, [1, 1, 2, 1]) as tf.Tensor4D, 1, 1, 'valid'),
      /not found for MaxPoolGrad/,
    ],
    [
      'avgPool',
      (p) => tf.avgPool(tf.reshape(p, [1, 1, 2, 1]) as tf.Tensor4D, 1, 1, 'valid'),
      /not found for AvgPoolGrad/,
    ],
    [
      'conv2d',
      (w) => tf.conv2d(tf.ones([1, 1, 2, 1]) as tf.Tensor4D, tf.reshape(w, [1, 2, 1, 1]) as tf.Tensor4D, 1, 'same'),
      /not found for Conv2DBackpropFilter/,
    ],
  ])('%s throws', async (_, u, message) => {
    expect(() => second(u)).toThrow(message);
  });
});

test('the gradient of average pooling ignores that windows at the border are smaller', async () => {
  const image = tf.ones([1, 3, 3, 1]) as tf.Tensor4D;
  const gradient = tf.grad((v) => tf.sum(tf.avgPool(v as tf.Tensor4D, 2, 2, 'same')))(image);
  expect([...(await gradient.data())]).toEqual(Array(9).fill(0.25));
});

test('wasm lacks kernels that training needs', () => {
  for (const kernel of [
    tf.Conv2DBackpropFilter,
    tf.DepthwiseConv2dNativeBackpropFilter,
    tf.DepthwiseConv2dNativeBackpropInput,
    tf.Einsum,
    tf.UnsortedSegmentSum,
  ]) {
    expect(tf.getKernel(kernel, 'wasm'), kernel).toBeUndefined();
  }
});

test('wasm puts the gradient of max pooling elsewhere where a window has negative numbers alone', async () => {
  await tf.setBackend('wasm');
  const image = tf.tensor4d([-2, -1], [1, 1, 2, 1]);
  const gradient = tf.grad((v) => tf.sum(tf.maxPool(v as tf.Tensor4D, [1, 2], 1, 'valid')))(image);
  expect([...(await gradient.data())]).toEqual([1, 0]);
  await tf.setBackend('cpu');
});

test('wasm sums nothing to what memory held, and many like numbers in one float32', async () => {
  await tf.setBackend('wasm');
  tf.fill([16], 7).dispose();
  expect([...(await tf.sum(tf.zeros([0, 16]), 0).data())]).not.toEqual(Array(16).fill(0));
  const [sum] = await tf.sum(tf.fill([1 << 17, 2], 0.7), 0).data();
  expect(Math.abs(sum! / (Math.fround(0.7) * 2 ** 17) - 1)).toBeGreaterThan(1e-5);
  await tf.setBackend('cpu');
});

test('webgpu sums wrongly where terms are more than seven, for which its log has errors (skipped without an adapter)', async ({
  skip,
}) => {
  const { ok, reason } = await openWebgpu(true);
  skip(!ok, reason);
  await tf.setBackend('webgpu');
  const sum = (count: number) => tf.addN(Array.from({ length: count }, () => tf.scalar(1))).data();
  expect([...(await sum(7))]).toEqual([7]);
  expect([...(await sum(8))]).not.toEqual([8]);
  await tf.setBackend('cpu');
});

test('webgpu reads a transposed second factor of many terms elsewhere (skipped without an adapter)', async ({
  skip,
}) => {
  const { ok, reason } = await openWebgpu(true);
  skip(!ok, reason);
  await tf.setBackend('webgpu');
  const rows = tf.tile(tf.expandDims(tf.range(0, 40), 1), [1, 2100]);
  const product = await tf.matMul(tf.ones([8, 2100]), rows as tf.Tensor2D, false, true).data();
  // Right: 2100 times 0, 1, 2, …
  expect([...product.slice(0, 40)]).not.toEqual(Array.from({ length: 40 }, (_, i) => 2100 * i));
  await tf.setBackend('cpu');
});

test('cpu transforms the first image alone', async () => {
  const moved = tf.image.transform(tf.ones<tf.Rank.R4>([2, 1, 1, 1]), [[1, 0, 0, 0, 1, 0, 0, 0]]);
  // Right: 1, 1.
  expect([...(await moved.data())]).toEqual([1, 0]);
});

test('cpu repeats the smaller batch instead of broadcasting it', async () => {
  const a = tf.tensor4d([1, 2], [2, 1, 1, 1]);
  const b = tf.tensor4d([1, 1, 1, 1, 1, 1], [2, 3, 1, 1]);
  // Right: 1, 1, 1, 2, 2, 2.
  expect([...(await tf.matMul(a, b).data())]).toEqual([1, 2, 1, 2, 1, 2]);
});
