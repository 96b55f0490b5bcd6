import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Form, lossOf, merge, mlp, type Model, softmax } from '../src/index.js';
import { apart, differences, hooks, random } from './reference.js';

const rows = (n: number) => Uint32Array.from({ length: n }, (_, i) => i);

function problem(sizes: readonly number[], clusters: number, rank: number, B: number, seed: number, form: Form) {
  const model = mlp(sizes, { clusters, rank, form });
  const weights = {
    base: random(seed, model.layout.baseSize, 0.5),
    adaptors: random(seed + 1, model.layout.adaptorSize, 0.5),
    pi: softmax(random(seed + 2, clusters), new Float64Array(clusters)),
  };
  return { model, weights, x: random(seed + 3, B * sizes[0]!), ofOutputs: random(seed + 4, B * sizes.at(-1)!) };
}

function gradients({ model, weights, x, ofOutputs }: ReturnType<typeof problem>, B: number) {
  const into = {
    base: new Float64Array(model.layout.baseSize),
    adaptors: new Float64Array(model.layout.adaptorSize),
    pi: new Float64Array(model.layout.clusters),
  };
  const outputs = model.forward(0, weights, x, rows(B)).slice();
  model.backward(0, weights, ofOutputs, into);
  return { outputs, ...into };
}

describe('forms', () => {
  it('merged, factored and hooks have equal values, and the first two equal gradients', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 2, max: 7 }), { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 2 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 1e6 }),
        (sizes, clusters, rank, B, seed) => {
          const [merged, factored] = (['merged', 'factored'] as const).map((form) => problem(sizes, clusters, rank, B, seed, form)); // prettier-ignore
          const [a, b] = [gradients(merged!, B), gradients(factored!, B)];
          for (const key of ['outputs', 'base', 'adaptors', 'pi'] as const)
            expect(apart(a[key], b[key])).toBeLessThan(1e-10);
          const n = sizes[0]!;
          const slow = rows(B).reduce<number[]>((all, r) => [...all, ...hooks(merged!.model, merged!.weights, [...merged!.x.subarray(r * n, (r + 1) * n)])], []); // prettier-ignore
          expect(apart(a.outputs, slow)).toBeLessThan(1e-10);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('have the gradients of finite differences, of base, adaptors and π', () => {
    for (const form of ['merged', 'factored'] as const) {
      const p = problem([4, 5, 3], 3, 2, 6, 7, form);
      const found = gradients(p, 6);
      const value = (weights: typeof p.weights) =>
        p.model.forward(1, weights, p.x, rows(6)).reduce((sum, y, i) => sum + y * p.ofOutputs[i]!, 0);
      for (const key of ['base', 'adaptors', 'pi'] as const) {
        const wanted = differences((x) => value({ ...p.weights, [key]: x }), p.weights[key]);
        expect(apart(found[key], wanted)).toBeLessThan(1e-7);
      }
    }
  });

  it('auto takes the factored form of a small batch and the merged one of a large: values agree', () => {
    for (const B of [2, 40]) {
      const [auto, merged] = (['auto', 'merged'] as const).map((form) => gradients(problem([16, 32, 8], 4, 1, B, 3, form), B)); // prettier-ignore
      for (const key of ['outputs', 'base', 'adaptors', 'pi'] as const)
        expect(apart(auto![key], merged![key])).toBeLessThan(1e-10);
    }
  });

  it('large products go through numerics and agree with hooks', () => {
    const p = problem([70, 60, 10], 2, 3, 40, 5, 'factored');
    const { outputs } = gradients(p, 40);
    const slow = Array.from({ length: 40 }, (_, r) => hooks(p.model, p.weights, [...p.x.subarray(r * 70, (r + 1) * 70)])).flat(); // prettier-ignore
    expect(apart(outputs, slow)).toBeLessThan(1e-10);
    const of = gradients(problem([70, 60, 10], 2, 3, 40, 5, 'merged'), 40);
    for (const key of ['base', 'adaptors', 'pi'] as const)
      expect(apart(gradients(p, 40)[key], of[key])).toBeLessThan(1e-10);
  });

  it('a merged base predicts what the mixture does, and a base alone is FedAvg’s', () => {
    const { model, weights, x } = problem([5, 6, 3], 3, 2, 4, 11, 'auto');
    const mixed = model.forward(0, weights, x, rows(4)).slice();
    const alone: Model = mlp([5, 6, 3], { clusters: 0 });
    const plain = alone.forward(0, { base: merge(model.layout, weights), adaptors: null, pi: null }, x, rows(4));
    expect(apart(plain, mixed)).toBeLessThan(1e-12);
    const without = model.forward(1, { ...weights, adaptors: null, pi: null }, x, rows(4)).slice();
    expect(without).toEqual(alone.forward(0, { base: weights.base, adaptors: null, pi: null }, x, rows(4)));
  });
});

describe('losses', () => {
  it.each(['squared', 'cross-entropy'] as const)('%s has the gradient of finite differences, weighted too', (kind) => {
    const outputs = random(1, 4 * 3);
    const y = kind === 'squared' ? random(2, 6 * 3) : [0, 2, 1, 1, 0, 2];
    const chosen = Uint32Array.of(5, 0, 3, 2);
    for (const shares of [null, [0.5, 2, 0, 1]]) {
      const gradient = new Float64Array(12);
      const each = new Float64Array(4);
      const loss = lossOf(kind, outputs, y, chosen, gradient, each, shares);
      expect(loss).toBeCloseTo(each.reduce((sum, l, i) => sum + l * (shares?.[i] ?? 1), 0) / 4, 12);
      expect(
        apart(
          gradient,
          differences((x) => lossOf(kind, x, y, chosen, null, null, shares), outputs),
        ),
      ).toBeLessThan(1e-7);
    }
  });
  it('are closed forms', () => {
    expect(lossOf('cross-entropy', Float64Array.of(0, 0, 0, 0), [2], Uint32Array.of(0), null)).toBeCloseTo(
      Math.log(4),
      12,
    );
    expect(lossOf('squared', Float64Array.of(1, 3), [0, 1], Uint32Array.of(0), null)).toBe(2.5);
  });
});

it('refuses sizes and forms that are none', () => {
  expect(() => mlp([4], { clusters: 0 })).toThrow("mlp: 'sizes' has 1 numbers; must have at least two");
  expect(() => mlp([4, 0], { clusters: 0 })).toThrow('must be an integer of at least 1');
  expect(() => mlp([4, 2], { clusters: 0, form: 'hooks' as never })).toThrow(
    "must be 'auto' or 'merged' or 'factored'",
  );
});
