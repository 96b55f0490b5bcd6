import { stream } from '@assay-ml/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  adaptiveLasso, bicPrune, boss, compareGraphs, constraintsOf, correlation, dagma, directLingam, eqVarBottomUp, eqVarTopDown, exponentialAcyclicity, fit, golem, isDag,
  linearSem, logDetAcyclicity, methods, moments, nocurl, notears, parentsOf, placesOf, polynomialAcyclicity, r2Order, randomOrder, repair,
  searchOrder, simulateDag, varianceOrder, type Constraints, type Knowledge, type Method,
} from '../src/index.js'; // prettier-ignore
import { solve } from './solve.js';

const quick = { psiDag: { epochs: 1, batches: [200, 200] } } as const;
/** Adam takes its hundred thousand steps whatever d is. */
const slow: readonly Method[] = ['golem-ev', 'golem-nv', 'dagma'];
const soft: readonly Method[] = [...slow, 'notears', 'nocurl'];
const orders = methods.filter((method) => !soft.includes(method));

const edgesIn = (W: Float64Array, d: number) =>
  [...W.keys()].filter((at) => W[at] !== 0).map((at): [number, number] => [Math.floor(at / d), at % d]);
const back = (W: Float64Array, d: number): [number, number][] => edgesIn(W, d).map(([i, j]) => [j, i]);
/** Columns times these. */
const times = (X: Float64Array, scale: readonly number[]) => X.map((x, at) => x * scale[at % scale.length]!);

const problem = fc.record({ d: fc.integer({ min: 2, max: 6 }), seed: fc.nat(100_000), units: fc.nat(100_000) });
const drawn = ({ d, seed, units }: { d: number; seed: number; units: number }) => {
  const B = simulateDag({ d, degree: Math.min(2, d - 1), seed, weights: [0.7, 1.5] });
  const X = linearSem(B, d, { seed, deviations: 'unequal', noise: 'uniform' }).sample(1500);
  const scale = [...stream(units, 'units').fillNormal(new Float64Array(d))].map((z) => 10 ** z);
  return { B, X: times(X, scale) };
};

describe('D1: forbidding the wrong way round', () => {
  it.each(orders)('leaves the right way to %s', (method) => {
    const X = times(linearSem(Float64Array.of(0, 1.5, 0, 0), 2).sample(1000), [1, 0.1]);
    const { edges } = fit(X, 2, { ...quick, method, forbidden: [[1, 0]] });
    expect(edges.map(({ from, to, directed }) => [from, to, directed])).toEqual([[0, 1, true]]);
  });

  it.each(orders)(
    'of every edge, in any units and for any chain of such knowledge, leaves them all to %s',
    (method) => {
      fc.assert(
        fc.property(problem, (of) => {
          const { B, X } = drawn(of);
          const { W } = fit(X, of.d, { ...quick, method, forbidden: back(B, of.d) });
          for (const [i, j] of edgesIn(B, of.d)) expect(W[i * of.d + j]).not.toBe(0);
        }),
        { numRuns: 30, seed: 1 },
      );
    },
  );

  const wrongWay = constraintsOf({ forbidden: [[1, 0]] }, 2).allowed;
  it.each<[string, (S: Float64Array) => Float64Array]>([
    ['notears', (S) => notears(S, 2, { allowed: wrongWay }).W],
    ['golem-ev', (S) => golem(S, 2, { allowed: wrongWay, iterations: 4000 }).W],
    ['dagma', (S) => dagma(S, 2, { allowed: wrongWay, warm: 3000, last: 3000 }).W],
    ['nocurl', (S) => nocurl(S, 2, { allowed: wrongWay }).W],
  ])('leaves to %s no edge whose weight is below the threshold, and the right way on standardised data', (_, learn) => {
    const X = times(linearSem(Float64Array.of(0, 1.5, 0, 0), 2).sample(1000), [1, 0.1]);
    const { covariance } = moments(X, 1000, 2);
    const found = (S: Float64Array) => edgesIn(repair(learn(S), 2, 0.3).W, 2);
    expect(found(covariance)).toEqual([]);
    expect(found(correlation(covariance, 2))).toEqual([[0, 1]]);
  });

  it('of edges that are not there leaves to EqVar what it finds without', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 7 }), fc.nat(100_000), (d, seed) => {
        const B = simulateDag({ d, degree: Math.min(2, d - 1), seed, weights: [0.5, 1] });
        const X = linearSem(B, d, { seed }).sample(3000);
        const draw = stream(seed, 'forbidden');
        const free = [...B.keys()].filter((at) => B[at] === 0 && at % (d + 1) !== 0 && draw.uniform() < 0.5);
        const forbidden = free.map((at): [number, number] => [Math.floor(at / d), at % d]);
        const shd = (knowledge: Knowledge) =>
          compareGraphs(fit(X, d, { method: 'eqvar-td', ...knowledge }).W, B, d).shd;
        expect(shd({ forbidden })).toBeLessThanOrEqual(shd({}));
      }),
      { numRuns: 30, seed: 2 },
    );
  });

  // 1 → 0 would be the better fit by equal variances: 0.81 against 1.
  const S = Float64Array.of(1, 0.75, 0.75, 0.8125);
  const { allowed } = constraintsOf({ forbidden: [[1, 0]] }, 2);
  it.each([
    ['notears', () => notears(S, 2, { allowed }).W, () => notears(S, 2).W],
    ['golem-ev', () => golem(S, 2, { allowed, iterations: 4000 }).W, () => golem(S, 2, { iterations: 4000 }).W],
    [
      'dagma',
      () => dagma(S, 2, { allowed, warm: 3000, last: 3000 }).W,
      () => dagma(S, 2, { warm: 3000, last: 3000 }).W,
    ],
    ['nocurl', () => nocurl(S, 2, { allowed }).W, () => nocurl(S, 2).W],
  ] as const)('leaves it to %s, which takes the wrong way without', (_, known, free) => {
    expect(edgesIn(repair(known(), 2, 0.3).W, 2)).toEqual([[0, 1]]);
    expect(edgesIn(repair(free(), 2, 0.3).W, 2)).toEqual([[1, 0]]);
  });
});

