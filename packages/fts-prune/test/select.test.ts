import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isKept, keptCount, type LayerScores, type Mask, select } from '../src/index.js';

const layer = (name: string, ...scores: number[]): LayerScores => ({
  name,
  shape: [scores.length],
  scores: Float32Array.from(scores),
});
const bitsOf = (mask: Mask) =>
  mask.layers.map((own) => Array.from({ length: own.shape[0]! }, (_, i) => (isKept(own, i) ? 1 : 0)));

/** The textbook: sort all, by score and then by place, and take k. */
function slowSelect(layers: readonly LayerScores[], k: number): number[][] {
  const all = layers.flatMap(({ scores }, l) => Array.from(scores, (score, i) => ({ score, l, i })));
  const best = new Set(all.sort((a, b) => b.score - a.score || a.l - b.l || a.i - b.i).slice(0, k));
  return layers.map(({ scores }, l) =>
    Array.from(scores, (_, i) => Number([...best].some((one) => one.l === l && one.i === i))),
  );
}

describe('keptCount', () => {
  it.each([
    [10, 0.9, 1],
    [100, 0.29, 71],
    [1000, 0.95, 50],
    [7, 0.5, 4],
    [3, 0.99, 1],
    [11_159_232, 0.99, 111_593],
    [11_160_128, 0.99, 111_602],
    [20_018_880, 0.99, 200_189],
    [5, 0, 5],
  ])('of %i weights at sparsity %f: %i', (count, sparsity, kept) => {
    expect(keptCount(count, sparsity)).toBe(kept);
  });
});

describe('select', () => {
  it('equals sorting, ties in the order of layers and weights, signs and subnormals included', () => {
    const score = fc.oneof(
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(0, -0, 1, -1, 2 ** -149, -(2 ** -149), 3.4028234663852886e38),
    );
    const layers = fc.array(fc.array(score, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(layers, fc.double({ min: 0, max: 0.99, noNaN: true }), (lists, sparsity) => {
        const given = lists.map((list, l) => layer(`l${l}`, ...list));
        const count = lists.flat().length;
        const mask = select(given, { sparsity });
        expect(bitsOf(mask)).toEqual(slowSelect(given, keptCount(count, sparsity)));
        expect(mask.layers.reduce((sum, { kept }) => sum + kept, 0)).toBe(keptCount(count, sparsity));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps as many of each tensor in layer scope', () => {
    const layers = [layer('a', 1, 2, 3, 4), layer('b', 50, 60), layer('c', 9)];
    expect(bitsOf(select(layers, { sparsity: 0.5, scope: 'layer' }))).toEqual([[0, 0, 1, 1], [0, 1], [1]]);
  });

  it('takes floors from the same budget, and from the weakest of the others', () => {
    const layers = [layer('a', 1, 2, 3), layer('b', 10, 20, 30, 40), layer('c', 5)];
    expect(bitsOf(select(layers, { sparsity: 0.5 }))).toEqual([[0, 0, 0], [1, 1, 1, 1], [0]]);
    expect(bitsOf(select(layers, { sparsity: 0.5, minPerLayer: 1 }))).toEqual([[0, 0, 1], [0, 0, 1, 1], [1]]);
  });

  it('with floors keeps the budget, each floor, and the best of each layer', () => {
    const lists = fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 5 }); // prettier-ignore
    fc.assert(
      fc.property(
        lists,
        fc.integer({ min: 0, max: 3 }),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        (all, floor, s) => {
          const layers = all.map((list, l) => layer(`l${l}`, ...list));
          const k = keptCount(all.flat().length, s);
          const needed = all.reduce((sum, list) => sum + Math.min(floor, list.length), 0);
          fc.pre(needed <= k);
          const mask = select(layers, { sparsity: s, minPerLayer: floor });
          expect(mask.layers.reduce((sum, { kept }) => sum + kept, 0)).toBe(k);
          mask.layers.forEach(({ kept }, l) => {
            expect(kept).toBeGreaterThanOrEqual(Math.min(floor, all[l]!.length));
            expect(bitsOf(mask)[l]).toEqual(slowSelect([layers[l]!], kept)[0]);
          });
        },
      ),
    );
  });

  it('leaves the scores as they are', () => {
    const scores = Float32Array.of(3, 1, 2);
    select([{ name: 'a', shape: [3], scores }], { sparsity: 0.5 });
    expect([...scores]).toEqual([3, 1, 2]);
  });

  it('reads a view of a larger array', () => {
    const scores = Float32Array.of(9, 9, 1, 3, 2, 9).subarray(2, 5);
    expect(bitsOf(select([{ name: 'a', shape: [3], scores }], { sparsity: 0.6 }))).toEqual([[0, 1, 1]]);
  });

  const good = [layer('a', 1, 2), layer('b', 3, 4)];
  it.each([
    [good, { sparsity: 1 }, "select: 'sparsity' is 1; must be from 0 to below 1. It is the fraction of prunable weights to remove."], // prettier-ignore
    [good, { sparsity: -0.1 }, "select: 'sparsity' is -0.1; must be from 0 to below 1."],
    [good, { sparsity: NaN }, "select: 'sparsity' is NaN; must be from 0 to below 1."],
    [
      good,
      { sparsity: 0.5, scope: 'block' as 'layer' },
      "select: 'scope' is 'block'; must be 'global' or 'layer' or 'erk'.",
    ],
    [good, { sparsity: 0.5, minPerLayer: 0.5 }, "select: 'minPerLayer' is 0.5; must be an integer of at least 0."],
    [good, { sparsity: 0.75, minPerLayer: 1 }, "select: 'minPerLayer' is 1; must be small enough for the 1 weights that stay of 4. The 2 tensors would keep 2."], // prettier-ignore
    [[], { sparsity: 0.5 }, "select: 'layers' is []; must be at least one tensor. Check isPrunable: it leaves nothing to prune."], // prettier-ignore
    [[{ ...layer('a', 1, 2), shape: [3] }], { sparsity: 0.5 }, "select: 'scores of 'a'' is an array of 2; must be 3 numbers. Give one score a weight."], // prettier-ignore
    [[layer('a', 1), layer('b', 2, NaN)], { sparsity: 0.5 }, "select: 'scores of 'b'' holds NaN at weight 1; must be finite numbers."], // prettier-ignore
    [[layer('a', 1, -NaN)], { sparsity: 0.5, scope: 'layer' as const }, "select: 'scores of 'a'' holds NaN at weight 1;"], // prettier-ignore
    [[layer('a', Infinity)], { sparsity: 0.5 }, "select: 'scores of 'a'' holds Infinity at weight 0;"],
    [[layer('a', -Infinity, 1)], { sparsity: 0.5 }, "select: 'scores of 'a'' holds -Infinity at weight 0;"],
  ])('refuses %#', (layers, options, message) => {
    expect(() => select(layers, options)).toThrow(message);
  });
});
