import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { batchNorm, leakGuard, useBackend } from '../src/index.js';
import { backendsPresent, distance, values } from './compare.js';

/** The textbook, in float64: outputs, and gradients of Σ wy·y + Σ wm·mean + Σ wv·variance. */
function reference(
  x: ArrayLike<number>,
  scale: ArrayLike<number>,
  offset: ArrayLike<number>,
  epsilon: number,
  [wy, wm, wv]: [ArrayLike<number>, ArrayLike<number>, ArrayLike<number>],
) {
  const depth = scale.length;
  const n = x.length / depth;
  const column = (list: ArrayLike<number>, c: number) => Array.from({ length: n }, (_, r) => list[r * depth + c]!);
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
  const [y, dx] = [new Float64Array(x.length), new Float64Array(x.length)];
  const [mean, variance, dScale, dOffset] = [0, 0, 0, 0].map(() => new Float64Array(depth)) as Float64Array[];
  for (let c = 0; c < depth; c++) {
    const xs = column(x, c);
    const dys = column(wy, c);
    const m = (mean![c] = sum(xs) / n);
    const v = (variance![c] = sum(xs.map((value) => (value - m) ** 2)) / n);
    const s = Math.sqrt(v + epsilon);
    const hat = xs.map((value) => (value - m) / s);
    dOffset![c] = sum(dys);
    dScale![c] = sum(dys.map((d, r) => d * hat[r]!));
    for (let r = 0; r < n; r++) {
      y[r * depth + c] = scale[c]! * hat[r]! + offset[c]!;
      dx[r * depth + c] =
        (scale[c]! / s) * (dys[r]! - dOffset![c]! / n - (hat[r]! * dScale![c]!) / n) +
        wm[c]! / n +
        (2 * wv[c]! * (xs[r]! - m)) / n;
    }
  }
  return { y, mean: mean!, variance: variance!, dx, dScale: dScale!, dOffset: dOffset! };
}

const shapes = [
  [7, 3],
  [130, 4],
  [3, 5, 7, 16],
  [300, 1],
  [2, 9, 6],
  [1, 5],
];

