import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  correlation, expectedLoss, findCycle, fitOrder, fitParents, isDag, keepForward, linearSem, moments, orderLoss, placesOf,
  projectOrder, randomOrder, RunningMoments, searchOrder, simulateDag, topologicalOrder, unconstrained,
} from '../src/index.js'; // prettier-ignore
import { constraintsOf } from '../src/index.js';
import { solve } from './solve.js';

const graphs = fc.record({
  d: fc.integer({ min: 2, max: 12 }),
  degree: fc.constantFrom(0.5, 1),
  kind: fc.constantFrom('ER' as const, 'SF' as const),
  seed: fc.nat(1000),
});
const dag = ({ d, degree, kind, seed }: { d: number; degree: number; kind: 'ER' | 'SF'; seed: number }) =>
  simulateDag({ d, degree: kind === 'ER' ? degree : 2, kind, seed });

/** Node-wise normal equations on all predecessors. */
function textbookFit(S: Float64Array, d: number, order: Uint32Array): { W: Float64Array; loss: number } {
  const W = new Float64Array(d * d);
  let loss = 0;
  for (let b = 0; b < d; b++) {
    const j = order[b]!;
    const before = [...order.slice(0, b)];
    const beta = solve(
      before.map((p) => before.map((q) => S[p * d + q]!)),
      before.map((p) => S[p * d + j]!),
    );
    let variance = S[j * d + j]!;
    before.forEach((p, k) => {
      W[p * d + j] = beta[k]!;
      variance -= beta[k]! * S[p * d + j]!;
    });
    loss += variance / 2;
  }
  return { W, loss };
}

describe('projectOrder', () => {
  it('is a topological order of every DAG: nothing is removed (T5)', () => {
    fc.assert(
      fc.property(graphs, (options) => {
        const B = dag(options);
        const order = projectOrder(B, options.d);
        expect(keepForward(B.slice(), options.d, order)).toEqual(B);
      }),
    );
  });

  it('equals the loop of the paper on any matrix, whatever must come first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(1000), fc.boolean(), (d, seed, tiered) => {
        // Three tiers: 0, 3, 6 before 1, 4, 7 before 2, 5, 8.
        const tier = (v: number) => (tiered ? v % 3 : 0);
        const tiers = [0, 1, 2].map((t) =>
          Array.from({ length: d }, (_, v) => v).filter((v) => tiered && tier(v) === t),
        );
        const W = linearSem(new Float64Array(d * d), d, { seed }).sample(d);
        // §3.3 as it stands: sums anew in each round, dead vertices left out.
        const order = new Array<number>(d);
        const alive = new Set(Array.from({ length: d }, (_, v) => v));
        let [front, back] = [0, d - 1];
        while (alive.size > 0) {
          const mass = (f: (v: number, u: number) => number) =>
            [...alive].map((v) => [v, [...alive].reduce((sum, u) => sum + (u === v ? 0 : f(v, u) ** 2), 0)] as const);
          const least = (list: (readonly [number, number])[]) => list.reduce((a, b) => (b[1] < a[1] - 1e-12 ? b : a));
          const [first, beyond] = [Math.min, Math.max].map((f) => f(...[...alive].map(tier)));
          const sink = least(mass((v, u) => W[v * d + u]!).filter(([v]) => tier(v) === beyond));
          const source = least(mass((v, u) => W[u * d + v]!).filter(([v]) => tier(v) === first));
          const last = sink[1] <= source[1] + 1e-12;
          if (last) order[back--] = sink[0];
          else order[front++] = source[0];
          alive.delete(last ? sink[0] : source[0]);
        }
        expect([...projectOrder(W, d, tiered ? constraintsOf({ tiers }, d).precedence : undefined)]).toEqual(order);
      }),
    );
  });

  it('refuses weights whose squares are not finite', () => {
    for (const bad of [NaN, Infinity, 1e200]) {
      expect(() => projectOrder(Float64Array.of(0, 1, bad, 0), 2)).toThrow(
        /^projectOrder: 'sum of squares of row 1 of W' is (NaN|Infinity); must be finite\. /,
      );
    }
  });

  it('gives ties to the row branch: an empty graph comes out in reverse', () => {
    expect([...projectOrder(new Float64Array(9), 3)]).toEqual([2, 1, 0]);
  });

  it('keeps what must come first in front, whatever the matrix says', () => {
    const W = Float64Array.of(0, 5, 0, 0, 0, 1, 0, 0, 0); // 0 → 1 → 2
    const { precedence } = constraintsOf({ tiers: [[2], [0, 1]] }, 3);
    const place = placesOf(projectOrder(W, 3, precedence));
    expect(place[2]).toBe(0);
    expect(place[0]!).toBeLessThan(place[1]!);
  });
});

