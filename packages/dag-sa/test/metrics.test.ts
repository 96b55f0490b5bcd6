import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  compareGraphs, cpdag, cpdagDistance, diagnose, isDag, linearSem, r2Sortability, repair, sid, simulateDag, sortability,
  topologicalOrder, varsortability,
} from '../src/index.js'; // prettier-ignore
import { solve } from './solve.js';

const small = fc.record({ d: fc.integer({ min: 2, max: 6 }), seed: fc.nat(100_000) });
const dag = (d: number, seed: number) => simulateDag({ d, degree: Math.min(d - 1, 2), seed, weights: [0.5, 2] });

/**
 * SID by its meaning on a linear SEM with generic weights: the effect of i on j that regression on i and its learnt parents
 * gives, against the true total effect.
 */
function bruteForceSid(predicted: Float64Array, actual: Float64Array, d: number): number {
  const { covariance } = linearSem(actual, d, { deviations: 'unequal', seed: 7 });
  const order = [...topologicalOrder(actual, d)!];
  const total = (i: number, j: number) => {
    const effect = new Float64Array(d);
    effect[i] = 1;
    for (const v of order) {
      if (v === i) continue;
      for (let u = 0; u < d; u++) effect[v]! += effect[u]! * actual[u * d + v]!;
    }
    return effect[j]!;
  };
  let wrong = 0;
  for (let i = 0; i < d; i++) {
    const parents = Array.from({ length: d }, (_, k) => k).filter((k) => predicted[k * d + i] !== 0);
    for (let j = 0; j < d; j++) {
      if (i === j) continue;
      let guess = 0;
      if (!parents.includes(j)) {
        const on = [i, ...parents];
        guess = solve(
          on.map((p) => on.map((q) => covariance[p * d + q]!)),
          on.map((p) => covariance[p * d + j]!),
        )[0]!;
      }
      if (Math.abs(guess - total(i, j)) > 1e-8) wrong++;
    }
  }
  return wrong;
}

describe('sid', () => {
  it('equals brute force on random DAGs of up to six vertices', () => {
    fc.assert(
      fc.property(small, fc.nat(100_000), ({ d, seed }, other) => {
        const [predicted, actual] = [dag(d, other), dag(d, seed)];
        expect(sid(predicted, actual, d)).toBe(bruteForceSid(predicted, actual, d));
      }),
      { numRuns: 500 },
    );
  });
  it('is 0 for the graph itself and for one with more edges, and counts a reversed edge twice', () => {
    expect(sid(Float64Array.of(0, 1, 0, 0), Float64Array.of(0, 1, 0, 0), 2)).toBe(0);
    expect(sid(Float64Array.of(0, 1, 0, 0), new Float64Array(4), 2)).toBe(0);
    expect(sid(Float64Array.of(0, 0, 1, 0), Float64Array.of(0, 1, 0, 0), 2)).toBe(2);
    expect(() => sid(Float64Array.of(0, 1, 1, 0), new Float64Array(4), 2)).toThrow(
      "sid: 'predicted' is a graph with a cycle; must be a DAG. repair() makes one.",
    );
  });
});

