import { initialise, llama, loadState, saveState, train, type TrainState } from '@assay-ml/networks';
import { useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { adamw, frugal, type Method, plan, type Point, report, type State } from '../src/index.js';

beforeAll(() => useBackend('cpu'));

const decoder = llama({ vocabulary: 9, width: 8, hidden: 12, layers: 2, heads: 2, context: 6 });
const x = Int32Array.from({ length: 48 }, (_, k) => (k * k + 3) % 9);
const text = { x, y: x.map((id) => (id + 1) % 9), shape: [6], count: 8 };

it.each<[string, Method]>([
  ['AdamW', adamw({ rate: 1e-2 })],
  ['columns', frugal({ rate: 1e-2, projector: 'columns', period: 3 })],
  ['columns in int8', frugal({ rate: 1e-2, projector: 'columns', period: 3, states: 'int8' })],
  ['SVD', frugal({ rate: 1e-2, projector: 'svd', period: 3, rule: 'sgdm', free: 'none' })],
])('%s trains a decoder, and goes on bit for bit', async (_, method) => {
  const weights = initialise(decoder, { scheme: 'xavier' });
  const files: Uint8Array[] = [];
  const save = async (state: TrainState<State>) => void files.push(await saveState(decoder, state));
  const options = { epochs: 4, batchSize: 4, optimiser: method, clip: 1 };
  const read = ({ weights: { parameters } }: TrainState<State>) => parameters.map((t) => [...t.dataSync()]);
  const state = await train(decoder, weights, text, { ...options, checkpoint: { every: 1, save } });
  expect([state.optimiser.step, state.updates, files.length]).toEqual([8, 8, 8]);
  for (const file of files.slice(1, 5)) {
    const resume = loadState<State>(decoder, file);
    const again = await train(decoder, weights, text, { ...options, resume });
    expect(read(again)).toEqual(read(state));
    expect(again.optimiser).toEqual(state.optimiser);
  }
  expect(state.losses[3]).toBeLessThan(state.losses[0]!);
  // Kernels by their role, and what is kept is what was planned.
  const kinds = plan(decoder.parameters, {}).tensors.map(({ kind }) => kind);
  expect(kinds).toEqual(decoder.parameters.map(({ role }) => (role === 'kernel' ? 'projectable' : 'regular')));
  expect(report(state.optimiser).length).toBe(decoder.parameters.length);
});

it('takes the steps that the method takes by itself', async () => {
  const weights = initialise(decoder, { scheme: 'xavier' });
  const method = frugal({ rate: 1e-2, projector: 'rows', rho: 0.5, period: 2 });
  const theta = weights.parameters.map((t) => t.dataSync<'float32'>().slice());
  const point: Point = { x: theta, state: method.init(decoder.parameters, theta) };
  const ids = tf.tensor2d(x, [8, 6], 'int32');
  const labels = tf.cast(tf.oneHot(tf.tensor2d(text.y, [8, 6], 'int32'), 9), 'float32');
  for (let k = 0; k < 3; k++) {
    const now = theta.map((values, i) => tf.tensor(values.slice(), [...decoder.parameters[i]!.shape]));
    const loss = (...given: tf.Tensor[]) =>
      tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.logSoftmax(decoder.forward(given, [], ids))), -1))) as tf.Scalar;
    const gradients = tf
      .grads(loss)(now)
      .map((t) => t.dataSync<'float32'>());
    method.step(point, gradients, point);
  }
  // The order of the eight is another, and with it rounding.
  const state = await train(decoder, weights, text, { steps: 3, batchSize: 8, optimiser: method });
  state.weights.parameters.forEach((t, i) => {
    const own = theta[i]!;
    const off = [...t.dataSync()].filter((value, k) => Math.abs(value - own[k]!) > 1e-4).length;
    // Where a gradient is nearly 0, rounding decides its sign.
    expect(off, decoder.parameters[i]!.name).toBeLessThanOrEqual(own.length / 20);
  });
});
