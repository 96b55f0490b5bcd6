import { stream } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { normal, rademacher, truncatedNormal, uniform, useBackend } from '../src/index.js';

beforeAll(async () => {
  await useBackend('wasm');
});

const key = (name: string) => stream(0, name);

test('the numbers are those of the stream, rounded to float32', async () => {
  const draws = key('a').fillUniform(new Float64Array(6));
  const u = uniform(key('a'), [2, 3], -1, 3);
  expect(u.shape).toEqual([2, 3]);
  expect(u.dtype).toBe('float32');
  expect([...(await u.data())]).toEqual([...draws].map((draw) => Math.fround(-1 + 4 * draw)));
  const z = key('a').fillNormal(new Float64Array(6));
  expect([...(await normal(key('a'), [6], 2, 0.5).data())]).toEqual(
    [...z].map((value) => Math.fround(2 + 0.5 * value)),
  );
  const signs = [...(await rademacher(key('a'), [6]).data())];
  expect(signs).toEqual([...draws].map((draw) => (draw < 0.5 ? -1 : 1)));
  expect(new Set(signs).size).toBe(2);
});

test('seed 0 counts, and seeds differ', async () => {
  const draw = async (seed: number) => [...(await normal(stream(seed, 'a'), [8]).data())];
  expect(await draw(0)).toEqual(await draw(0));
  expect(await draw(0)).not.toEqual(await draw(1));
});

test('a truncated normal is a normal without what lies beyond two deviations', async () => {
  const values = [...(await truncatedNormal(key('t'), [4000], 5, 0.5).data())];
  const stream = key('t');
  const wanted: number[] = [];
  while (wanted.length < 4000) {
    const z = stream.normal();
    if (Math.abs(z) <= 2) wanted.push(Math.fround(5 + 0.5 * z));
  }
  expect(values).toEqual(wanted);
  expect(Math.max(...values.map((value) => Math.abs(value - 5)))).toBeLessThanOrEqual(1);
});

test('moments', async () => {
  const moments = async (tensor: tf.Tensor) => {
    const { mean, variance } = tf.moments(tensor);
    return [(await mean.data())[0]!, (await variance.data())[0]!];
  };
  const n = 100_000;
  const near = ([mean, variance]: number[], wantedMean: number, wantedVariance: number) => {
    expect(Math.abs(mean! - wantedMean)).toBeLessThan((5 * Math.sqrt(wantedVariance)) / Math.sqrt(n));
    expect(Math.abs(variance! / wantedVariance - 1)).toBeLessThan(0.03);
  };
  near(await moments(uniform(key('m'), [n], 2, 5)), 3.5, 0.75);
  near(await moments(normal(key('m'), [n], -1, 3)), -1, 9);
  near(await moments(rademacher(key('m'), [n])), 0, 1);
  near(await moments(truncatedNormal(key('m'), [n])), 0, 0.7737);
});

test('no sides make a scalar, a zero side nothing', async () => {
  expect(uniform(key('a'), []).shape).toEqual([]);
  expect((await normal(key('a'), [3, 0]).data()).length).toBe(0);
});

test('refuse bad input by name', () => {
  for (const [name, sample] of Object.entries({ uniform, normal, rademacher, truncatedNormal })) {
    for (const side of [-1, 1.5, NaN]) {
      expect(() => sample(key('a'), [2, side])).toThrow(
        `${name}: 'shape' is [2,${side}]; must be of integers from 0 on. Give one number a side.`,
      );
    }
  }
  expect(() => uniform(key('a'), [1], NaN)).toThrow(
    "uniform: 'low' is NaN; must be a finite number. Leave it out for the default.",
  );
  expect(() => uniform(key('a'), [1], 2, 1)).toThrow("uniform: 'high' is 1; must be a finite number of at least 2.");
  expect(() => normal(key('a'), [1], Infinity)).toThrow("normal: 'mean' is Infinity; must be a finite number.");
  expect(() => normal(key('a'), [1], 0, -1)).toThrow(
    "normal: 'deviation' is -1; must be a finite number of at least 0.",
  );
  expect(() => truncatedNormal(key('a'), [1], NaN)).toThrow("truncatedNormal: 'mean' is NaN");
  expect(() => truncatedNormal(key('a'), [1], 0, NaN)).toThrow("truncatedNormal: 'deviation' is NaN");
});
