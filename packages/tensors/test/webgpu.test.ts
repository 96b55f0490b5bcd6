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
  // Of small tensors much is computed on the CPU: other kernels than those that are tested.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
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
  });

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
  });

  test('a class outside, which cannot be read in time, makes its loss and gradient NaN', async () => {
    const [losses, slopes] = await on('webgpu', () => {
      const [classes, z] = [tf.tensor1d([1, 3, -1], 'int32'), values('z', [3, 3])];
      return [crossEntropy(classes, z), tf.grad((logits) => tf.sum(crossEntropy(classes, logits)))(z)];
    });
    expect(Array.from(losses!, Number.isNaN)).toEqual([false, true, true]);
    expect(Array.from(slopes!, Number.isNaN)).toEqual([...Array(3).fill(false), ...Array(6).fill(true)]);
  });

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
  });

  test('second derivatives are right', async () => {
    const compute = () => {
      const x = tf.tensor1d([0.5, -1]);
      return hessianVector(([p]) => tf.sum(tf.square(tf.tanh(p!))), [x], [tf.onesLike(x)]);
    };
    const [product] = await on('webgpu', compute);
    expect(distance(product!, [0.5652, -0.6216])).toBeLessThan(1e-4);
  });

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
    expect([...(await tf.neg(tf.tensor1d([1, 0], 'bool')).data())]).toEqual([1, 0]);
  });

  test('rows are counted in bins of their own, in whole numbers and as truth values', async () => {
    await useBackend('webgpu');
    const x = tf.tensor2d([0, 1, 1, 4, 2, 2], [2, 3], 'int32');
    const weights = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3], 'int32');
    const line = tf.reshape(x, [6]) as tf.Tensor1D;
    const counts = [
      tf.denseBincount(x, weights, 4),
      tf.denseBincount(x, tf.cast(weights, 'float32'), 4),
      tf.denseBincount(x, weights, 4, true),
      tf.bincount(line, tf.reshape(weights, [6]) as tf.Tensor1D, 4),
    ];
    expect(await Promise.all(counts.map(async (count) => [...(await count.data())]))).toEqual([
      [1, 5, 0, 0, 0, 0, 11, 0],
      [1, 5, 0, 0, 0, 0, 11, 0],
      [1, 1, 0, 0, 0, 0, 1, 0],
      [1, 5, 11, 0],
    ]);
    expect(counts.map(({ dtype }) => dtype)).toEqual(['int32', 'float32', 'int32', 'int32']);
  });

  test('one transform serves all images, and a filter may be as large as they are', async () => {
    const compute = () => {
      const images = values('images', [2, 4, 4, 1]) as tf.Tensor4D;
      return [
        tf.image.transform(images, [[1, 0.11, 0.23, 0, 1, 0.31, 0.01, 0]], 'bilinear'),
        tf.conv2d(images, values('filter', [4, 4, 1, 4]) as tf.Tensor4D, 3, 'valid'),
      ];
    };
    const [actual, wanted] = [await on('webgpu', compute), await on('cpu', compute)];
    for (const [i, list] of wanted.entries()) expect([i, distance(actual[i]!, list) < 1e-5]).toEqual([i, true]);
  });

  test('a product of many terms with a transposed second factor', async () => {
    const compute = () => {
      const [a, b] = [values('a', [8, 2100]) as tf.Tensor2D, values('b', [40, 2100]) as tf.Tensor2D];
      const [left, bias] = [tf.transpose(a), values('bias', [40]) as tf.Tensor1D];
      return [
        tf.matMul(a, b, false, true),
        tf.matMul(left, b, true, true),
        tf.fused.matMul({ a, b, transposeB: true, bias, activation: 'relu' }),
        tf.grad((x) => tf.sum(tf.square(tf.matMul(x, b))))(values('c', [8, 40])),
      ];
    };
    const [actual, wanted] = [await on('webgpu', compute), await on('cpu', compute)];
    for (const [i, list] of wanted.entries()) expect([i, distance(actual[i]!, list) < 1e-5]).toEqual([i, true]);
  });

  test('complex numbers have the shape that they were given', async () => {
    const compute = () => {
      const [re, im] = [values('re', [4]), values('im', [4])];
      const squares = tf.reshape(tf.complex(re, im), [2, 2]);
      const joined = tf.concat([squares, squares], 1);
      const batches = tf.fft(tf.complex(values('res', [2, 3, 4]), values('ims', [2, 3, 4])));
      const parts = [tf.fft(tf.complex(re, im)), tf.spectral.rfft(re), batches, joined].flatMap((z) => [
        tf.real(z),
        tf.imag(z),
      ]);
      return [...parts, tf.cast(squares, 'float32')];
    };
    const shapesOn = async (backend: 'webgpu' | 'cpu') => {
      await useBackend(backend);
      const tensors = tf.tidy(compute);
      tf.dispose(tensors);
      return tensors.map(({ shape }) => shape);
    };
    expect(await shapesOn('webgpu')).toEqual(await shapesOn('cpu'));
    const [actual, wanted] = [await on('webgpu', compute), await on('cpu', compute)];
    for (const [i, list] of wanted.entries()) expect([i, distance(actual[i]!, list) < 1e-5]).toEqual([i, true]);
  });

  test('of no numbers come zeros, or nothing', async () => {
    await useBackend('webgpu');
    const [none, filter] = [tf.zeros([0, 4, 4, 2]) as tf.Tensor4D, tf.ones([3, 3, 2, 2]) as tf.Tensor4D];
    const byFilter = (f: (w: tf.Tensor4D) => tf.Tensor) => tf.grad((w) => f(w as tf.Tensor4D))(filter);
    const zeros = [
      tf.sum(tf.zeros([0, 3]), 0, true),
      tf.sum(tf.zeros([0])),
      tf.einsum('ij,jk->ik', tf.zeros([2, 0]), tf.zeros([0, 3])),
      tf.unsortedSegmentSum(tf.zeros([0, 2]), tf.zeros([0], 'int32'), 3),
      byFilter((w) => tf.conv2d(none, w, 1, 'same')),
      byFilter((w) => tf.depthwiseConv2d(none, w, 1, 'same')),
    ];
    expect(zeros.map(({ shape }) => shape)).toEqual([[1, 3], [], [2, 3], [3, 2], [3, 3, 2, 2], [3, 3, 2, 2]]);
    for (const list of await Promise.all(zeros.map((tensor) => tensor.data()))) {
      expect([...list].every((value) => value === 0)).toBe(true);
    }
    expect(tf.conv2d(none, filter, 2, 'same').shape).toEqual([0, 2, 2, 2]);
    expect(tf.cast(tf.zeros([0], 'bool'), 'float32').shape).toEqual([0]);
  });

  test('a program that reads nothing is refused, and those that wait with it run', async () => {
    await useBackend('webgpu');
    const waiting = tf.square(tf.tensor1d([1, 2, 3]));
    const nowhere = () => tf.where(tf.zeros([0], 'bool'), 1, 0);
    expect(nowhere).toThrow(/^Select: an input of shape \[0\] has no numbers; must have one at least on webgpu/);
    expect([...(await waiting.data())]).toEqual([1, 4, 9]);
  });

  test('sin, cos, tan and acos are as near as WGSL promises', async () => {
    const compute = () => {
      const x = tf.linspace(-3, 3, 61);
      return [tf.sin(x), tf.cos(x), tf.tan(tf.div(x, 3)), tf.acos(tf.div(x, 3.1))];
    };
    const [actual, wanted] = [await on('webgpu', compute), await on('cpu', compute)];
    // To that of acos comes the rounding of float32.
    for (const [i, promised] of [2 ** -11, 2 ** -11, 2 ** -10, 6.77e-5 + 2 ** -22].entries()) {
      const error = Math.max(...Array.from(wanted[i]!, (value, k) => Math.abs(value - actual[i]![k]!)));
      expect([i, error <= promised]).toEqual([i, true]);
    }
  });
});
