import { describe, expect, it } from 'vitest';

import { isDag, linearSem, moments, simulateDag, expectedLoss, type NoiseKind } from '../src/index.js';

describe('simulateDag', () => {
  it('ER has degree · d / 2 edges on average, SF degree/2 from each new vertex; weights lie in their range', () => {
    let edges = 0;
    for (let seed = 0; seed < 50; seed++) {
      const B = simulateDag({ d: 40, degree: 4, seed });
      expect(isDag(B, 40)).toBe(true);
      for (const w of B) if (w !== 0) expect(Math.abs(Math.abs(w) - 0.525)).toBeLessThanOrEqual(0.475);
      edges += B.filter((w) => w !== 0).length;
    }
    // 50 graphs of 780 pairs with probability 4/39: mean 4000, standard deviation 60.
    expect(Math.abs(edges - 4000)).toBeLessThan(300);
    const S = simulateDag({ d: 40, degree: 4, kind: 'SF', weights: [0.5, 2], seed: 1 });
    expect(isDag(S, 40)).toBe(true);
    expect(S.filter((w) => w !== 0)).toHaveLength(1 + 2 * 38);
    expect(S.filter((w) => w < 0).length).toBeGreaterThan(20);
    for (const w of S) if (w !== 0) expect(Math.abs(w)).toBeGreaterThanOrEqual(0.5);
    // Attachment by degree: the vertex with most edges has far more than a random graph's.
    const inEdges = Array.from({ length: 40 }, (_, j) => S.filter((w, at) => w !== 0 && at % 40 === j).length);
    expect(Math.max(...inEdges)).toBeGreaterThan(10);
  });
  it('depends on seed, size, degree and kind', () => {
    const one = { d: 10, degree: 2, seed: 1 };
    expect(simulateDag(one)).toEqual(simulateDag(one));
    expect(simulateDag({ ...one, seed: 2 })).not.toEqual(simulateDag(one));
  });
  it.each([
    [{ d: 0, degree: 1 }, "simulateDag: 'd' is 0; must be an integer of at least 1. Count the vertices."],
    [{ d: 3, degree: 5 }, "simulateDag: 'degree' is 5; must be at most d − 1 = 2. Choose a sparser graph."],
    [{ d: 3, degree: 1, weights: [2, 1] }, "simulateDag: 'weights' is [2, 1]; must be a range of sizes."],
    [{ d: 3, degree: 1, kind: 'WS' }, "simulateDag: 'kind' is 'WS'; must be 'ER' or 'SF'. Choose one of them."],
  ])('refuses %o', (options, message) => {
    expect(() => simulateDag(options as never)).toThrow(message);
  });
});

describe('linearSem', () => {
  const d = 6;
  const B = simulateDag({ d, degree: 3, seed: 5 });
  const n = 200_000;
  const noises: NoiseKind[] = ['gaussian', 'exponential', 'gumbel', 'uniform'];

  it.each(noises)('%s rows have the covariance it says, centred or not, standardised or not', (noise) => {
    for (const options of [{}, { centred: false }, { standardised: true }, { deviations: 'unequal' }] as const) {
      const sem = linearSem(B, d, { noise, ...options, seed: 1 });
      const X = sem.sample(n);
      const { covariance } = moments(X, n, d, { centre: false });
      covariance.forEach((value, at) => {
        const scale = Math.sqrt(sem.covariance[Math.floor(at / d) * (d + 1)]! * sem.covariance[(at % d) * (d + 1)]!);
        expect(Math.abs(value - sem.covariance[at]!)).toBeLessThan(0.03 * scale);
      });
      expect(expectedLoss(sem.B, sem.covariance, d)).toBeCloseTo(sem.optimum, 9);
      const uncentred = 'centred' in options && (noise === 'exponential' || noise === 'gumbel' || noise === 'uniform');
      const mean = X.reduce((sum, x, at) => sum + (at % d === 0 ? x / n : 0), 0);
      if (!uncentred) expect(Math.abs(mean)).toBeLessThan(0.02);
    }
  });
  it('unit noise has optimum d/2; Gumbel’s own variance is π²/6; standardised variables have variance 1', () => {
    for (const noise of noises) expect(linearSem(B, d, { noise }).optimum).toBeCloseTo(d / 2, 12);
    expect(linearSem(B, d, { noise: 'gumbel', gumbelVariance: true }).optimum).toBeCloseTo((d * Math.PI ** 2) / 12, 12);
    const { covariance } = linearSem(B, d, { standardised: true });
    for (let j = 0; j < d; j++) expect(covariance[j * (d + 1)]).toBeCloseTo(1, 12);
  });
  it('the same key gives the same rows, in whatever batches', () => {
    const sem = linearSem(B, d, { noise: 'gumbel' });
    const rows = new Float64Array(4 * d);
    const source = sem.source(3);
    source.next(rows.subarray(0, d));
    source.next(rows.subarray(d));
    expect(rows).toEqual(sem.sample(4, 3));
    expect(sem.sample(4, 2)).not.toEqual(rows);
  });
  it('solves x = xB + n row by row', () => {
    const sem = linearSem(Float64Array.of(0, 2, 0, 0), 2);
    const free = linearSem(new Float64Array(4), 2);
    const [X, N] = [sem.sample(5), free.sample(5)];
    for (let r = 0; r < 5; r++) expect(X[2 * r + 1]).toBe(N[2 * r + 1]! + 2 * X[2 * r]!);
  });
  it('refuses cycles and other laws', () => {
    expect(() => linearSem(Float64Array.of(0, 1, 1, 0), 2)).toThrow(
      "linearSem: 'weights' is a graph with a cycle; must be a DAG. findCycle() shows the cycle.",
    );
    expect(() => linearSem(new Float64Array(4), 2, { noise: 'cauchy' as never })).toThrow(/'noise' is 'cauchy'/);
  });
});
