/** The losses of `model.compile` in tfjs-layers, differentiated twice at random predictions. */
import * as tf from '@tensorflow/tfjs-core';
import { metrics } from '@tensorflow/tfjs-layers';
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
