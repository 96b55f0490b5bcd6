import { readFileSync } from 'node:fs';

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';

import { cosineSchedule, type Network, resnetMini, stepSchedule, train, vggMini } from '../src/index.js';
import { useBackend } from './setup.js';

interface Run {
  inputs: [number, number, number];
  losses: number[];
  products: Record<string, number>;
  logits: number[];
}

/** Made by scripts/pytorch_fixture.py, which also says what the constants below are. */
const fixture = JSON.parse(readFileSync(new URL('fixtures/pytorch.json', import.meta.url), 'utf8')) as {
  vggMini: Run;
  resnetMini: Run;
  cosine: { rate: number; epochs: number; floor: number; rates: number[] };
};

/** The numbers of the script's `formula`. */
function formula(shape: readonly number[], phase: number, scale = 1, shift = 0): Float32Array {
  const n = shape.reduce((product, side) => product * side, 1);
  return Float32Array.from({ length: n }, (_, k) => scale * Math.sin(1.7 * k + phase + Math.cos(0.3 * k)) + shift);
}

const cases: [string, Network, Run][] = [
  ['vggMini', vggMini({ inputs: fixture.vggMini.inputs, classes: 3 }), fixture.vggMini],
  ['resnetMini', resnetMini({ inputs: fixture.resnetMini.inputs, classes: 3 }), fixture.resnetMini],
];

beforeAll(async () => void (await useBackend('wasm'))); // convolutions in plain JavaScript are slow

it.each(cases)('%s trains as in PyTorch', async (_, net, run) => {
  const scales = { kernel: 1.5, classifier: 1.5, bias: 0, 'norm-scale': 0.3, 'norm-offset': 0.3, 'classifier-bias': 0.3, embedding: 1, output: 1 }; // prettier-ignore
  const parameters = net.parameters.map(({ role, shape, fanIn }, i) => {
    const scale = scales[role] / (role === 'kernel' || role === 'classifier' ? Math.sqrt(fanIn) : 1);
    return tf.tensor(formula(shape, i, scale, role === 'norm-scale' ? 1 : 0), [...shape]);
  });
  const buffers = net.buffers.map(({ shape, initial }) => tf.fill([...shape], initial));
  const batches = (epoch: number) => [
    { x: formula([6, ...net.inputShape], 100 + epoch), y: Uint8Array.of(0, 1, 2, 0, 1, 2) },
  ];
  const rate = stepSchedule(0.05, { at: [1, 3] });
  const state = await train(net, { parameters, buffers }, batches, { epochs: 4, rate });
  state.losses.forEach((loss, step) => expect(loss).toBeCloseTo(run.losses[step]!, 4));
  [...net.parameters, ...net.buffers].forEach(({ name, shape }, i) => {
    const values = [...state.weights.parameters, ...state.weights.buffers][i]!.dataSync<'float32'>();
    const numbers = formula(shape, 7);
    const product = values.reduce((sum, value, k) => sum + value * numbers[k]!, 0);
    expect(Math.abs(product - run.products[name]!), name).toBeLessThan(1e-4 * (1 + Math.abs(run.products[name]!)));
  });
  const { parameters: theta, buffers: running } = state.weights;
  const logits = net.forward(theta, running, tf.tensor(formula([2, ...net.inputShape], 50), [2, ...net.inputShape]));
  logits.dataSync().forEach((value, k) => expect(value).toBeCloseTo(run.logits[k]!, 3));
});

it('the cosine is that of PyTorch', () => {
  const { rate, rates, ...options } = fixture.cosine;
  const schedule = cosineSchedule(rate, options);
  rates.forEach((value, epoch) => expect(schedule(epoch)).toBeCloseTo(value, 12));
});