describe.each(await backendsPresent())('batchNorm on %s', (backend) => {
  test.each(shapes)('statistics of the batch, and the gradient through them: %i, %i, …', async (...shape) => {
    await useBackend(backend);
    const depth = shape.at(-1)!;
    // Far from zero, and not the same in each channel: sums of squares would cancel.
    const x = tf.add(tf.mul(values('x', shape), tf.add(1, tf.range(0, depth))), 100);
    const [scale, offset, wm, wv] = ['s', 'o', 'wm', 'wv'].map((name) => values(name, [depth])) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const wy = values('wy', shape);
    const lists = await Promise.all([x, scale, offset, wy, wm, wv].map((tensor) => tensor.data()));
    const [xs, ss, os, ...weights] = lists as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const wanted = reference(xs, ss, os, 1e-3, weights);
    const alone = reference(xs, ss, os, 1e-3, [weights[0], new Float32Array(depth), new Float32Array(depth)]);

    const { y, mean, variance } = leakGuard(() => batchNorm(x, scale, offset, 'batch', 1e-3));
    expect(distance(await y.data(), wanted.y)).toBeLessThan(2e-4);
    expect(distance(await mean.data(), wanted.mean)).toBeLessThan(1e-6);
    if (shape[0]! > 1) expect(distance(await variance.data(), wanted.variance)).toBeLessThan(2e-5);

    const gradients = (withStatistics: boolean) =>
      leakGuard(() =>
        tf.grads((...p) => {
          const out = batchNorm(p[0]!, p[1]!, p[2]!, 'batch', 1e-3);
          const loss = tf.sum(tf.mul(out.y, wy));
          if (!withStatistics) return loss;
          return tf.addN([loss, tf.sum(tf.mul(out.mean, wm)), tf.sum(tf.mul(out.variance, wv))]);
        })([x, scale, offset]),
      );
    for (const [gradient, from] of [
      [gradients(false), alone],
      [gradients(true), wanted],
    ] as const) {
      const [dx, dScale, dOffset] = await Promise.all(gradient.map((tensor) => tensor.data()));
      expect(distance(dx!, from.dx)).toBeLessThan(3e-4);
      if (shape[0]! > 1) expect(distance(dScale!, from.dScale)).toBeLessThan(3e-4);
      expect(distance(dOffset!, from.dOffset)).toBeLessThan(1e-5);
    }
  });

  test('statistics that are given', async () => {
    await useBackend(backend);
    const x = tf.tensor2d([
      [1, 2],
      [3, 6],
    ]);
    const given = { mean: tf.tensor1d([1, 4]), variance: tf.tensor1d([3, 15]) };
    const { y, mean, variance } = batchNorm(x, tf.tensor1d([2, 8]), tf.tensor1d([10, 20]), given, 1);
    expect(await y.array()).toEqual([
      [10, 16],
      [12, 24],
    ]);
    expect([mean, variance]).toEqual([given.mean, given.variance]);
  });

  test.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('tf.batchNorm, with scale: %s, with offset: %s, and its gradients', async (scaled, shifted) => {
    await useBackend(backend);
    for (const shape of [
      [5, 3],
      [2, 4, 3],
      [2, 3, 2, 3],
    ]) {
      const names = ['x', 'mean', 'variance', ...(scaled ? ['scale'] : []), ...(shifted ? ['offset'] : [])];
      const tensors = names.map((name) => {
        const tensor = values(name, name === 'x' ? shape : [3]);
        return name === 'variance' ? tf.add(tf.square(tensor), 0.5) : tensor;
      });
      const weights = values('weights', shape);
      const normalised = (...given: tf.Tensor[]) => {
        const [x, mean, variance] = given as [tf.Tensor, tf.Tensor1D, tf.Tensor1D];
        const of = (name: string) => given[names.indexOf(name)] as tf.Tensor1D | undefined;
        return tf.batchNorm(x, mean, variance, of('offset'), of('scale'), 0.1);
      };
      const [xs, ms, vs] = tensors.map((tensor) => tensor.dataSync()) as [Float32Array, Float32Array, Float32Array];
      const at = (name: string, otherwise: number, c: number) =>
        tensors[names.indexOf(name)]?.dataSync()[c] ?? otherwise;
      const ws = weights.dataSync();
      const wanted = Object.fromEntries(names.map((name) => [name, new Float64Array(name === 'x' ? xs.length : 3)]));
      const y = Float64Array.from(xs, (value, i) => {
        const c = i % 3;
        const inverse = 1 / Math.sqrt(vs[c]! + 0.1);
        const [hat, s] = [(value - ms[c]!) * inverse, at('scale', 1, c)];
        wanted['x']![i] = ws[i]! * s * inverse;
        wanted['mean']![c]! -= ws[i]! * s * inverse;
        wanted['variance']![c]! -= (ws[i]! * s * hat * inverse ** 2) / 2;
        if (scaled) wanted['scale']![c]! += ws[i]! * hat;
        if (shifted) wanted['offset']![c]! += ws[i]!;
        return hat * s + at('offset', 0, c);
      });
      expect(distance(leakGuard(() => normalised(...tensors)).dataSync(), y)).toBeLessThan(1e-5);
      const loss = (...given: tf.Tensor[]) => tf.sum(tf.mul(normalised(...given), weights));
      const gradients = leakGuard(() => tf.grads(loss)(tensors));
      for (const [k, name] of names.entries()) {
        expect(distance(gradients[k]!.dataSync(), wanted[name]!), `${name}, [${shape}]`).toBeLessThan(1e-5);
      }
    }
  });

  test('layers without scale or offset are trained', async () => {
    await useBackend(backend);
    const [x, wy] = [values('x', [8, 3]), values('wy', [8, 3])];
    const zeros = new Float32Array(3);
    const wanted = reference(x.dataSync(), new Float32Array(3).fill(1), zeros, 1e-3, [wy.dataSync(), zeros, zeros]);
    for (const given of [{ scale: false }, { center: false }, { scale: false, center: false }, {}]) {
      const layer = tfl.layers.batchNormalization({ ...given, inputShape: [3] });
      const model = tfl.sequential({ layers: [layer] });
      const trained = (input: tf.Tensor) => layer.apply(input, { training: true }) as tf.Tensor;
      const { value, grad } = tf.valueAndGrad((input) => tf.sum(tf.mul(trained(input), wy)))(x);
      expect(distance(trained(x).dataSync(), wanted.y)).toBeLessThan(1e-5);
      const sum = wanted.y.reduce((total, y, i) => total + y * wy.dataSync()[i]!, 0);
      expect(value.dataSync()[0]).toBeCloseTo(sum, 4);
      expect(distance(grad.dataSync(), wanted.dx)).toBeLessThan(1e-4);
      // Both calls have moved the running mean by a hundredth.
      const moved = layer.getWeights().at(-2)!.dataSync();
      expect(
        distance(
          moved,
          wanted.mean.map((mean) => mean * (1 - 0.99 ** 2)),
        ),
      ).toBeLessThan(1e-4);
      model.dispose();
    }
  });
});

