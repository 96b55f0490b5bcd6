/** The losses of `model.compile` in tfjs-layers, differentiated once and twice at random predictions. */
import { scalar } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, metrics, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hessianVector, useBackend } from '../src/index.js';

type Loss = (labels: tf.Tensor, predictions: tf.Tensor) => tf.Tensor;

const oneHot = () => tf.tensor2d([0, 1, 0, 1, 0, 0], [2, 3]);
const losses: Record<string, [Loss, (z: tf.Tensor) => tf.Tensor]> = {
  categoricalCrossentropy: [(l, p) => metrics.categoricalCrossentropy(l, p), (z) => tf.softmax(z)],
  binaryCrossentropy: [(l, p) => metrics.binaryCrossentropy(l, p), (z) => tf.sigmoid(z)],
  meanSquaredError: [(l, p) => metrics.meanSquaredError(l, p), (z) => tf.mul(z, z)],
  meanAbsoluteError: [(l, p) => metrics.meanAbsoluteError(l, p), (z) => tf.add(tf.exp(z), 1.5)], // above the labels: no kink
  cosineProximity: [(l, p) => metrics.cosineProximity(l, p), (z) => tf.exp(z)],
};

const numbers = fc.array(fc.integer({ min: -128, max: 128 }).map((n) => n / 64), { minLength: 6, maxLength: 6 }); // prettier-ignore

test.each(Object.keys(losses))('%s', async (name) => {
  const [loss, activation] = losses[name]!;
  const f = (z: tf.Tensor) => tf.sum(loss(oneHot(), activation(z)));
  await useBackend('cpu');
  await fc.assert(
    fc.asyncProperty(numbers, numbers, async (at, along) => {
      const [z, v] = [tf.tensor2d(at, [2, 3]), tf.tensor2d(along, [2, 3])];
      const [h] = hessianVector(([p]) => f(p!), [z], [v]);
      const slope = (step: number) => tf.grad(f)(tf.add(z, tf.mul(step, v)));
      const half = (step: number) => tf.div(tf.sub(slope(step), slope(-step)), 2 * step);
      const wanted = tf.div(tf.sub(tf.mul(4, half(0.005)), half(0.01)), 3);
      const size = Math.max(0.1, ...Array.from(await wanted.data(), Math.abs));
      const difference = await tf.sub(h!, wanted).data();
      expect(Math.max(...Array.from(difference, Math.abs)) / size).toBeLessThan(5e-3);
    }),
    { numRuns: 20, seed: 4 },
  );
});

/** Losses that `model.compile` knows by name alone, as tfjs-layers keeps them. */
function named(name: string): Loss {
  const x = input({ shape: [1] });
  const net = model({ inputs: x, outputs: layers.dense({ units: 3 }).apply(x) as SymbolicTensor });
  net.compile({ optimizer: 'sgd', loss: name });
  const [loss] = (net as unknown as { lossFunctions: Loss[] }).lossFunctions;
  net.dispose();
  return loss!;
}

const signs = [1, -1, -1, -1, 1, 1];
const classes = [1, 0]; // of oneHot
const rows = [0, 1];
const { exp, log } = scalar;
const mean = (z: readonly number[], of: (y: number, p: number) => number) => (labels: readonly number[]) =>
  labels.reduce((sum, y, i) => sum + of(y, z[i]!) / 3, 0);
const softmaxLog = (z: readonly number[], row: number, c: number) =>
  z[3 * row + c]! - log([0, 1, 2].reduce((sum, j) => sum + exp(z[3 * row + j]!), 0));
const oneHotLabels = [0, 1, 0, 1, 0, 0];

/** Σ of the losses over two rows of three, as stock operations and in float64: labels, predictions of z, value. */
const doubles: Record<
  string,
  [labels: () => tf.Tensor, predictions: (z: tf.Tensor) => tf.Tensor, value: (z: readonly number[]) => number]