/** Knowledge that a random DAG keeps to. */
const knowledgeOf = (B: Float64Array, d: number, seed: number): Knowledge => {
  const draw = stream(seed, 'knowledge');
  const some = (list: [number, number][], share: number) => list.filter(() => draw.uniform() < share);
  const absent = [...B.keys()].filter((at) => B[at] === 0 && at % (d + 1) !== 0);
  return {
    required: some(edgesIn(B, d), 0.3),
    forbidden: some(
      absent.map((at) => [Math.floor(at / d), at % d]),
      0.4,
    ),
  };
};
const keeps = (
  W: Float64Array,
  order: ArrayLike<number>,
  d: number,
  { allowed, required, precedence }: Constraints,
) => {
  const place = placesOf(order);
  W.forEach((w, at) => {
    const [i, j] = [Math.floor(at / d), at % d];
    if (w !== 0) expect([allowed[at], place[i]! < place[j]!]).toEqual([1, true]);
    if (required[at] === 1) expect(w).not.toBe(0);
    if (precedence.before[at] === 1) expect(place[i]!).toBeLessThan(place[j]!);
  });
};
const permutations = (rest: number[]): number[][] =>
  rest.length === 0 ? [[]] : rest.flatMap((v) => permutations(rest.filter((u) => u !== v)).map((tail) => [v, ...tail]));
const inOrder = (order: readonly number[], { precedence }: Constraints) =>
  order.every((v, k) => order.slice(0, k).every((u) => precedence.before[v * order.length + u] === 0));
/** Var(x_j | parents), by Gauss. */
const variance = (S: Float64Array, d: number, j: number, parents: number[]) => {
  const beta = solve(
    parents.map((a) => parents.map((b) => S[a * d + b]!)),
    parents.map((a) => S[a * d + j]!),
  );
  return parents.reduce((left, a, k) => left - beta[k]! * S[a * d + j]!, S[j * (d + 1)]!);
};
const small = fc.record({ d: fc.integer({ min: 2, max: 5 }), seed: fc.nat(100_000) }).map(({ d, seed }) => {
  const B = simulateDag({ d, degree: Math.min(2, d - 1), seed, weights: [0.5, 1.5] });
  const constraints = constraintsOf(knowledgeOf(B, d, seed), d);
  const n = 500;
  return {
    d,
    n,
    seed,
    constraints,
    S: moments(linearSem(B, d, { deviations: 'unequal', seed }).sample(n), n, d).covariance,
  };
});

