import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  boss, correlation, cpdag, cpdagDistance, fit, isDag, keepForward, linearSem, moments, parentsOf, randomOrder, refit, simulateDag,
} from '../src/index.js'; // prettier-ignore
import { solve } from './solve.js';

/** n log Var(x_j | parents) + log(n)·parents, by Gauss. */
function bic(S: Float64Array, d: number, n: number, j: number, parents: number[]): number {
  const beta = solve(
    parents.map((a) => parents.map((b) => S[a * d + b]!)),
    parents.map((a) => S[a * d + j]!),
  );
  const rss = parents.reduce((left, a, k) => left - beta[k]! * S[a * d + j]!, S[j * (d + 1)]!);
  return n * Math.log(rss) + Math.log(n) * parents.length;
}

const scoreOf = (S: Float64Array, d: number, n: number, W: Float64Array) =>
  parentsOf(W, d).reduce((sum, parents, j) => sum + bic(S, d, n, j, parents), 0);

/** The best score of all DAGs: for each order, for each variable, over all subsets of what comes before. */
function bestOfAll(S: Float64Array, d: number, n: number): number {
  const known = new Map<number, number>();
  const subset = (j: number, before: number): number => {
    const key = before * d + j;
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    const list = Array.from({ length: d }, (_, v) => v).filter((v) => (before >> v) % 2 === 1);
    const value = Math.min(bic(S, d, n, j, list), ...list.map((v) => subset(j, before - 2 ** v)));
    known.set(key, value);
    return value;
  };
  const orders = (before: number): number =>
    before === 2 ** d - 1
      ? 0
      : Math.min(
          ...Array.from({ length: d }, (_, j) => j)
            .filter((j) => (before >> j) % 2 === 0)
            .map((j) => subset(j, before) + orders(before + 2 ** j)),
        );
  return orders(0);
}

const data = (d: number, seed: number, n: number, weights: [number, number] = [0.3, 1.5]) => {
  const B = simulateDag({ d, degree: Math.min(3, d - 1), seed, weights });
  return { B, S: moments(linearSem(B, d, { deviations: 'unequal', seed }).sample(n), n, d).covariance };
};

describe('boss', () => {
  it('finds the best BIC of all orders and parents, d ≤ 5', () => {
    let equal = 0;
    const runs = 60;
    for (let seed = 0; seed < runs; seed++) {
      const [d, n] = [3 + (seed % 3), seed % 2 === 0 ? 200 : 5000];
      const { S } = data(d, seed, n);
      const found = boss(S, d, n).score - bestOfAll(S, d, n);
      expect(found).toBeGreaterThan(-1e-6);
      if (found < 1e-6) equal++;
    }
    // One start alone gets there in 9 of 10.
    expect(equal).toBe(runs);
  });

  it('says the score of its own graph, which is a DAG of its order, fitted by least squares', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.nat(100_000), (d, seed) => {
        const { S } = data(d, seed, 500);
        const { W, order, score } = boss(S, d, 500, { starts: 2 });
        expect(isDag(W, d)).toBe(true);
        expect(keepForward(W.slice(), d, order)).toEqual(W);
        refit(W, S, d).forEach((weight, at) => expect(W[at]).toBeCloseTo(weight, 12));
        expect(score).toBeCloseTo(scoreOf(S, d, 500, W), 6);
      }),
      { numRuns: 50 },
    );
  });

  it('recovers the equivalence class from the covariance of the model, in any units, unless BIC prefers another', () => {
    const [d, n] = [8, 1e6];
    let recovered = 0;
    for (let seed = 0; seed < 20; seed++) {
      const B = simulateDag({ d, degree: 2, seed, weights: [0.5, 1] });
      const { covariance } = linearSem(B, d, { deviations: 'unequal', seed });
      const start = randomOrder(d, seed);
      const { W, score } = boss(covariance, d, n, { start });
      expect(cpdagDistance(boss(correlation(covariance, d), d, n, { start }).W, W, d)).toBe(0);
      if (cpdagDistance(W, B, d) === 0) recovered++;
      else expect(score).toBeLessThan(scoreOf(covariance, d, n, B) - 1);
    }
    // In the other one two paths of weights 0.66 and −0.65 cancel.
    expect(recovered).toBe(19);
  });

  it('on a sample its BIC is no worse than that of the true graph', () => {
    // Measured at d = 10 with 20 starts: in 30 of 30; with 5 in 28, with one in 20.
    for (let seed = 0; seed < 10; seed++) {
      const { B, S } = data(10, seed, 1000);
      expect(boss(S, 10, 1000, { starts: 20 }).score).toBeLessThan(scoreOf(S, 10, 1000, B) + 1e-6);
    }
  });

  it('a dearer parent gives fewer edges; more starts never do worse; the seed is all that is random', () => {
    const { S } = data(8, 3, 300);
    const edges = (penalty: number) => boss(S, 8, 300, { penalty }).W.filter((w) => w !== 0).length;
    expect(edges(0.2)).toBeGreaterThan(edges(1));
    expect(edges(1)).toBeGreaterThan(edges(20));
    const [one, ten] = [boss(S, 8, 300, { starts: 1, passes: 1 }), boss(S, 8, 300, { passes: 1 })];
    expect(ten.score).toBeLessThanOrEqual(one.score);
    expect(boss(S, 8, 300, { seed: 4 })).toEqual(boss(S, 8, 300, { seed: 4 }));
  });

  it('as a method of fit gives its graph as it is, and the same one standardised', () => {
    const d = 6;
    const B = simulateDag({ d, degree: 3, weights: [0.5, 1], seed: 2 });
    const X = linearSem(B, d).sample(3000);
    const { W, pattern, diagnostics } = fit(X, d, { method: 'boss' });
    const { covariance } = moments(X, 3000, d);
    const own = boss(covariance, d, 3000);
    expect(cpdag(own.W, d)).toEqual(pattern);
    expect(scoreOf(covariance, d, 3000, W)).toBeCloseTo(own.score, 6);
    expect(diagnostics.scaleSensitivity).toBe(0);
  });

  const { S } = data(3, 1, 100);
  it.each<[() => unknown, string]>([
    [() => boss(S, 3, 1), "boss: 'n' is 1; must be an integer of at least 2."],
    [() => boss(S, 2, 100), "boss: 'covariance' is an array of 9; must be d · d = 4 numbers."],
    [() => boss(S, 3, 100, { start: [0, 1] }), "boss: 'start' is [0, 1]; must be each of 0, …, 2 once."],
    [() => boss(S, 3, 100, { penalty: 0 }), "boss: 'penalty' is 0; must be a finite number > 0."],
    [() => boss(S, 3, 100, { starts: 0 }), "boss: 'starts' is 0; must be an integer of at least 1."],
    [() => boss(S, 3, 100, { seed: -1 }), "boss: 'seed' is -1; must be an integer of at least 0."],
    [() => boss(S, 3, 100, { passes: 0.5 }), "boss: 'passes' is 0.5; must be an integer of at least 1."],
    [() => boss(Float64Array.of(1, 1, 1, 1), 2, 100), "boss: 'covariance' is singular: variable 1 is a combination of"],
  ])('refuses what is outside (%#)', (call, message) => {
    expect(call).toThrow(message);
  }); // prettier-ignore
});