> = {
  hinge: [() => tf.tensor2d(signs, [2, 3]), (z) => z, (z) => mean(z, (y, p) => Math.max(0, 1 - y * p))(signs)],
  squaredHinge: [
    () => tf.tensor2d(signs, [2, 3]),
    (z) => z,
    (z) => mean(z, (y, p) => Math.max(0, 1 - y * p) ** 2)(signs),
  ],
  categoricalHinge: [
    oneHot,
    (z) => z,
    (z) =>
      rows.reduce((sum, row) => {
        const others = [0, 1, 2].map((c) => (c === classes[row] ? 0 : z[3 * row + c]!));
        return sum + Math.max(0, 1 + Math.max(...others) - z[3 * row + classes[row]!]!);
      }, 0),
  ],
  sparseCategoricalCrossentropy: [
    () => tf.tensor2d(classes, [2, 1]),
    (z) => tf.softmax(z),
    (z) => -rows.reduce((sum, row) => sum + softmaxLog(z, row, classes[row]!), 0),
  ],
  logcosh: [oneHot, (z) => z, (z) => mean(z, (y, p) => p - y + scalar.log1p(exp(-2 * (p - y))) - log(2))(oneHotLabels)],
  poisson: [oneHot, (z) => tf.exp(z), (z) => mean(z, (y, p) => exp(p) - y * log(exp(p) + 1e-7))(oneHotLabels)],
  kullbackLeiblerDivergence: [
    oneHot,
    (z) => tf.softmax(z),
    (z) => -rows.reduce((sum, row) => sum + softmaxLog(z, row, classes[row]!), 0),
  ],
  meanSquaredLogarithmicError: [
    oneHot,
    (z) => tf.exp(z),
    (z) => mean(z, (y, p) => (log(1 + exp(p)) - log(1 + Math.max(y, 1e-7))) ** 2)(oneHotLabels),
  ],
};

/** Odd multiples of 1/128: kinks lie between those, or where differences to both sides disagree. */
const odd = fc.array(
  fc.integer({ min: -128, max: 127 }).map((n) => n / 64 + 1 / 128),
  { minLength: 6, maxLength: 6 },
);

test.each(
  Object.keys(doubles).flatMap((name) => [
    { name, backend: 'cpu' as const },
    { name, backend: 'wasm' as const },
  ]),
)(
  '$name on $backend: value, gradient and product with the Hessian against differences in float64',
  async ({ name, backend }) => {
    await useBackend(backend);
    const [labels, predictions, value] = doubles[name]!;
    const loss = named(name);
    const f = (z: tf.Tensor) => tf.sum(loss(labels(), predictions(z)));
    const moved = (z: readonly number[], by: readonly number[], step: number) => z.map((one, i) => one + step * by[i]!);
    const slopes = (z: readonly number[], to: number, from: number) =>
      z.map((_, i) => {
        const unit = z.map((_, j) => (i === j ? 1 : 0));
        return (value(moved(z, unit, to)) - value(moved(z, unit, from))) / (to - from);
      });
    const h = 3e-4;
    const near = (actual: ArrayLike<number>, wanted: readonly number[], within: number) => {
      const size = Math.max(0.1, ...wanted.map(Math.abs));
      const off = Math.max(...wanted.map((one, i) => Math.abs(actual[i]! - one))) / size;
      expect(off, `${[...wanted]} and ${Array.from(actual)}`).toBeLessThan(within);
    };
    await fc.assert(
      fc.asyncProperty(odd, odd, async (at, along) => {
        const [left, right] = [slopes(at, 0, -h), slopes(at, h, 0)];
        fc.pre(left.every((slope, i) => Math.abs(slope - right[i]!) < 0.02)); // no kink here
        const [z, v] = [tf.tensor2d(at, [2, 3]), tf.tensor2d(along, [2, 3])];
        near(await f(z).data(), [value(at)], 1e-5);
        near(await tf.grad(f)(z).data(), slopes(at, h, -h), 1e-4);
        const [product] = hessianVector(([p]) => f(p!), [z], [v]);
        const [up, down] = [1, -1].map((side) => slopes(moved(at, along, side * h), h, -h)) as [number[], number[]];
        near(await product!.data(), up.map((slope, i) => (slope - down[i]!) / (2 * h)), 2e-3); // prettier-ignore
      }),
      { numRuns: 15, seed: 5 },
    );
  },
);
