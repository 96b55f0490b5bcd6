/** Inputs that stock TensorFlow.js gets wrong in silence, on each backend that runs here; all of them are in ops.md. */
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { hessianVector, useBackend } from '../src/index.js';
import { backendsPresent, distance, runOn, values } from './compare.js';

const present = await backendsPresent();

describe.each(present)('on %s', (backend) => {
  test('equal extrema share their gradient', async () => {
    await useBackend(backend);
    expect(
      distance(
        await tf
          .grad((x) => tf.min(x))(tf.ones([3]))
          .data(),
        [1 / 3, 1 / 3, 1 / 3],
      ),
    ).toBeLessThan(1e-6);
    expect([
      ...(await tf
        .grad((x) => tf.max(x))(tf.tensor1d([2, 1, 2]))
        .data()),
    ]).toEqual([0.5, 0, 0.5]);
  });

  test('what a mirror pad copied comes back', async () => {
    await useBackend(backend);
    const weights = tf.tensor1d([1, 10, 100, 1000, 10_000]);
    const gradient = tf.grad((x) => tf.sum(tf.mul(tf.mirrorPad(x, [[1, 1]], 'reflect'), weights)))(tf.ones([3]));
    expect([...(await gradient.data())]).toEqual([10, 10_101, 1000]);
  });

  test('conv3d by its input', async () => {
    await useBackend(backend);
    const filter = tf.fill([1, 1, 1, 1, 1], 3) as tf.Tensor5D;
    const f = (x: tf.Tensor) => tf.sum(tf.conv3d(x as tf.Tensor5D, filter, 1, 'valid'));
    expect([
      ...(await tf
        .grad(f)(tf.ones([1, 2, 2, 2, 1]))
        .data()),
    ]).toEqual(Array(8).fill(3));
  });

  test('every image is transformed (native TensorFlow lacks the kernel)', async () => {
    await useBackend(backend);
    const images = values('images', [3, 4, 4, 2]) as tf.Tensor4D;
    const each = tf.tensor2d([[1, 0.11, 0.23], [1, 0.2, -0.4], [0.9, 0.03, 0.37]].map((row) => [...row, 0, 1, 0.31, 0.01, 0])); // prettier-ignore
    const of = (a: tf.Tensor, by: tf.Tensor) => tf.image.transform(a as tf.Tensor4D, by as tf.Tensor2D, 'bilinear');
    if (backend === 'tensorflow') {
      expect(() => of(images, each)).toThrow("Kernel 'Transform' not registered");
      return;
    }
    for (const by of [each, tf.slice(each, 0, 1)]) {
      const alone = tf.split(images, 3).map((image, i) => of(image, by.shape[0] === 1 ? by : tf.slice(each, i, 1)));
      const wanted = await tf.concat(alone).data();
      expect(distance(await of(images, by).data(), wanted)).toBeLessThan(1e-6);
      expect(
        distance(
          wanted,
          new Float32Array(wanted.length).map((_, i) => wanted[i % 32]!),
        ),
      ).toBeGreaterThan(0.1);
    }
  });

  test('a size that is rounded up: the gradients are adjoints, or it is refused', async () => {
    await useBackend(backend);
    const [x, filter, dy] = [values('x', [1, 5, 5, 1]), values('w', [2, 2, 1, 1]), values('dy', [1, 3, 3, 1])];
    const f = (a: tf.Tensor, b: tf.Tensor) => {
      const y = tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 0, 'NHWC', 1, 'ceil');
      return tf.sum(tf.mul(y, dy));
    };
    if (backend === 'tensorflow') {
      expect(() => f(x, filter)).toThrow("'dimRoundingMode' is ceil");
      return;
    }
    const value = (await f(x, filter).data())[0]!;
    for (const [i, own] of [x, filter].entries()) {
      const product = await tf.sum(tf.mul(tf.grads(f)([x, filter])[i]!, own)).data();
      expect(product[0]! / value).toBeCloseTo(1, 5);
    }
  });

  test('a norm at zero has gradient 0, sigmoid cross-entropy at logit 0 has 0.5 − label', async () => {
    await useBackend(backend);
    const slope = tf.grad((x) => tf.norm(x))(tf.zeros([2]));
    expect(Array.from(await slope.data(), Math.abs)).toEqual([0, 0]);
    const loss = (z: tf.Tensor) => tf.sum(tf.losses.sigmoidCrossEntropy([[1, 0]], z as tf.Tensor2D, 2));
    expect([
      ...(await tf
        .grad(loss)(tf.zeros([1, 2]))
        .data()),
    ]).toEqual([-0.5, 0.5]);
  });

  test('a custom gradient that saves what it made is differentiated twice', async () => {
    await useBackend(backend);
    const z = values('z', [2, 3]);
    const v = values('v', [2, 3]);
    const labels = tf.tensor2d([0, 1, 0, 1, 0, 0], [2, 3]);
    const [h] = hessianVector(([p]) => tf.losses.softmaxCrossEntropy(labels, p!), [z], [v]);
    const slope = (step: number) =>
      tf.grad((p) => tf.losses.softmaxCrossEntropy(labels, p))(tf.add(z, tf.mul(step, v)));
    const wanted = tf.div(tf.sub(slope(0.01), slope(-0.01)), 0.02);
    expect(distance(await h!.data(), await wanted.data())).toBeLessThan(1e-3);
    const squared = tf.customGrad((x, save) => {
      const double = tf.mul(x as tf.Tensor, 2);
      (save as tf.GradSaveFunc)([double]);
      return { value: tf.square(x as tf.Tensor), gradFunc: (dy: tf.Tensor, [kept]: tf.Tensor[]) => tf.mul(dy, kept!) };
    });
    const [two] = hessianVector(([p]) => tf.sum(squared(p!)), [z], [tf.onesLike(z)]);
    expect([...(await two!.data())]).toEqual(Array(6).fill(2));
  });

  test('layers without a bias have a gradient', async () => {
    await useBackend(backend);
    const model = sequential({ layers: [layers.conv2d({ filters: 2, kernelSize: 1, useBias: false, kernelInitializer: 'ones', inputShape: [1, 2, 3] })] }); // prettier-ignore
    const gradient = tf.grad((x) => tf.sum(model.apply(x) as tf.Tensor))(tf.ones([1, 1, 2, 3]));
    expect([...(await gradient.data())]).toEqual(Array(6).fill(2));
  });

  test('recurrent layers run, and the depthwise layer dilates', async () => {
    await useBackend(backend);
    const model = sequential({ layers: [layers.lstm({ units: 2, inputShape: [3, 1] })] });
    expect((model.predict(tf.ones([1, 3, 1])) as tf.Tensor).shape).toEqual([1, 2]);
    const layer = layers.depthwiseConv2d({ kernelSize: 2, dilationRate: 2, depthwiseInitializer: 'ones' });
    const x = tf.reshape(tf.range(0, 9), [1, 3, 3, 1]);
    expect([...(await (layer.apply(x) as tf.Tensor).data())]).toEqual([0 + 2 + 6 + 8]);
  });
});

