import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  adjustedEffect, adjustmentSet, dSeparated, intervene, isBackdoorSet, linearSem, moments, simulateDag, topologicalOrder,
  totalEffect,
} from '../src/index.js'; // prettier-ignore
import { solve } from './solve.js';

/** [d, d] with these edges. */
const graph = (d: number, ...edges: [number, number, number?][]) => {
  const W = new Float64Array(d * d);
  for (const [i, j, weight = 1] of edges) W[i * d + j] = weight;
  return W;
};
const random = fc
  .record({ d: fc.integer({ min: 2, max: 6 }), seed: fc.nat(100_000) })
  .map(({ d, seed }) => ({ d, W: simulateDag({ d, degree: Math.min(d - 1, 2.5), seed, weights: [0.5, 2] }) }));
const pairs = (d: number) =>
  Array.from({ length: d * d }, (_, at): [number, number] => [Math.floor(at / d), at % d]).filter(([x, y]) => x !== y);
const subsets = (of: number[]) =>
  Array.from({ length: 2 ** of.length }, (_, bits) => of.filter((_v, k) => (bits >> k) % 2 === 1));
const others = (d: number, x: number, y: number) =>
  Array.from({ length: d }, (_, v) => v).filter((v) => v !== x && v !== y);

const descends = (W: Float64Array, d: number, from: number, to: number): boolean =>
  from === to || others(d, from, -1).some((v) => W[from * d + v] !== 0 && descends(W, d, v, to));

/** The definition: along every simple path, a non-collider in the set, or a collider without descendant in it. */
function separatedByPaths(W: Float64Array, d: number, x: number, y: number, given: number[]): boolean {
  const edge = (i: number, j: number) => W[i * d + j] !== 0;
  const open = (path: number[]) =>
    path.slice(1, -1).every((v, k) => {
      const collider = edge(path[k]!, v) && edge(path[k + 2]!, v);
      return collider ? given.some((z) => descends(W, d, v, z)) : !given.includes(v);
    });
  const search = (path: number[]): boolean => {
    const last = path.at(-1)!;
    if (last === y) return !open(path);
    return Array.from({ length: d }, (_, v) => v).every(
      (v) => path.includes(v) || !(edge(last, v) || edge(v, last)) || search([...path, v]),
    );
  };
  return search([x]);
}

function backdoorByPaths(W: Float64Array, d: number, x: number, y: number, given: number[]): boolean {
  const cut = W.slice().fill(0, x * d, (x + 1) * d);
  return !given.some((z) => descends(W, d, x, z)) && separatedByPaths(cut, d, x, y, given);
}

