/**
 * The laws of the draws. Every bound is set so that a right sampler misses it about once in a million seeds: five
 * standard errors for a moment, 2.7/√n for a Kolmogorov-Smirnov distance (2·exp(−2·2.7²) = 9e-7), and the like for χ².
 */
import { errorFunction } from 'simple-statistics';
import { describe, expect, test } from 'vitest';

import { stream, type Stream } from '../src/index.js';

const N = 400_000;

/** Largest distance between the distribution of a sample, which is sorted here, and that of the law. */
function kolmogorovSmirnov(sample: Float64Array, cdf: (x: number) => number): number {
  const n = sample.length;
  let distance = 0;
  sample.sort().forEach((x, i) => {
    const p = cdf(x);
    distance = Math.max(distance, p - i / n, (i + 1) / n - p);
  });
  return distance;
}

function follows(sample: Float64Array, cdf: (x: number) => number): void {
  expect(kolmogorovSmirnov(sample, cdf)).toBeLessThan(2.7 / Math.sqrt(sample.length));
}

/** The mean of f over a sample is what it should be, within five standard errors as the sample itself shows them. */
function hasMean(n: number, f: (i: number) => number, expected: number): void {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const value = f(i) - expected;
    sum += value;
    squares += value * value;
  }
  expect(Math.abs(sum / n)).toBeLessThanOrEqual((5 * Math.sqrt(squares)) / n);
}

/** Moments about 0 of orders 1, 2, …. */
function hasMoments(sample: Float64Array, moments: readonly number[]): void {
  moments.forEach((moment, k) => hasMean(sample.length, (i) => sample[i]! ** (k + 1), moment));
}

/** Neighbours are uncorrelated, so are every second: the two halves of a block, and blocks. */
function isUncorrelated(sample: Float64Array, mean: number): void {
  for (const lag of [1, 2, 8]) {
    hasMean(sample.length - lag, (i) => (sample[i]! - mean) * (sample[i + lag]! - mean), 0);
  }
}

/** χ² of counts that should be equal stays below its quantile at 1 − 1e-6 (Wilson and Hilferty's formula). */
function isEven(counts: readonly number[]): void {
  const expected = counts.reduce((sum, count) => sum + count) / counts.length;
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const freedom = counts.length - 1;
  const v = 2 / (9 * freedom);
  expect(statistic).toBeLessThan(freedom * (1 - v + 4.7534 * Math.sqrt(v)) ** 3);
}

const normalCdf = (x: number) => (1 + errorFunction(x / Math.SQRT2)) / 2; // 1.2e-7 off at most

test('the distance of Kolmogorov and Smirnov sees a wrong law', () => {
  const sample = stream(1, 'power').fillNormal(new Float64Array(N));
  expect(kolmogorovSmirnov(sample, (x) => normalCdf(1.02 * x))).toBeGreaterThan(2.7 / Math.sqrt(N));
  expect(kolmogorovSmirnov(sample, (x) => normalCdf(x + 0.02))).toBeGreaterThan(2.7 / Math.sqrt(N));
});

describe('uniform', () => {
  const u = stream(1, 'uniform').fillUniform(new Float64Array(N));
  test('in [0, 1), moments, neighbours, law', () => {
    hasMoments(u, [1 / 2, 1 / 3, 1 / 4, 1 / 5]);
    isUncorrelated(u, 1 / 2);
    follows(u, (x) => x);
    expect(u[0]).toBeGreaterThanOrEqual(0); // sorted by now
    expect(u[N - 1]).toBeLessThan(1);
  });
  test('all 53 bits are coins', () => {
    for (let bit = 1; bit <= 53; bit++) {
      const scale = 2 ** bit;
      hasMean(N, (i) => Math.floor(u[i]! * scale) % 2, 1 / 2);
    }
    expect(u.every((x) => Number.isInteger(x * 2 ** 53))).toBe(true);
  });
});