describe('exact fits', () => {
  it('fitOrder is node-wise least squares on all predecessors (T2)', () => {
    fc.assert(
      fc.property(graphs, fc.nat(1000), (options, seed) => {
        const { d } = options;
        const { covariance } = linearSem(dag(options), d, { deviations: 'unequal' });
        const order = randomOrder(d, seed);
        const fast = fitOrder(covariance, d, order);
        const slow = textbookFit(covariance, d, order);
        fast.W.forEach((value, at) => expect(value).toBeCloseTo(slow.W[at]!, 9));
        expect(fast.loss).toBeCloseTo(slow.loss, 9);
        expect(expectedLoss(fast.W, covariance, d)).toBeCloseTo(fast.loss, 9);
        expect(orderLoss(covariance, d, order)).toBeCloseTo(fast.loss, 12);
        expect(fast.residualVariance.reduce((a, b) => a + b) / 2).toBeCloseTo(fast.loss, 12);
      }),
      { numRuns: 40 },
    );
  });

  it('at the true order finds the true weights', () => {
    const B = simulateDag({ d: 40, degree: 4, seed: 3 });
    const { covariance } = linearSem(B, 40);
    const { W } = fitOrder(covariance, 40, topologicalOrder(B, 40)!);
    W.forEach((value, at) => expect(value).toBeCloseTo(B[at]!, 10));
  });

  it('no order beats d/2 with unit noise, and the true one reaches it (T3)', () => {
    fc.assert(
      fc.property(graphs, fc.nat(1000), (options, seed) => {
        const { d } = options;
        const B = dag(options);
        const { covariance, optimum } = linearSem(B, d);
        expect(optimum).toBe(d / 2);
        expect(orderLoss(covariance, d, randomOrder(d, seed))).toBeGreaterThanOrEqual(d / 2 - 1e-9);
        expect(orderLoss(covariance, d, topologicalOrder(B, d)!)).toBeCloseTo(d / 2, 9);
      }),
    );
  });

  it('least squares prefers the wrong order where variances differ (T4)', () => {
    // Var(x0) = 4, x1 = x0/2 + N(0, 1): 5 for the true order, 4 for the other.
    const { covariance } = linearSem(Float64Array.of(0, 0.5, 0, 0), 2, { deviations: Float64Array.of(2, 1) });
    expect(orderLoss(covariance, 2, [0, 1])).toBeCloseTo(5 / 2, 12);
    expect(orderLoss(covariance, 2, [1, 0])).toBeCloseTo(4 / 2, 12);
  });

  it('unconstrained is the minimiser with zero diagonal: loss ½ Σ 1/Θ_jj, gradient 0, below d/2 (T1)', () => {
    const d = 7;
    const { covariance } = linearSem(simulateDag({ d, degree: 3, seed: 1 }), d);
    const W = unconstrained(covariance, d);
    const loss = expectedLoss(W, covariance, d);
    expect(loss).toBeLessThan(d / 2);
    const identity = Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_, j) => Number(i === j)));
    const rows = Array.from({ length: d }, (_, i) => [...covariance.subarray(i * d, (i + 1) * d)]);
    const theta = identity.map((e) => solve(rows, e));
    expect(loss).toBeCloseTo(theta.reduce((sum, row, j) => sum + 1 / row[j]!, 0) / 2, 10);
    for (let at = 0; at < d * d; at++) {
      if (at % (d + 1) === 0) {
        expect(W[at]).toBe(0);
        continue;
      }
      for (const step of [1e-4, -1e-4]) {
        const near = W.slice();
        near[at]! += step;
        expect(expectedLoss(near, covariance, d)).toBeGreaterThan(loss);
      }
    }
  });

  it('fitParents keeps to its lists', () => {
    const { covariance } = linearSem(simulateDag({ d: 4, degree: 3, seed: 2 }), 4);
    const W = fitParents(covariance, 4, [[], [0], [], [0, 2]]);
    expect([...W.keys()].filter((at) => W[at] !== 0)).toEqual([1, 3, 11]);
    expect(W[1]).toBeCloseTo(covariance[1]! / covariance[0]!, 12);
  });

  it('names a collinear variable', () => {
    const S = Float64Array.of(1, 1, 0, 1, 1, 0, 0, 0, 1);
    const message = /'covariance' is singular: variable 1 is a combination of variables 0; must be positive definite/;
    expect(() => fitOrder(S, 3, [0, 1, 2])).toThrow(message);
    expect(() => fitOrder(S, 3, [2, 1, 0])).toThrow(/variable 0 is a combination of variables 1;/);
    expect(() => unconstrained(S, 3)).toThrow(/unconstrained: .*variable 1/);
    expect(() => searchOrder(S, 3, [0, 1, 2])).toThrow(/searchOrder: .*variable 1/);
    expect(() => fitParents(S, 3, [[], [], [0, 1]])).toThrow(
      /fitParents: .*variable 1 is a combination of other parents of 2/,
    );
  });

  it('refuses what is no order or no matrix', () => {
    const S = Float64Array.of(1, 0, 0, 1);
    expect(() => fitOrder(S, 2, [0, 0])).toThrow(
      new RangeError("fitOrder: 'order' is [0, 0]; must be each of 0, …, 1 once. Give every variable one place."),
    );
    expect(() => orderLoss(S, 2, [0])).toThrow(/orderLoss: 'order'/);
    expect(() => fitOrder(S.subarray(1), 2, [0, 1])).toThrow(
      /'covariance' is an array of 3; must be d · d = 4 numbers/,
    );
    expect(() => fitOrder(Float64Array.of(1, NaN, NaN, 1), 2, [0, 1])).toThrow(/'covariance\[0, 1\]' is NaN/);
  });
});