describe('knowledge inside the searches', () => {
  it('boss finds the best BIC of all orders and parents that are allowed, in most of the cases', () => {
    let [equal, runs] = [0, 0];
    fc.assert(
      fc.property(small, ({ d, n, S, constraints }) => {
        const { allowed, required } = constraints;
        const subsets = (j: number, before: number[]) => {
          const list = before.filter((i) => allowed[i * d + j] === 1);
          const all = Array.from({ length: 2 ** list.length }, (_, bits) =>
            list.filter((_v, k) => (bits >> k) % 2 === 1),
          );
          return all.filter((parents) => list.every((i) => required[i * d + j] === 0 || parents.includes(i)));
        };
        const bic = (j: number, parents: number[]) =>
          n * Math.log(variance(S, d, j, parents)) + Math.log(n) * parents.length;
        const score = (order: number[]) =>
          order.reduce((sum, j, k) => sum + Math.min(...subsets(j, order.slice(0, k)).map((list) => bic(j, list))), 0);
        const all = permutations(Array.from({ length: d }, (_, v) => v)).filter((order) => inOrder(order, constraints));
        const best = Math.min(...all.map(score));
        const found = boss(S, d, n, { constraints });
        keeps(found.W, found.order, d, constraints);
        expect(found.score).toBeCloseTo(
          parentsOf(found.W, d).reduce((sum, list, j) => sum + bic(j, list), 0),
          6,
        );
        expect(found.score).toBeGreaterThan(best - 1e-6);
        runs++;
        if (found.score < best + 1e-6) equal++;
      }),
      { numRuns: 40, seed: 3 },
    );
    expect(equal).toBeGreaterThanOrEqual(runs - 1);
  });

  it('order search says the loss of its order with allowed parents alone, and ends where no allowed move helps', () => {
    fc.assert(
      fc.property(small, fc.constantFrom('swap' as const, 'insert' as const), ({ d, S, seed, constraints }, moves) => {
        const loss = (order: readonly number[]) =>
          order.reduce((sum, j, k) => sum + variance(S, d, j, order.slice(0, k).filter((i) => constraints.allowed[i * d + j] === 1)) / 2, 0); // prettier-ignore
        const found = searchOrder(S, d, randomOrder(d, seed), { moves, constraints });
        const order = [...found.order];
        expect(inOrder(order, constraints)).toBe(true);
        expect(found.loss).toBeCloseTo(loss(order), 9);
        for (let a = 0; a < d; a++) {
          for (let b = 0; b < d; b++) {
            if (moves === 'swap' && b !== a + 1) continue;
            const other = order.slice();
            other.splice(b, 0, ...other.splice(a, 1));
            if (inOrder(other, constraints)) expect(loss(other)).toBeGreaterThanOrEqual(found.loss - 1e-9);
          }
        }
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  it('orders wait for what must come first, and choose as ever among the others', () => {
    fc.assert(
      fc.property(small, ({ d, S, seed, constraints }) => {
        const X = linearSem(new Float64Array(d * d), d, { noise: 'exponential', seed }).sample(60);
        for (const order of [
          eqVarTopDown(S, d, { constraints }), eqVarBottomUp(S, d, { constraints }), varianceOrder(S, d, { constraints }),
          r2Order(S, d, { constraints }), randomOrder(d, seed, { constraints }), directLingam(X, 60, d, { constraints }),
        ]) expect(inOrder([...order], constraints)).toBe(true); // prettier-ignore
        const none = constraintsOf({}, d);
        expect(eqVarTopDown(S, d, { constraints: none })).toEqual(eqVarTopDown(S, d));
        expect(eqVarBottomUp(S, d, { constraints: none })).toEqual(eqVarBottomUp(S, d));
        expect(directLingam(X, 60, d, { constraints: none })).toEqual(directLingam(X, 60, d));
        expect(boss(S, d, 500, { constraints: none })).toEqual(boss(S, d, 500));
        expect(searchOrder(S, d, randomOrder(d, seed), { constraints: none })).toEqual(searchOrder(S, d, randomOrder(d, seed))); // prettier-ignore
      }),
      { numRuns: 40, seed: 5 },
    );
    // The smallest variance among those that may come next.
    const { precedence, ...masks } = constraintsOf({ required: [[2, 0]] }, 3);
    const S = Float64Array.of(1, 0, 0, 0, 3, 0, 0, 0, 2);
    expect([...varianceOrder(S, 3, { constraints: { ...masks, precedence } })]).toEqual([2, 0, 1]);
    expect([...eqVarTopDown(S, 3, { constraints: { ...masks, precedence } })]).toEqual([2, 0, 1]);
    expect([...eqVarBottomUp(S, 3, { constraints: { ...masks, precedence } })]).toEqual([2, 0, 1]);
  });

  it('edges are chosen among those that may be, by BIC and by the lasso', () => {
    fc.assert(
      fc.property(small, ({ d, n, S, seed, constraints }) => {
        const order = randomOrder(d, seed, { constraints });
        const { allowed, required } = constraints;
        keeps(bicPrune(S, d, order, n, { allowed, required }), order, d, constraints);
        keeps(adaptiveLasso(S, d, order, n, { allowed, required }), order, d, constraints);
      }),
      { numRuns: 60, seed: 6 },
    );
    // 0 and its double 1, the better cause of 2: with 1 → 2 forbidden 0 stays.
    const S = Float64Array.of(1, 0.9, 0.45, 0.9, 1, 0.5, 0.45, 0.5, 1);
    const { allowed, required } = constraintsOf({ forbidden: [[1, 2]] }, 3);
    expect(adaptiveLasso(S, 3, [0, 1, 2], 1000)[2]).toBe(0);
    expect(adaptiveLasso(S, 3, [0, 1, 2], 1000, { allowed, required })[2]).not.toBe(0);
  });

  it('acyclicity counts what must come first as an edge', () => {
    // 2 → 1 → 0 closes a cycle with "0 before 2", each edge alone does not.
    const { before } = constraintsOf({ tiers: [[0], [2]] }, 3).precedence;
    const G = new Float64Array(9);
    const path = Float64Array.of(0, 0, 0, 0.5, 0, 0, 0, 0.5, 0);
    for (const h of [
      (W: Float64Array) => exponentialAcyclicity(W, 3, G, before),
      (W: Float64Array) => polynomialAcyclicity(W, 3, G, before),
      (W: Float64Array) => logDetAcyclicity(W, 3, 1, G, undefined, before),
    ]) {
      expect(h(path)).toBeGreaterThan(0.005);
      const value = h(path);
      const gradient = G.slice();
      for (const at of [3, 7]) {
        const near = path.slice();
        near[at]! += 1e-6;
        expect((h(near) - value) / 1e-6).toBeCloseTo(gradient[at]!, 4);
        expect(h(path.map((w, k) => (k === at ? 0 : w)))).toBeCloseTo(0, 12);
      }
    }
  });

  it.each(['notears', 'nocurl', 'dagma', 'golem-ev'] as const)(
    '%s keeps to tiers over third variables, and has what is required',
    (method) => {
      // The data say 2 → 1 → 0, and 3 is apart.
      const B = new Float64Array(16);
      [B[9], B[4]] = [1, 1];
      const { covariance } = linearSem(B, 4);
      const known = constraintsOf({ tiers: [[0], [2]], required: [[0, 3]] }, 4);
      const { allowed, required } = known;
      const { before } = known.precedence;
      const options = { allowed, required, before };
      const W = {
        notears: () => notears(covariance, 4, options).W,
        nocurl: () => nocurl(covariance, 4, options).W,
        dagma: () => dagma(covariance, 4, { ...options, warm: 3000, last: 5000 }).W,
        'golem-ev': () => golem(covariance, 4, { ...options, iterations: 5000 }).W,
      }[method]();
      const { W: kept } = repair(W, 4, 0.3, 'delete', { required, before });
      const joined = kept.map((w, at) => (before[at] === 1 ? 1 : w));
      expect(isDag(joined, 4)).toBe(true);
      // The solution itself, not the repair, gives one of the two up.
      expect(Math.min(Math.abs(W[9]!), Math.abs(W[4]!))).toBeLessThan(0.3);
    },
  );

  it('a required edge pays no L1: its weight is that of least squares', () => {
    const S = Float64Array.of(1, 0.4, 0.4, 1);
    const { required, allowed } = constraintsOf({ required: [[0, 1]] }, 2);
    for (const method of [notears, dagma]) expect(method(S, 2, { allowed, required }).W[1]).toBeCloseTo(0.4, 3);
    expect(golem(S, 2, { allowed, required, lambda2: 0, iterations: 4000 }).W[1]).toBeCloseTo(0.4, 3);
    expect(notears(S, 2, { allowed }).W[1]).toBeLessThan(0.35);
  });

  it('repair keeps what is required, whatever its size, and breaks cycles with what must come first', () => {
    const W = Float64Array.of(0, 0.1, 0, 0, 0, 0.5, 0.7, 0, 0); // 0 → 1 → 2 → 0
    for (const how of ['delete', 'insert'] as const) {
      const { required, precedence } = constraintsOf({ required: [[0, 1]] }, 3);
      const { W: kept, removed } = repair(W, 3, 0.3, how, { required, before: precedence.before });
      expect(edgesIn(kept, 3)).toEqual([[0, 1], [2, 0]]); // prettier-ignore
      expect(removed).toBe(1);
    }
  });

  it.each(['notears', 'nocurl', 'eqvar-td', 'boss', 'psi-dag', 'sortnregress'] as const)(
    '%s in fit keeps to all of it',
    (method) => {
      fc.assert(
        fc.property(small, ({ d, seed }) => {
          const B = simulateDag({ d, degree: Math.min(2, d - 1), seed, weights: [0.5, 1.5] });
          const knowledge = knowledgeOf(B, d, seed);
          const constraints = constraintsOf(knowledge, d);
          const X = linearSem(B, d, { seed, deviations: 'unequal' }).sample(300);
          for (const sparsify of ['bic', 'threshold', 'lasso', 'none'] as const) {
            const { W, order } = fit(X, d, { ...quick, ...knowledge, method, sparsify });
            keeps(W, order, d, constraints);
          }
        }),
        { numRuns: 8, seed: 7 },
      );
    },
  );
});