describe('normal', () => {
  const z = stream(2, 'normal').fillNormal(new Float64Array(N));
  test('moments, neighbours, law', () => {
    hasMoments(z, [0, 1, 0, 3, 0, 15]);
    isUncorrelated(z, 0);
    follows(z, normalCdf);
  });
  test('tails', () => {
    // P(|Z| > 2, 3, 4), from tables.
    for (const [limit, probability] of [
      [2, 0.0455003],
      [3, 0.0026998],
      [4, 6.33425e-5],
    ] as const) {
      const outside = z.reduce((count, x) => count + (Math.abs(x) > limit ? 1 : 0), 0);
      expect(Math.abs(outside - N * probability)).toBeLessThan(5 * Math.sqrt(N * probability));
    }
  });
});

describe('exponential', () => {
  const x = stream(3, 'exponential').fillExponential(new Float64Array(N));
  test('moments, neighbours, law, tail', () => {
    hasMoments(x, [1, 2, 6, 24]);
    isUncorrelated(x, 1);
    follows(x, (v) => 1 - Math.exp(-v));
    expect(x[0]).toBeGreaterThanOrEqual(0);
    const outside = x.reduce((count, v) => count + (v > 8 ? 1 : 0), 0);
    expect(Math.abs(outside - N * Math.exp(-8))).toBeLessThan(5 * Math.sqrt(N * Math.exp(-8)));
  });
});

describe('symmetric Pareto', () => {
  test.each([0.5, 1, 1.5, 3, 9])('alpha = %d: law, and log(1 + |x|) is exponential of mean 1/alpha', (alpha) => {
    const x = stream(4, 'pareto', alpha).fillPareto(new Float64Array(N), alpha);
    isUncorrelated(x.map(Math.sign), 0);
    hasMoments(
      x.map((v) => alpha * Math.log1p(Math.abs(v))),
      [1, 2, 6],
    );
    hasMean(N, (i) => Math.sign(x[i]!), 0);
    follows(x, (v) => (v < 0 ? (1 - v) ** -alpha / 2 : 1 - (1 + v) ** -alpha / 2));
  });
  test('alpha = 9: variance 2 / ((α − 1)(α − 2)) = 1/28', () => {
    hasMoments(stream(4, 'moments').fillPareto(new Float64Array(N), 9), [0, 1 / 28]);
  });
});

test('Gumbel numbers: moments, neighbours, law', () => {
  const x = stream(4, 'gumbel').fillGumbel(new Float64Array(N));
  const gamma = 0.5772156649015329;
  hasMoments(x, [gamma, Math.PI ** 2 / 6 + gamma ** 2]);
  isUncorrelated(x, gamma);
  follows(x, (v) => Math.exp(-Math.exp(-v)));
});

test('Laplace numbers: moments, neighbours, law', () => {
  const x = stream(4, 'laplace').fillLaplace(new Float64Array(N));
  hasMoments(x, [0, 2, 0, 24]);
  isUncorrelated(x, 0);
  follows(x, (v) => (v < 0 ? Math.exp(v) / 2 : 1 - Math.exp(-v) / 2));
});