test('refuses bad input by name', async () => {
  await useBackend('wasm');
  const two = tf.ones([2]);
  const x = tf.ones([3, 2]);
  expect(() => batchNorm(two, two, two, 'batch')).toThrow(
    "batchNorm: 'x' has shape [2]; must have at least two axes and one element. Channels come last.",
  );
  expect(() => batchNorm(tf.ones([0, 2]), two, two, 'batch')).toThrow("batchNorm: 'x' has shape [0,2]");
  expect(() => batchNorm(x, tf.ones([3]), two, 'batch')).toThrow(
    "batchNorm: 'scale' has shape [3]; must be [2], one number a channel. Channels come last in x.",
  );
  expect(() => batchNorm(x, two, tf.ones([2, 1]), 'batch')).toThrow("batchNorm: 'offset' has shape [2,1]");
  expect(() => batchNorm(x, two, two, { mean: tf.ones([1]), variance: two })).toThrow(
    "batchNorm: 'mean' has shape [1]",
  );
  expect(() => batchNorm(x, two, two, { mean: two, variance: tf.ones([]) })).toThrow(
    "batchNorm: 'variance' has shape []",
  );
  const refused = (call: () => unknown, message: string) =>
    expect(call).toThrow(new TypeError(`batchNorm: ${message}`));
  refused(() => batchNorm(undefined as never, two, two, 'batch'), "'x' is undefined; must be a tensor.");
  for (const none of [undefined, null]) {
    const told = `is ${none}; must be a tensor [2].`;
    refused(() => batchNorm(x, none as never, two, 'batch'), `'scale' ${told} Without a scale pass tf.ones([C]).`);
    refused(() => batchNorm(x, two, none as never, 'batch'), `'offset' ${told} Without an offset pass tf.zeros([C]).`);
    refused(
      () => batchNorm(x, two, two, none as never),
      `'statistics' is ${none}; must be 'batch' or { mean, variance }.`,
    );
    refused(() => batchNorm(x, two, two, { mean: two } as never), "'variance' is undefined; must be a tensor [2].");
  }
  refused(
    () => batchNorm(x, [1, 1] as never, two, 'batch'),
    "'scale' is [1, 1]; must be a tensor [2]. Without a scale pass tf.ones([C]).",
  );
  for (const epsilon of [0, -1, NaN, Infinity]) {
    expect(() => batchNorm(x, two, two, 'batch', epsilon)).toThrow(
      `batchNorm: 'epsilon' is ${epsilon}; must be a finite number above 0. Leave it out for 1e-5.`,
    );
  }
});
