import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';

import { cosineSchedule, sgd, stepSchedule } from '../src/index.js';
import { useBackend } from './setup.js';

beforeAll(async () => void (await useBackend('cpu')));

const values = (list: readonly tf.Tensor[]) => list.map((t) => [...t.dataSync()]);

it('takes the steps computed by hand', () => {
  // θ = 1, g = 0.5 twice; λ = 0.1, μ = 0.9, η = 0.2.
  // d = 0.5 + 0.1 = 0.6, v = 0.6, θ = 1 − 0.12 = 0.88
  // d = 0.5 + 0.088 = 0.588, v = 0.54 + 0.588 = 1.128, θ = 0.88 − 0.2256 = 0.6544
  const options = { rate: 0.2, momentum: 0.9, weightDecay: 0.1 };
  const first = sgd({ parameters: [tf.tensor1d([1])], velocity: [tf.tensor1d([0])] }, [tf.tensor1d([0.5])], options);
  expect(first.velocity[0]!.dataSync()[0]).toBeCloseTo(0.6, 6);
  expect(first.parameters[0]!.dataSync()[0]).toBeCloseTo(0.88, 6);
  const second = sgd(first, [tf.tensor1d([0.5])], options);
  expect(second.velocity[0]!.dataSync()[0]).toBeCloseTo(1.128, 6);
  expect(second.parameters[0]!.dataSync()[0]).toBeCloseTo(0.6544, 6);
});

it('without momentum and decay is θ − η·g', () => {
  const state = { parameters: [tf.tensor1d([1, -2])], velocity: [tf.tensor1d([7, 7])] };
  const next = sgd(state, [tf.tensor1d([4, 8])], { rate: 0.25, momentum: 0, weightDecay: 0 });
  expect(values(next.parameters)).toEqual([[0, -4]]);
  expect(values(next.velocity)).toEqual([[4, 8]]);
});

it('keeps what a mask prunes at zero, whatever gradient and velocity hold, and moves the rest as without', () => {
  const number = fc.float({ min: -8, max: 8, noNaN: true });
  const entry = fc.record({ theta: number, v: number, g: number, keep: fc.boolean() });
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 9 }), (entries) =>
      tf.tidy(() => {
        const options = { rate: 0.3, momentum: 0.9, weightDecay: 0.01 };
        const list = (key: 'theta' | 'v' | 'g') => [tf.tensor1d(entries.map((e) => e[key]))];
        const state = { parameters: list('theta'), velocity: list('v') };
        const free = values(sgd(state, list('g'), options).parameters)[0]!;
        const mask = [tf.tensor1d(entries.map(({ keep }) => Number(keep)))];
        const masked = values(sgd(state, list('g'), { ...options, mask }).parameters)[0]!;
        entries.forEach(({ keep }, i) => expect(Math.abs(masked[i]! - (keep ? free[i]! : 0))).toBe(0));
      }),
    ),
  );
});

it('masks the gradient before the velocity takes it up', () => {
  const state = { parameters: [tf.tensor1d([1, 0])], velocity: [tf.tensor1d([0, 0])] };
  const options = { rate: 0.1, momentum: 0.9, weightDecay: 0, mask: [tf.tensor1d([1, 0])] };
  expect(values(sgd(state, [tf.tensor1d([2, 3])], options).velocity)).toEqual([[2, 0]]);
});

it('lowers the rate in steps', () => {
  const rate = stepSchedule(0.01, { at: [60, 120] });
  const expected = { 0: 0.01, 59: 0.01, 60: 0.002, 119: 0.002, 120: 0.0004, 159: 0.0004 };
  for (const [epoch, value] of Object.entries(expected)) expect(rate(Number(epoch))).toBeCloseTo(value, 12);
  expect(stepSchedule(1, { at: [1, 2], factor: 0.5 })(2)).toBe(0.25);
});

it('lowers the rate along a cosine', () => {
  const rate = cosineSchedule(0.1, { epochs: 6, floor: 0.02 });
  const expected = [0.1, 0.06 + 0.04 * Math.sqrt(0.75), 0.08, 0.06, 0.04, 0.06 - 0.04 * Math.sqrt(0.75), 0.02, 0.02];
  expected.forEach((value, epoch) => expect(rate(epoch)).toBeCloseTo(value, 12));
  expect(cosineSchedule(1, { epochs: 2 })(1)).toBeCloseTo(0.5, 12);
});

it.each([
  [() => stepSchedule(-1, { at: [] }), "stepSchedule: 'rate' is -1; must be a finite number ≥ 0. It is the learning rate of the first epoch."],
  [() => stepSchedule(1, { at: [], factor: NaN }), "stepSchedule: 'factor' is NaN; must be a finite number ≥ 0. Leave it out for 0.2."],
  [() => stepSchedule(1, { at: [1.5] }), "stepSchedule: 'at[0]' is 1.5; must be an integer of at least 0. Epochs count from 0."],
  [() => stepSchedule(1, { at: [3, 2] }), "stepSchedule: 'at' is [3, 2]; must be ascending. Sort it."],
  [() => cosineSchedule(Infinity, { epochs: 2 }), "cosineSchedule: 'rate' is Infinity; must be a finite number ≥ 0. It is the learning rate of the first epoch."],
  [() => cosineSchedule(1, { epochs: 0 }), "cosineSchedule: 'epochs' is 0; must be an integer of at least 1. Count all epochs planned."],
  [() => cosineSchedule(1, { epochs: 2, floor: 2 }), "cosineSchedule: 'floor' is 2; must be from 0 to the rate, 1. Leave it out for 0."],
])('a schedule refuses what it cannot follow, %#', (make, message) => {
  expect(make).toThrow(new RangeError(message));
}); // prettier-ignore