test('wasm: whole numbers are summed as such, texts repeated', async () => {
  await useBackend('wasm');
  const sums = tf.unsortedSegmentSum(tf.tensor1d([1, 2, 3], 'int32'), tf.tensor1d([0, 0, 1], 'int32'), 2);
  expect([...(await sums.data())]).toEqual([3, 3]);
  expect(await tf.tile(tf.tensor1d(['a', 'b']), [2]).data()).toEqual(['a', 'b', 'a', 'b']);
});

test('wasm: a filter gradient of an empty output is zero', async () => {
  await useBackend('wasm');
  const inputs = { x: () => values('x', [1, 4, 1, 2]), dy: () => tf.zeros([1, 4, 0, 3]) };
  const attributes = { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC', filterShape: [1, 2, 2, 3] };
  const [gradient] = await runOn('wasm', tf.Conv2DBackpropFilter, inputs, attributes);
  expect(Array.from(gradient!.data)).toEqual(Array(12).fill(0));
});

test('wasm: images without a window are pooled to nothing, and other tensors stay whole', async () => {
  await useBackend('wasm');
  const x = tf.ones<tf.Rank.R4>([6, 4, 1, 2]);
  for (let i = 0; i < 30; i++) {
    expect(tf.maxPool(x, 2, 1, 'valid').shape).toEqual([6, 3, 0, 2]);
    expect(tf.avgPool(x, 2, 1, 'valid').shape).toEqual([6, 3, 0, 2]);
    // The stock kernels broke what `malloc` knows of free memory.
    for (let n = 1; n < 400; n++) expect(tf.fill([n % 97], n).dataSync()).toEqual(new Float32Array(n % 97).fill(n));
  }
  expect(
    await tf
      .grad((image) => tf.sum(tf.maxPool(image as tf.Tensor4D, 2, 1, 'valid')))(x)
      .data(),
  ).toEqual(new Float32Array(48));
});