describe('cpdag', () => {
  /** All DAGs on a skeleton with the same v-structures: the class by its definition. */
  const classOf = (W: Float64Array, d: number): Float64Array[] => {
    const edges = [...W.keys()].filter((at) => W[at] !== 0);
    const colliders = (M: Float64Array) => {
      const list: string[] = [];
      const has = (i: number, j: number) => M[i * d + j] !== 0;
      for (let j = 0; j < d; j++) {
        for (let a = 0; a < d; a++) {
          for (let b = 0; b < a; b++)
            if (has(a, j) && has(b, j) && !has(a, b) && !has(b, a)) list.push(`${a} ${j} ${b}`);
        }
      }
      return list.join();
    };
    const all: Float64Array[] = [];
    for (let bits = 0; bits < 2 ** edges.length; bits++) {
      const M = new Float64Array(d * d);
      edges.forEach((at, k) => (M[(bits >> k) & 1 ? (at % d) * d + Math.floor(at / d) : at] = 1));
      if (isDag(M, d) && colliders(M) === colliders(W)) all.push(M);
    }
    return all;
  };
  it('directs an edge exactly where all DAGs of the class agree', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5 }), fc.nat(100_000), (d, seed) => {
        const W = simulateDag({ d, degree: Math.min(d - 1, 3), seed });
        const P = cpdag(W, d);
        const all = classOf(W, d);
        for (let at = 0; at < d * d; at++) expect(P[at]).toBe(Number(all.some((M) => M[at] !== 0)));
        for (const M of all) expect(cpdagDistance(M, W, d)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
  it('counts pairs that differ', () => {
    // 0 → 1 ← 2 against the chain 0 → 1 → 2, whose edges are open: both pairs differ.
    expect(
      cpdagDistance(Float64Array.of(0, 1, 0, 0, 0, 0, 0, 1, 0), Float64Array.of(0, 1, 0, 0, 0, 1, 0, 0, 0), 3),
    ).toBe(2);
    expect(() => cpdag(Float64Array.of(0, 1, 1, 0), 2)).toThrow("cpdag: 'W' is a graph with a cycle; must be a DAG.");
  });
});

describe('compareGraphs', () => {
  it('counts by hand: one right, one reversed, one extra, one missing', () => {
    const actual = Float64Array.of(0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0); // 0→1, 0→2, 2→1
    const predicted = Float64Array.of(0, 1, 0, 2, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0); // 0→1, 0→3, 1→2
    expect(compareGraphs(predicted, actual, 4)).toEqual({
      shd: 3, fdr: 2 / 3, tpr: 1 / 3, fpr: 2 / 3, predicted: 3, actual: 3, reversed: 1, extra: 1, missing: 1,
    }); // prettier-ignore
  });
  it('is 0 for equal graphs, and symmetric in SHD', () => {
    fc.assert(
      fc.property(small, fc.nat(1000), ({ d, seed }, other) => {
        const [a, b] = [dag(d, seed), dag(d, other)];
        expect(compareGraphs(a, a, d).shd).toBe(0);
        expect(compareGraphs(a, b, d).shd).toBe(compareGraphs(b, a, d).shd);
      }),
    );
  });
  it('a transposed adjacency is all reversed', () => {
    const W = dag(6, 1);
    const transposed = W.map((_, at) => W[(at % 6) * 6 + Math.floor(at / 6)]!);
    const { reversed, tpr } = compareGraphs(transposed, W, 6);
    expect(reversed).toBe(W.filter((w) => w !== 0).length);
    expect(tpr).toBe(0);
  });
});

describe('repair', () => {
  // 0 → 1 (3), 1 → 2 (2), 2 → 0 (1), 0 → 3 (0.5), 3 → 3, 2 → 3 (0.1)
  const W = Float64Array.of(0, 3, 0, 0.5, 0, 0, -2, 0, 1, 0, 0, 0.1, 0, 0, 0, 9);
  it('deletes the smallest edges until no cycle is left', () => {
    const { W: out, removed } = repair(W, 4, 0.3);
    expect([...out.keys()].filter((at) => out[at] !== 0)).toEqual([1, 6]);
    expect(removed).toBe(2);
  });
  it('inserts the largest, leaving out what closes a cycle', () => {
    const { W: out, removed } = repair(W, 4, 0.3, 'insert');
    expect([...out.keys()].filter((at) => out[at] !== 0)).toEqual([1, 3, 6]);
    expect(removed).toBe(1);
  });
  it('gives DAGs, and leaves DAGs as they are', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 25, maxLength: 25 }), (values) => {
        const M = Float64Array.from(values);
        for (const how of ['delete', 'insert'] as const) expect(isDag(repair(M, 5, 0, how).W, 5)).toBe(true);
        const B = dag(5, Math.round(100 * Math.abs(values[0]!)));
        expect(repair(B, 5, 0)).toEqual({ W: B, removed: 0 });
        expect(repair(B, 5, 0, 'insert')).toEqual({ W: B, removed: 0 });
      }),
    );
  });
});

describe('diagnostics', () => {
  it('sortability: all, none, ties, no edges; paths of every length count', () => {
    const chain = Float64Array.of(0, 1, 0, 0, 0, 1, 0, 0, 0);
    expect(sortability(Float64Array.of(1, 2, 3), chain, 3)).toBe(1);
    expect(sortability(Float64Array.of(3, 2, 1), chain, 3)).toBe(0);
    expect(sortability(Float64Array.of(1, 1, 1), chain, 3)).toBe(0.5);
    expect(sortability(Float64Array.of(2, 3, 1), chain, 3)).toBeCloseTo(1 / 3, 12); // 0→1 rises; 1→2 and 0→1→2 fall
    expect(sortability(Float64Array.of(1, 2, 3), new Float64Array(9), 3)).toBe(0.5);
  });
  it('simulated data are sortable by variance, and by R² still once standardised', () => {
    const B = simulateDag({ d: 30, degree: 4, weights: [0.5, 2], seed: 1 });
    const [raw, unit] = [linearSem(B, 30), linearSem(B, 30, { standardised: true })];
    expect(varsortability(raw.covariance, B, 30)).toBeGreaterThan(0.9);
    expect(varsortability(unit.covariance, unit.B, 30)).toBeCloseTo(0.5, 6);
    expect(r2Sortability(unit.covariance, unit.B, 30)).toBeCloseTo(r2Sortability(raw.covariance, B, 30), 6);
  });
  it('warns where the order is that of the variances, and where standardising changes the graph', () => {
    const S = Float64Array.of(1, 0, 0, 0, 10, 0, 0, 0, 100);
    const edge = Float64Array.of(0, 1, 0, 0, 0, 0, 0, 0, 0);
    const other = Float64Array.of(0, 0, 0, 1, 0, 0, 0, 0, 0);
    const { varianceRatio, varianceRank, scaleSensitivity, warnings } = diagnose(
      S,
      3,
      Uint32Array.of(0, 1, 2),
      edge,
      other,
    );
    expect([varianceRatio, varianceRank, scaleSensitivity]).toEqual([100, 1, 1]);
    expect(warnings).toEqual([
      '2 of 2 edges change when the variables are standardised (variances differ by a factor of 100): the graph depends on the units.',
      'The order is nearly the order of variances (rank correlation 1.00): compare with sortnregress before you believe it.',
    ]);
    expect(diagnose(S, 3, Uint32Array.of(2, 1, 0), edge, edge).warnings).toEqual([]);
  });
});