describe('searchOrder', () => {
  const permutations = (rest: number[]): number[][] =>
    rest.length === 0
      ? [[]]
      : rest.flatMap((v) => permutations(rest.filter((u) => u !== v)).map((tail) => [v, ...tail]));

  it('never gets worse, reports the loss of its order, and ends where no single move helps', () => {
    fc.assert(
      fc.property(graphs, fc.nat(1000), fc.constantFrom('swap' as const, 'insert' as const), (options, seed, moves) => {
        const { d } = options;
        const { covariance } = linearSem(dag(options), d, { deviations: 'unequal' });
        const start = randomOrder(d, seed);
        const found = searchOrder(covariance, d, start, { moves });
        expect(found.loss).toBeLessThanOrEqual(orderLoss(covariance, d, start) + 1e-9);
        expect(found.loss).toBeCloseTo(orderLoss(covariance, d, found.order), 9);
        for (let a = 0; a < d; a++) {
          for (let b = 0; b < d; b++) {
            if (moves === 'swap' && b !== a + 1) continue;
            const other = [...found.order];
            other.splice(b, 0, ...other.splice(a, 1));
            expect(orderLoss(covariance, d, other)).toBeGreaterThanOrEqual(found.loss - 1e-9);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('finds the best of all 720 orders of six variables from most starts', () => {
    let hits = 0;
    for (let seed = 0; seed < 10; seed++) {
      const { covariance } = linearSem(simulateDag({ d: 6, degree: 3, seed }), 6, { deviations: 'unequal', seed });
      const best = Math.min(...permutations([0, 1, 2, 3, 4, 5]).map((order) => orderLoss(covariance, 6, order)));
      if (searchOrder(covariance, 6, randomOrder(6, seed)).loss < best + 1e-9) hits++;
    }
    expect(hits).toBeGreaterThanOrEqual(7);
  });
});

describe('graphs and moments', () => {
  it('a cycle is shown, a DAG has an order', () => {
    const cyclic = Float64Array.of(0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0); // 0 → 1 → 2 → 3 → 1
    expect(isDag(cyclic, 4)).toBe(false);
    expect(findCycle(cyclic, 4)).toEqual([1, 2, 3]);
    expect([...topologicalOrder(Float64Array.of(0, 0, 0, 1, 0, 1, 0, 0, 0), 3)!]).toEqual([1, 0, 2]);
    expect(findCycle(Float64Array.of(0, 1, 0, 0), 2)).toBeNull();
  });

  it('blocks add up to the moments of all rows, however cut', () => {
    const [n, d] = [200, 4];
    const X = linearSem(simulateDag({ d, degree: 2, seed: 1 }), d, { noise: 'gumbel', centred: false }).sample(n);
    const whole = moments(X, n, d);
    fc.assert(
      fc.property(fc.array(fc.nat(n), { maxLength: 6 }), (cuts) => {
        const ends = [0, ...cuts.sort((a, b) => a - b), n];
        const running = new RunningMoments(d);
        ends.slice(1).forEach((end, k) => running.partialFit(X.subarray(ends[k]! * d, end * d)));
        const both = running.moments();
        expect(both.n).toBe(n);
        both.covariance.forEach((value, at) => expect(value).toBeCloseTo(whole.covariance[at]!, 11));
        both.mean.forEach((value, j) => expect(value).toBeCloseTo(whole.mean[j]!, 12));
      }),
    );
    expect(() => new RunningMoments(2).moments()).toThrow(/'rows' is 0; must be at least one/);
    expect(() => new RunningMoments(2).partialFit(new Float64Array(3))).toThrow(/'rows' is 1.5/);
  });

  it('a correlation matrix has ones on its diagonal; a constant variable is named', () => {
    expect([...correlation(Float64Array.of(4, 1, 1, 1), 2)]).toEqual([1, 0.5, 0.5, 1]);
    expect(() => correlation(Float64Array.of(1, 0, 0, 0), 2)).toThrow(/'covariance\[1, 1\]' is 0; must be above 0/);
  });
});