describe('Dirichlet', () => {
  const n = 60_000;
  /** All points, one a row. */
  const draw = (alpha: Float64Array | number, d: number) => {
    const points = new Float64Array(n * d);
    const s = stream(5, 'dirichlet', d);
    for (let i = 0; i < n; i++) s.fillDirichlet(alpha, points.subarray(i * d, (i + 1) * d));
    return points;
  };
  const column = (points: Float64Array, d: number, j: number) =>
    Float64Array.from({ length: n }, (_, i) => points[i * d + j]!);

  test.each([
    [0.01, 0.02],
    [0.1, 0.1, 0.1, 0.1],
    [0.5, 1, 2.5],
    [1, 1, 1],
    [30, 0.3, 7],
    [1000, 3000],
  ])('of %d, %d, …: moments of its Beta marginals, and covariances', (...alpha) => {
    const d = alpha.length;
    const total = alpha.reduce((sum, a) => sum + a);
    const points = draw(Float64Array.from(alpha), d);
    alpha.forEach((a, j) => {
      const mean = a / total;
      const second = (a * (a + 1)) / (total * (total + 1));
      hasMoments(column(points, d, j), [mean, second, (second * (a + 2)) / (total + 2)]);
      const k = (j + 1) % d;
      hasMean(n, (i) => points[i * d + j]! * points[i * d + k]!, (a * alpha[k]!) / (total * (total + 1)));
    });
  });

  // Beta laws with a formula: (a, 1), (1, b), (1/2, 1/2), (2, 3).
  test.each<{ alpha: number[]; cdf: (x: number) => number }>([
    { alpha: [0.1, 1], cdf: (x) => x ** 0.1 },
    { alpha: [0.5, 1], cdf: (x) => Math.sqrt(x) },
    { alpha: [2.5, 1], cdf: (x) => x ** 2.5 },
    { alpha: [40, 1], cdf: (x) => x ** 40 },
    { alpha: [1, 0.3], cdf: (x) => 1 - (1 - x) ** 0.3 },
    { alpha: [1, 1, 1], cdf: (x) => 1 - (1 - x) ** 2 },
    { alpha: [0.5, 0.5], cdf: (x) => (2 / Math.PI) * Math.asin(Math.sqrt(x)) },
    { alpha: [2, 1, 1.5, 0.5], cdf: (x) => x * x * (6 - 8 * x + 3 * x * x) },
  ])('of $alpha: law of the first coordinate', ({ alpha, cdf }) => {
    follows(column(draw(Float64Array.from(alpha), alpha.length), alpha.length, 0), cdf);
  });
  test('one concentration for ten coordinates: law of each', () => {
    const points = draw(1 / 9, 10); // Beta(1/9, 1)
    for (let j = 0; j < 10; j++) follows(column(points, 10, j), (x) => x ** (1 / 9));
  });
});

describe('integers', () => {
  test.each([2, 3, 6, 10, 97, 1000])('below %d are equally likely', (bound) => {
    const s = stream(6, 'integer', bound);
    const counts = Array<number>(bound).fill(0);
    for (let i = 0; i < N; i++) counts[s.integer(bound)]!++;
    isEven(counts);
  });
  // A remainder of 2⁵³ would make the lower third, or half, of these twice as likely as the rest.
  test.each([Math.floor(2 ** 53 / 1.5), 2 ** 52 + 1, 2 ** 52, 2 ** 53 - 1])('below %d have no modulo bias', (bound) => {
    const s = stream(7, 'wide', bound);
    const values = Float64Array.from({ length: 60_000 }, () => s.integer(bound));
    expect(values.every((v) => Number.isSafeInteger(v) && v < bound)).toBe(true);
    hasMean(values.length, (i) => values[i]! % 2, 1 / 2);
    hasMean(values.length, (i) => values[i]! % 3, 1);
    follows(values, (v) => v / bound);
  });
  test('below 1 is 0', () => expect(stream(8).integer(1)).toBe(0));
});

describe('orders', () => {
  const tally = (draw: (s: Stream) => Uint32Array, expected: number) => {
    const s = stream(9, 'orders', expected);
    const counts = new Map<string, number>();
    for (let i = 0; i < 1000 * expected; i++) {
      const key = draw(s).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(expected);
    isEven([...counts.values()]);
  };
  test('all 24 permutations of 4 are equally likely', () => tally((s) => s.permutation(new Uint32Array(4)), 24));
  test('all 60 ordered choices of 3 from 5 are equally likely', () =>
    tally((s) => s.choice(5, new Uint32Array(3)), 60));
  test('all 120 choices of 5 from 5 are equally likely', () => tally((s) => s.choice(5, new Uint32Array(5)), 120));
  test('each of 100,000 is chosen equally often', () => {
    const s = stream(10, 'sparse');
    const counts = Array<number>(50).fill(0);
    const out = new Uint32Array(100);
    for (let i = 0; i < 1000; i++) for (const v of s.choice(100_000, out)) counts[Math.floor(v / 2000)]!++;
    isEven(counts);
  });
});
