import { stream } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';

import { initialise, mlp, type Network, type Scheme, vggMini } from '../src/index.js';
import { useBackend } from './setup.js';

beforeAll(async () => void (await useBackend('cpu')));

const net = mlp({ inputs: 64, hidden: [256, 128], classes: 10 });

function valuesOf(network: Network, options: { scheme?: Scheme; seed?: number }): Record<string, Float32Array> {
  const { parameters, buffers } = initialise(network, options);
  const names = [...network.parameters, ...network.buffers].map(({ name }) => name);
  const values = [...parameters, ...buffers].map((t) => t.dataSync<'float32'>());
  tf.dispose([parameters, buffers]);
  return Object.fromEntries(names.map((name, i) => [name, values[i]!]));
}

const rms = (x: Float32Array) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);
const largest = (x: Float32Array) => x.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

it('draws each parameter from the stream of its name', () => {
  const draws = stream(7, 'initialise', 'dense2.kernel').fillUniform(new Float64Array(256 * 128));
  const expected = Float32Array.from(draws, (u) => -1 / 16 + (2 / 16) * u);
  expect(valuesOf(net, { seed: 7 })['dense2.kernel']).toEqual(expected);
});

it.each([
  ['pytorch', 1 / 16, 1 / 16],
  ['uniform', 1.7 / 16, 0],
  ['xavier', Math.sqrt(6 / (256 + 128)), 0],
] as const)('%s is uniform within its bound', (scheme, bound, bias) => {
  const values = valuesOf(net, { scheme });
  const kernel = values['dense2.kernel']!;
  expect(largest(kernel)).toBeLessThanOrEqual(Math.fround(bound));
  expect(largest(kernel)).toBeGreaterThan(0.999 * bound);
  expect(rms(kernel) / (bound / Math.sqrt(3))).toBeCloseTo(1, 2);
  if (bias === 0) expect(rms(values['dense2.bias']!)).toBe(0);
  else expect(rms(values['dense2.bias']!) / (bias / Math.sqrt(3))).toBeCloseTo(1, 0);
});

it('he is normal, with √(2/fanIn); xavier counts the outputs of a convolution', () => {
  expect(Math.abs(rms(valuesOf(net, { scheme: 'he' })['dense2.kernel']!) / Math.sqrt(2 / 256) - 1)).toBeLessThan(0.012); // 3σ
  const vgg = vggMini({ inputs: [8, 8, 3], classes: 10 });
  const kernel = valuesOf(vgg, { scheme: 'xavier' })['conv5.kernel']!;
  const bound = Math.sqrt(6 / (9 * 32 + 9 * 64));
  expect(largest(kernel)).toBeLessThanOrEqual(Math.fround(bound));
  expect(largest(kernel)).toBeGreaterThan(0.999 * bound);
});

it('starts norms at the identity', () => {
  const values = valuesOf(vggMini({ inputs: [8, 8, 3], classes: 10 }), {});
  for (const [name, start] of [['scale', 1], ['offset', 0], ['mean', 0], ['variance', 1]] as const) {
    expect(values[`norm3.${name}`]).toEqual(new Float32Array(32).fill(start));
  } // prettier-ignore
});

it('moves no parameter when a layer is added, and all with the seed; seed 0 counts', () => {
  const deeper = valuesOf(mlp({ inputs: 64, hidden: [256, 128, 128], classes: 10 }), { seed: 3 });
  const values = valuesOf(net, { seed: 3 });
  for (const [name, value] of Object.entries(values)) expect(deeper[name]).toEqual(value);
  const [zero, again, one] = [valuesOf(net, { seed: 0 }), valuesOf(net, {}), valuesOf(net, { seed: 1 })];
  expect(again).toEqual(zero);
  for (const name of Object.keys(values)) expect(one[name]).not.toEqual(zero[name]);
});

it('refuses another scheme or seed', () => {
  expect(() => initialise(net, { scheme: 'lecun' as never })).toThrow(
    new RangeError("initialise: 'scheme' is 'lecun'; must be 'pytorch' or 'uniform' or 'he' or 'xavier' or 'normal'. Choose one of them."), // prettier-ignore
  );
  expect(() => initialise(net, { seed: -1 })).toThrow(
    new RangeError("initialise: 'seed' is -1; must be an integer of at least 0. Any of 0, 1, 2, … will do."),
  );
});
