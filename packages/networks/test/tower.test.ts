import { stream } from '@assay-ml/numerics';
import { uniform } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { adam, evaluate, initialise, tower, train } from '../src/index.js';
import { blobs, useBackend } from './setup.js';

beforeAll(async () => void (await useBackend('wasm')));

describe('tower', () => {
  it('pools, embeds and classifies as by hand', () => {
    const network = tower({ inputs: [2, 4, 1], pool: 2, hidden: [2], activation: 'tanh', classes: 2 });
    expect(network.parameters.map(({ name }) => name)).toEqual(['dense1.kernel', 'dense1.bias', 'classifier.kernel', 'classifier.bias']); // prettier-ignore
    const parameters = [
      tf.tensor2d([[1, 0], [0, -1]]), // prettier-ignore
      tf.tensor1d([0, 0.5]),
      tf.tensor2d([[1, 2], [3, 4]]), // prettier-ignore
      tf.tensor1d([0, 1]),
    ];
    const x = tf.tensor4d([0, 1, 4, 4, 1, 2, 0, 0], [1, 2, 4, 1]); // means 1 and 2
    const embedding = [Math.tanh(1), Math.tanh(-1.5)];
    const near = (t: tf.Tensor, wanted: readonly number[]) => wanted.forEach((value, i) => expect(t.dataSync<'float32'>()[i]).toBeCloseTo(value, 5)); // prettier-ignore
    near(network.embed(parameters, x), embedding);
    near(
      network.forward(parameters, [], x),
      [0, 1].map((k) => embedding[0]! * (1 + k) + embedding[1]! * (3 + k) + k),
    );
    expect(network.width).toBe(2);
  });
  it.each(['relu', 'elu', 'tanh'] as const)(
    'with convolutions and %s has the gradient of finite differences',
    (activation) => {
      const network = tower({ inputs: [8, 8, 2], convolutions: [{ channels: 3, stride: 2 }, { channels: 4 }], hidden: [5], activation, classes: 3 }); // prettier-ignore
      const { parameters } = initialise(network, { seed: 3 });
      expect(network.parameters.find(({ name }) => name === 'dense1.kernel')!.shape).toEqual([4 * 4 * 4, 5]);
      const x = uniform(stream(5, 'x'), [2, 8, 8, 2]);
      const f = (at: tf.Tensor) => tf.sum(tf.square(network.forward(parameters, [], at))) as tf.Scalar;
      const g = tf.grad(f)(x).dataSync<'float32'>();
      const norm = Math.sqrt(g.reduce((sum, value) => sum + value * value, 0));
      const step = (t: number) => f(tf.add(x, tf.mul(t / norm, tf.tensor(g, x.shape)))).dataSync<'float32'>()[0]!;
      expect((step(1e-2) - step(-1e-2)) / 2e-2 / norm).toBeCloseTo(1, 2);
    },
  );
  it('refuses what it cannot be built of, and other images', () => {
    const good = { inputs: [4, 4, 1], hidden: [2], classes: 2 } as const;
    expect(() => tower({ ...good, hidden: [] })).toThrow(
      "tower: 'hidden' is []; must be an array of widths, at least one.",
    );
    expect(() => tower({ ...good, pool: 5 })).toThrow(
      "tower: 'inputs' is [4, 4, 1]; must be [height, width, channels]",
    );
    expect(() => tower({ ...good, activation: 'gelu' as 'relu' })).toThrow(
      "tower: 'activation' is 'gelu'; must be 'relu'",
    );
    expect(() => tower({ ...good, convolutions: [{ channels: 0 }] })).toThrow(
      "tower: 'convolutions[0].channels' is 0;",
    );
    expect(() => tower({ ...good, width: 3 } as never)).toThrow("tower: 'width' is no option");
    const network = tower(good);
    const { parameters } = initialise(network);
    expect(() => network.embed(parameters, tf.zeros([1, 4, 5, 1]))).toThrow("forward: 'x' is of shape [1, 4, 5, 1]; must be [B, 4, 4, 1]"); // prettier-ignore
  });
});

describe('adam', () => {
  it('takes the steps computed by hand', () => {
    const optimiser = adam({ rate: 0.1, beta1: 0.5, beta2: 0.75, eps: 1e-9 });
    const from = { x: [Float32Array.of(1)], state: optimiser.init([], [Float32Array.of(1)]) };
    optimiser.step(from, [Float32Array.of(2)], from); // m̂ = g, v̂ = g²: a step of η
    expect(from.x[0]![0]).toBeCloseTo(0.9, 6);
    optimiser.step(from, [Float32Array.of(-2)], from);
    // m = .5·1 − 1 = −.5, m̂ = −.5/.75; v = .75·1 + 1 = 1.75, v̂ = 1.75/.4375 = 4
    expect(from.x[0]![0]).toBeCloseTo(0.9 + (0.1 * (0.5 / 0.75)) / 2, 6);
    expect(from.state.t).toBe(2);
  });
  it('writes elsewhere without changing where it came from, and decays', () => {
    const optimiser = adam({ rate: 0.1, weightDecay: 0.5 });
    const from = { x: [Float32Array.of(1)], state: optimiser.init([], [Float32Array.of(1)]) };
    const into = { x: [Float32Array.of(7)], state: optimiser.init([], [Float32Array.of(1)]) };
    optimiser.step(from, [Float32Array.of(3)], into);
    expect([from.x[0]![0], from.state.t, from.state.first[0]![0]]).toEqual([1, 0, 0]);
    expect(into.x[0]![0]).toBeCloseTo(1 - 0.05 - 0.1, 5);
  });
  it('trains a tower, and goes on from a state with the same bits', async () => {
    const data = blobs(60, [4, 4, 1], { classes: 3 });
    const network = tower({ inputs: [4, 4, 1], hidden: [8], activation: 'elu', classes: 3 });
    const weights = initialise(network, { seed: 1 });
    const optimiser = adam({ rate: { kind: 'cosine', peak: 0.02, warmUp: 2, total: 24 } });
    const options = { epochs: 4, batchSize: 10, optimiser };
    const whole = await train(network, weights, data, options);
    expect((await evaluate(network, whole.weights, data)).accuracy).toBe(1);
    const half = await train(network, weights, data, { ...options, epochs: 2 });
    const resumed = await train(network, weights, data, { ...options, resume: half });
    whole.weights.parameters.forEach((t, i) =>
      expect(resumed.weights.parameters[i]!.dataSync<'float32'>()).toEqual(t.dataSync<'float32'>()),
    );
  });
  it('refuses constants out of range', () => {
    expect(() => adam({ beta1: 1 })).toThrow("adam: 'beta1' is 1; must be from 0 to below 1.");
    expect(() => adam({ rate: -1 })).toThrow("adam: 'rate' is -1; must be a finite number ≥ 0.");
    expect(() => adam({ epsilon: 1 } as never)).toThrow("adam: 'epsilon' is no option");
  });
});