describe('dSeparated', () => {
  it('chain, fork and collider', () => {
    for (const W of [graph(3, [0, 1], [1, 2]), graph(3, [1, 0], [1, 2])]) {
      expect(dSeparated(W, 3, 0, 2, [])).toBe(false);
      expect(dSeparated(W, 3, 0, 2, [1])).toBe(true);
    }
    const collider = graph(4, [0, 1], [2, 1], [1, 3]);
    expect(dSeparated(collider, 4, 0, 2, [])).toBe(true);
    expect(dSeparated(collider, 4, 0, 2, [1])).toBe(false);
    expect(dSeparated(collider, 4, 0, 2, [3])).toBe(false);
  });
  it('is what its definition says of every path, for all pairs and sets of random DAGs', () => {
    fc.assert(
      fc.property(random, ({ d, W }) => {
        for (const [x, y] of pairs(d)) {
          for (const given of subsets(others(d, x, y))) {
            expect(dSeparated(W, d, x, y, given)).toBe(separatedByPaths(W, d, x, y, given));
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('adjustment sets', () => {
  it('M-bias: nothing to adjust for, and the collider does harm; the parents would do too', () => {
    // 0 → 2 ← 1, 0 → 3, 1 → 4, 3 → 4: the effect of 3 on 4.
    const W = graph(5, [0, 2], [1, 2], [0, 3], [1, 4], [3, 4]);
    expect(adjustmentSet(W, 5, 3, 4)).toEqual([]);
    expect(adjustmentSet(W, 5, 3, 4, 'parents')).toEqual([0]);
    expect(isBackdoorSet(W, 5, 3, 4, [2])).toBe(false);
    expect(isBackdoorSet(W, 5, 3, 4, [1, 2])).toBe(true);
  });
  it('a confounder has to be in, a mediator must not be', () => {
    const W = graph(4, [0, 1], [0, 3], [1, 2], [2, 3]);
    expect(adjustmentSet(W, 4, 1, 3)).toEqual([0]);
    expect(isBackdoorSet(W, 4, 1, 3, [0, 2])).toBe(false);
    expect(isBackdoorSet(W, 4, 1, 3, [])).toBe(false);
    expect(adjustmentSet(W, 4, 3, 2)).toBeNull();
    expect(adjustmentSet(W, 4, 3, 2, 'parents')).toBeNull();
  });
  it('brute force over all sets: the criterion, when there is a set, and that no subset of the minimal one is another', () => {
    fc.assert(
      fc.property(random, ({ d, W }) => {
        for (const [x, y] of pairs(d)) {
          const valid = subsets(others(d, x, y)).filter((set) => backdoorByPaths(W, d, x, y, set));
          for (const set of subsets(others(d, x, y))) {
            expect(isBackdoorSet(W, d, x, y, set)).toBe(valid.some((one) => String(one) === String(set)));
          }
          const [minimal, parents] = [adjustmentSet(W, d, x, y), adjustmentSet(W, d, x, y, 'parents')];
          if (valid.length === 0) {
            expect([minimal, parents]).toEqual([null, null]);
            expect(totalEffect(W, d, x, y)).toBe(0);
            continue;
          }
          expect(valid).toContainEqual(parents);
          expect(valid.filter((set) => set.every((v) => minimal!.includes(v)))).toEqual([minimal]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('effects', () => {
  it('sum over two paths, with their signs', () => {
    const W = graph(4, [0, 1, 2], [1, 3, -3], [0, 2, 0.5], [2, 3, 4], [0, 3, 1]);
    expect(totalEffect(W, 4, 0, 3)).toBe(2 * -3 + 0.5 * 4 + 1);
    expect(totalEffect(W, 4, 3, 0)).toBe(0);
  });
  it('by regression on either set equal (I − W)⁻¹, on the covariance of the model', () => {
    fc.assert(
      fc.property(random, ({ d, W }) => {
        const { covariance } = linearSem(W, d, { deviations: 'unequal', seed: 3 });
        const transposed = Array.from({ length: d }, (_, i) =>
          Array.from({ length: d }, (_v, j) => Number(i === j) - W[j * d + i]!),
        );
        for (const [x, y] of pairs(d)) {
          const inverse = solve(
            transposed,
            Array.from({ length: d }, (_, i) => Number(i === x)),
          )[y]!;
          expect(totalEffect(W, d, x, y)).toBeCloseTo(inverse, 10);
          for (const kind of ['parents', 'minimal'] as const) {
            const set = adjustmentSet(W, d, x, y, kind);
            if (set !== null) expect(adjustedEffect(covariance, d, x, y, set)).toBeCloseTo(inverse, 8);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
  it('without adjustment the confounder is in: (2 + 6)/2 instead of 1', () => {
    // 0 → 1 with 1, 0 → 2 with 6, 1 → 2 with 1; unit noise: Var(x1) = 2, Cov(x1, x2) = 2 + 6.
    const W = graph(3, [0, 1], [0, 2, 6], [1, 2]);
    const { covariance } = linearSem(W, 3);
    expect(adjustedEffect(covariance, 3, 1, 2, [])).toBeCloseTo(4, 12);
    expect(adjustedEffect(covariance, 3, 1, 2, [0])).toBeCloseTo(1, 12);
  });
});

describe('intervene', () => {
  it('by hand: what is set is cut from its parents, what comes after moves, the rest stays', () => {
    const W = graph(4, [0, 1, 2], [1, 2, -3], [0, 2, 1]);
    const X = Float64Array.of(1, 5, 7, 9, -1, 0, 0.5, 2);
    expect([...intervene(X, 2, 4, W, [[1, 4]])]).toEqual([1, 4, 10, 9, -1, 4, -11.5, 2]);
    expect([...intervene(X, 2, 4, W, [[0, 2], [2, 0]])]).toEqual([2, 7, 0, 9, 2, 6, 0, 2]); // prettier-ignore
    expect([...intervene(X, 2, 4, W, [])]).toEqual([...X]);
  });
  it('has the law of the model with what leads into the variable cut', () => {
    fc.assert(
      fc.property(random, fc.nat(5), ({ d, W }, pick) => {
        const x = pick % d;
        const n = 400;
        const X = linearSem(W, d, { noise: 'exponential', seed: 5 }).sample(n);
        const done = intervene(X, n, d, W, [[x, 2]]);
        // The noise of each row, put through the equations with x set, in order.
        for (let r = 0; r < 20; r++) {
          const slow = new Float64Array(d);
          for (const j of topologicalOrder(W, d)!) {
            let noise = X[r * d + j]!;
            for (let i = 0; i < d; i++) noise -= W[i * d + j]! * X[r * d + i]!;
            slow[j] = noise;
            for (let i = 0; i < d; i++) slow[j]! += W[i * d + j]! * slow[i]!;
            if (j === x) slow[j] = 2;
            expect(done[r * d + j]).toBeCloseTo(slow[j]!, 9);
          }
        }
        // Means move by the total effect, and one row of means says the same.
        const [before, after] = [moments(X, n, d).mean, moments(done, n, d).mean];
        const ofMeans = intervene(before, 1, d, W, [[x, 2]]);
        for (let y = 0; y < d; y++) {
          const effect = y === x ? 1 : totalEffect(W, d, x, y);
          expect(after[y]! - before[y]!).toBeCloseTo(effect * (2 - before[x]!), 8);
          expect(ofMeans[y]).toBeCloseTo(after[y]!, 8);
        }
      }),
      { numRuns: 50 },
    );
  });
});

const W = graph(3, [0, 1], [1, 2]);
const cycle = graph(3, [0, 1], [1, 0]);
const eye = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
it.each<[string, () => unknown, string]>([
  ['a cycle', () => dSeparated(cycle, 3, 0, 2, []), "dSeparated: 'W' is a graph with a cycle; must be a DAG."],
  ['a cycle', () => adjustmentSet(cycle, 3, 0, 2), "adjustmentSet: 'W' is a graph with a cycle"],
  ['a cycle', () => isBackdoorSet(cycle, 3, 0, 2, []), "isBackdoorSet: 'W' is a graph with a cycle"],
  ['a cycle', () => totalEffect(cycle, 3, 0, 2), "totalEffect: 'W' is a graph with a cycle"],
  ['a cycle', () => intervene(new Float64Array(3), 1, 3, cycle, []), "intervene: 'W' is a graph with a cycle"],
  ['no variable', () => dSeparated(W, 3, 0, 3, []), "dSeparated: 'y' is 3; must be below d = 3."],
  ['no variable', () => adjustmentSet(W, 3, -1, 1), "adjustmentSet: 'x' is -1; must be an integer of at least 0."],
  ['no variable', () => intervene(new Float64Array(3), 1, 3, W, [[3, 0]]), "intervene: 'values' is 3; must be below d"],
  ['itself', () => totalEffect(W, 3, 1, 1), "totalEffect: 'y' is 1; must be another variable than x."],
  ['x given', () => dSeparated(W, 3, 0, 2, [0]), "dSeparated: 'given' is [0]; must be without x and y."],
  ['a kind', () => adjustmentSet(W, 3, 0, 1, 'best' as never), "adjustmentSet: 'kind' is 'best'; must be 'parents' or"],
  ['x twice', () => adjustedEffect(eye, 3, 0, 1, [0]), "adjustedEffect: 'given' is [0]; must be different variables"],
  ['half a row', () => intervene(new Float64Array(4), 1, 3, W, []), "intervene: 'X' is an array of 4; must be n · d = 3"],
  ['set twice', () => intervene(new Float64Array(3), 1, 3, W, [[0, 1], [0, 2]]), "'values' is two values for variable 0"],
  ['no number', () => intervene(new Float64Array(3), 1, 3, W, [[0, NaN]]), "'values, variable 0' is NaN; must be finite."],
])('refuses %s (%#)', (_, call, message) => {
  expect(call).toThrow(message);
}); // prettier-ignore
