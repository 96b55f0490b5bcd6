import { expect, it } from 'vitest';

import { mersenneTwister } from '../src/index.js';

/** numpy.random.RandomState(seed).random_sample(). */
const first = (seed: number, count: number) => {
  const next = mersenneTwister(seed);
  return Array.from({ length: count }, next);
};

it('draws what NumPy’s RandomState draws, bit for bit', () => {
  expect(first(0, 3)).toEqual([0.5488135039273248, 0.7151893663724195, 0.6027633760716439]);
  expect(first(2 ** 32 - 1, 2)).toEqual([0.0976320289940138, 0.9123828453026218]);
  expect(first(7, 1000).slice(-2)).toEqual([0.6308213101319432, 0.016448753231374513]); // past the first refill
});

it('refuses a seed of another range', () => {
  for (const seed of [-1, 0.5, 2 ** 32, NaN]) {
    expect(() => mersenneTwister(seed)).toThrow(
      `mersenneTwister: 'seed' is ${seed}; must be an integer from 0 to 2³² − 1.`,
    );
  }
});
