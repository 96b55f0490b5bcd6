/**
 * WebGPU through Dawn. A machine without a GPU has an adapter if VK_ICD_FILENAMES names SwiftShader's
 * (/usr/lib/chromium/vk_swiftshader_icd.json of Debian's chromium, beside libvulkan1); else this file skips and says why.
 */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  batchNorm,
  type BackendReport,
  causalSoftmax,
  crossEntropy,
  gelu,
  hessianVector,
  layerNorm,
  rmsNorm,
  rotary,
  softmaxCrossEntropy,
  swiglu,
  useBackend,
} from '../src/index.js';
import { distance, values } from './compare.js';

let report: BackendReport | undefined;
let reason = '';
try {
  report = await useBackend('webgpu');
} catch (error) {
  reason = (error as Error).message;
}

/** Values of tensors, read as WebGPU only can: asynchronously. */
async function on(backend: 'webgpu' | 'cpu', compute: () => tf.Tensor[]): Promise<ArrayLike<number>[]> {
  await useBackend(backend);
  const tensors = tf.tidy(compute);
  const read = await Promise.all(tensors.map((tensor) => tensor.data()));
  tf.dispose(tensors);
  return read;
}

describe.skipIf(!report)(`WebGPU${reason && ` (skipped: ${reason})`}`, () => {
  test('the report labels a software adapter', async () => {
    const { adapter, why } = report!;
    expect(adapter!.description).not.toBe('');
    expect(why).toContain(adapter!.software ? 'software adapter' : 'adapter');
    const auto = await useBackend('auto');
    if (adapter!.software && auto.name !== 'tensorflow') {
      expect(auto.tried[1]!.reason).toContain('which auto does not take');
      expect(auto.name).toBe('wasm');
    }
  });

  test('gradients of a small network agree with the cpu backend', async () => {
    const compute = () => {
      const x = values('x', [4, 6, 6, 2]) as tf.Tensor4D;
      const labels = tf.oneHot(tf.tensor1d([0, 1, 2, 0], 'int32'), 3);
      const params = [values('w', [3, 3, 2, 4]), values('s', [4]), values('o', [4]), values('v', [4, 3])];
      return tf.grads((...p) => {
        const h = batchNorm(tf.conv2d(x, p[0] as tf.Tensor4D, 1, 'same'), p[1]!, p[2]!, 'batch').y;
        const pooled = tf.avgPool(tf.maxPool(tf.relu(h) as tf.Tensor4D, 2, 2, 'valid'), 2, 2, 'same');
        return tf.mean(softmaxCrossEntropy(labels, tf.matMul(tf.mean(pooled, [1, 2]), p[3]!)));
      })(params);
    };
    const [actual, wanted] = [await on('webgpu', compute), await on('cpu', compute)];
    for (const [i, gradient] of wanted.entries()) expect(distance(actual[i]!, gradient)).toBeLessThan(1e-5);
  }, 300_000);

  test('operations of transformers and their gradients agree with the cpu backend', async () => {
    const compute = () => {
      const x = values('x', [2, 3, 2, 6]);
      const [scale, offset] = [values('scale', [6]), values('offset', [6])];
      const classes = tf.tensor3d([0, 5, 1, 4, 2, 3, 3, 2, 1, 0, 5, 4], [2, 3, 2], 'int32');
      const operations: ((x: tf.Tensor) => tf.Tensor)[] = [
        (z) => crossEntropy(classes, z),
        (z) => rmsNorm(z, scale),
        (z) => layerNorm(z, scale, offset),
        (z) => rotary(z, { offset: 2 }),
        (z) => swiglu(z, tf.square(z)),
        gelu,
        causalSoftmax,
      ];
      return operations.flatMap((f) => [f(x), tf.grad((z) => tf.sum(tf.square(f(z))))(x)]);
    };
    const [actual, wanted] = [await on('webgpu', compute), await on('cpu', compute)];
    for (const [i, list] of wanted.entries()) expect([i, distance(actual[i]!, list) < 1e-5]).toEqual([i, true]);
  }, 300_000);

  test('a class outside, which cannot be read in time, makes its loss and gradient NaN', async () => {
    const [losses, slopes] = await on('webgpu', () => {
      const [classes, z] = [tf.tensor1d([1, 3, -1], 'int32'), values('z', [3, 3])];
      return [crossEntropy(classes, z), tf.grad((logits) => tf.sum(crossEntropy(classes, logits)))(z)];
    });
    expect(Array.from(losses!, Number.isNaN)).toEqual([false, true, true]);
    expect(Array.from(slopes!, Number.isNaN)).toEqual([...Array(3).fill(false), ...Array(6).fill(true)]);
  }, 300_000);

  test('addN sums any number of tensors, and of their gradients', async () => {
    const terms = () => Array.from({ length: 30 }, (_, i) => values(`term ${i}`, [3, 5]));
    await on('webgpu', () => terms().slice(0, 2)); // started
    const before = tf.memory().numTensors;
    for (const count of [1, 2, 7, 8, 13, 14, 30]) {
      const compute = () => [tf.addN(terms().slice(0, count))];
      const [[actual], [wanted]] = [await on('webgpu', compute), await on('cpu', compute)];
      expect(distance(actual!, wanted!), `${count} terms`).toBeLessThan(1e-6);
    }
    const slopes = () => tf.grads((...p) => tf.sum(tf.square(tf.addN(p))))(terms());
    const [actual, wanted] = [await on('webgpu', slopes), await on('cpu', slopes)];
    for (const [i, slope] of wanted.entries()) expect(distance(actual[i]!, slope)).toBeLessThan(1e-6);
    expect(tf.memory().numTensors).toBe(before);
  }, 300_000);

  test('second derivatives are right', async () => {
    const compute = () => {
      const x = tf.tensor1d([0.5, -1]);
      return hessianVector(([p]) => tf.sum(tf.square(tf.tanh(p!))), [x], [tf.onesLike(x)]);
    };
    const [product] = await on('webgpu', compute);
    expect(distance(product!, [0.5652, -0.6216])).toBeLessThan(1e-4);
  }, 300_000);

  test('what its kernels get wrong is cured, or refused by name', async () => {
    const compute = () => {
      const x = values('kernels', [2, 3, 4]);
      const whole = tf.tensor1d([1, 2, 3, 4], 'int32');
      return [
        tf.argMax(values('places', [7])),
        tf.cumsum(x, 1, false, true),
        tf.cumprod(x, 2, true, true),
        tf.prod(x, 1, true),
        tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 3])),
        tf.unsortedSegmentSum(whole, tf.tensor1d([0, 1, 0, 1], 'int32'), 2),
        tf.pow(whole, tf.scalar(3, 'int32')),
        tf.transpose(x, [0, 2, 1]),
        tf.transpose(tf.cast(tf.greater(x, 0), 'float32'), [0, 2, 1]),
        ...[0, 1, [0, 2]].map((axis) => tf.grad((z) => tf.sum(tf.square(tf.min(z, axis))))(x)),
        ...[0, 1, [0, 2]].map((axis) => tf.grad((z) => tf.sum(tf.logSumExp(z, axis)))(x)),
      ];
    };
    const [actual, wanted] = [await on('webgpu', compute), await on('cpu', compute)];
    for (const [i, list] of wanted.entries()) expect([i, distance(actual[i]!, list) < 1e-5]).toEqual([i, true]);
    await useBackend('webgpu');
    const image = tf.ones([1, 3, 3, 2]) as tf.Tensor4D;
    expect(() => tf.conv2d(image, tf.ones([3, 3, 2, 1]), 1, 'valid')).toThrow(
      "conv2d: the filter has the image's size",
    );
    expect(() => tf.fft(tf.complex([1, 2], [0, 0]))).toThrow('fft: the input has one axis');
    expect(() => tf.image.transform(image, [[1, 0.1, 0.2, 0, 1, 0.3, 0, 0]])).toThrow('transform: the kernel');
    expect(() => tf.denseBincount(tf.tensor1d([0, 1], 'int32'), [1, 2], 2)).toThrow('denseBincount: the kernel');
  }, 300_000);
});
