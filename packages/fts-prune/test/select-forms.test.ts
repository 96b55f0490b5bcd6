import * as fc from 'fast-check';
import * as tfl from '@tensorflow/tfjs-layers';
import { useBackend } from '@assay-ml/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  fromNetwork,
  keptCount,
  type LayerScores,
  type Mask,
  maskValues,
  prune,
  select,
  type SelectOptions,
} from '../src/index.js';
import { initialise, resnetMini, vggMini } from '@assay-ml/networks';
import { erkCounts } from '../src/erk.js';

beforeAll(() => useBackend('wasm'));

const layer = (name: string, shape: readonly number[], ...scores: number[]): LayerScores => ({
  name,
  shape,
  scores: Float32Array.from(scores),
});
const shaped = (shapes: number[][]) => shapes.map((shape) => ({ name: 'a', shape }));
const bitsOf = ({ layers }: Mask) => layers.map((own) => [...maskValues(own)]);
const integers = (least: number, most: number) => fc.integer({ min: least, max: most });

describe('N:M patterns', () => {
  it('keep the best of consecutive inputs of each output, the first of equal ones, and of a shorter last group as many', () => {
    // [5, 2]: columns 1 4 2 3 9 and 7 7 7 0 0.
    const scores = [1, 7, 4, 7, 2, 7, 3, 0, 9, 0];
    const column = (mask: Mask, o: number) => bitsOf(mask)[0]!.filter((_, i) => i % 2 === o);
    const two = select([layer('a', [5, 2], ...scores)], { pattern: '2:4' });
    expect(column(two, 0)).toEqual([0, 1, 0, 1, 1]);
    expect(column(two, 1)).toEqual([1, 1, 0, 0, 1]);
    const one = select([layer('a', [5, 2], ...scores)], { pattern: '1:3' });
    expect(column(one, 0)).toEqual([0, 1, 0, 0, 1]);
    expect(column(one, 1)).toEqual([1, 0, 0, 1, 0]);
  });

  it('count the inputs of a convolution position by position', () => {
    // [1, 2, 2, 1]: four inputs of one output.
    expect(bitsOf(select([layer('a', [1, 2, 2, 1], -1, -2, -4, -3)], { pattern: '1:2' }))).toEqual([[1, 0, 0, 1]]);
  });

  it('keep min(N, r) of each group of r, none of them worse than one left out', () => {
    fc.assert(
      fc.property(
        integers(1, 4),
        integers(1, 13),
        integers(1, 5),
        integers(0, 4),
        fc.infiniteStream(integers(-3, 3)),
        (outputs, inputs, n, more, draws) => {
          // prettier-ignore
          const m = n + more;
          const scores = Array.from({ length: inputs * outputs }, () => draws.next().value as number);
          const [bits] = bitsOf(select([layer('a', [inputs, outputs], ...scores)], { pattern: `${n}:${m}` })) as [number[]]; // prettier-ignore
          for (let o = 0; o < outputs; o++) {
            for (let first = 0; first < inputs; first += m) {
              const group = Array.from({ length: Math.min(m, inputs - first) }, (_, j) => (first + j) * outputs + o);
              const best = [...group].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, n);
              expect(group.filter((i) => bits[i] === 1)).toEqual(best.sort((a, b) => a - b));
            }
          }
        },
      ),
    );
  });
});

describe('filters', () => {
  const layers = [layer('a', [2, 3], 1, 5, 2, 1, -5, 2), layer('b', [1, 2], 3, 0.5)];
  it('go whole, by sum or by mean', () => {
    // Sums 2 0 4 and 3 ½; means 1 0 2 and 3 ½.
    expect(bitsOf(select(layers, { sparsity: 0.6, filters: 'sum' }))).toEqual([[0, 0, 1, 0, 0, 1], [1, 0]]); // prettier-ignore
    expect(bitsOf(select(layers, { sparsity: 0.8, filters: 'sum' }))).toEqual([[0, 0, 1, 0, 0, 1], [0, 0]]); // prettier-ignore
    expect(bitsOf(select(layers, { sparsity: 0.8, filters: 'mean' }))).toEqual([[0, 0, 0, 0, 0, 0], [1, 0]]); // prettier-ignore
  });

  it('have floors, and their share of each tensor', () => {
    expect(bitsOf(select(layers, { sparsity: 0.6, filters: 'mean', minPerLayer: 1 }))).toEqual([[0, 0, 1, 0, 0, 1], [1, 0]]); // prettier-ignore
    expect(bitsOf(select(layers, { sparsity: 0.5, filters: 'mean', scope: 'layer' }))).toEqual([[1, 0, 1, 1, 0, 1], [1, 0]]); // prettier-ignore
    expect(() => select(layers, { sparsity: 0.8, filters: 'sum', minPerLayer: 1 })).toThrow(
      "select: 'minPerLayer' is 1; must be small enough for the 1 filters that stay of 5. The 2 tensors would keep 2.",
    );
  });

  it('of sums beyond float32 count as its largest number', () => {
    const large = 3e38;
    expect(bitsOf(select([layer('a', [2, 3], large, -large, 1, large, -large, 1)], { sparsity: 0.3, filters: 'sum' }))).toEqual([[1, 1, 1, 1, 1, 1]]); // prettier-ignore
    expect(bitsOf(select([layer('a', [2, 3], -large, large, 1, -large, large, 1)], { sparsity: 0.4, filters: 'sum' }))).toEqual([[0, 1, 1, 0, 1, 1]]); // prettier-ignore
  });
});

describe('the Erdős–Rényi-Kernel rule', () => {
  it('keeps weights in proportion to the sum of sides, whole tensors at most', () => {
    // Sums of sides 14, 20, 8 and 8: of 16 weights [2, 6] may take 12 and [4, 4] 16.
    expect(erkCounts(shaped([[4, 10], [10, 10]]), 34, [0, 0])).toEqual([14, 20]); // prettier-ignore
    // 51 in shares of 14 and 20 are 21 and 30.
    expect(erkCounts(shaped([[4, 10], [10, 10]]), 51, [0, 0])).toEqual([21, 30]); // prettier-ignore
    // [2, 2] would keep 4/44 of 88, 8: it has 4, and the others share 84 as 20 to 20.
    expect(erkCounts(shaped([[2, 2], [10, 10], [10, 10]]), 88, [0, 0, 0])).toEqual([4, 42, 42]); // prettier-ignore
    // A convolution counts its window: 3 + 3 + 4 + 6 = 16 against 16.
    expect(erkCounts(shaped([[3, 3, 4, 6], [6, 10]]), 20, [0, 0])).toEqual([10, 10]); // prettier-ignore
  });

  it('gives remainders to the largest, the first of equal ones, and floors what they need', () => {
    expect(erkCounts(shaped([[5, 5], [5, 5], [5, 5]]), 7, [0, 0, 0])).toEqual([3, 2, 2]); // prettier-ignore
    expect(erkCounts(shaped([[5, 5], [10, 10]]), 4, [0, 0])).toEqual([1, 3]); // prettier-ignore
    expect(erkCounts(shaped([[5, 5], [40, 40]]), 9, [3, 0])).toEqual([3, 6]); // prettier-ignore
  });

  it('is exact, and chooses the best of each tensor', () => {
    const shape = fc.array(integers(1, 6), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(shape, { minLength: 1, maxLength: 5 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        integers(0, 2),
        (shapes, sparsity, floor) => {
          // prettier-ignore
          const layers = shapes.map((own, l) => {
          const size = own.reduce((a, b) => a * b);
          return layer(`l${l}`, own, ...Array.from({ length: size }, (_, i) => (i * 7) % 5));
        });
          const sizes = layers.map(({ scores }) => scores.length);
          const k = keptCount(sizes.reduce((a, b) => a + b), sparsity); // prettier-ignore
          const floors = sizes.map((size) => Math.min(floor, size));
          fc.pre(floors.reduce((a, b) => a + b) <= k);
          const mask = select(layers, { sparsity, scope: 'erk', minPerLayer: floor });
          expect(mask.layers.reduce((sum, { kept }) => sum + kept, 0)).toBe(k);
          mask.layers.forEach(({ kept }, l) => {
            expect(kept).toBeGreaterThanOrEqual(floors[l]!);
            expect(kept).toBeLessThanOrEqual(sizes[l]!);
            const order = [...layers[l]!.scores.keys()].sort((a, b) => layers[l]!.scores[b]! - layers[l]!.scores[a]! || a - b); // prettier-ignore
            const best = new Set(order.slice(0, kept));
            expect(bitsOf(mask)[l]).toEqual(sizes[l] === 0 ? [] : [...layers[l]!.scores.keys()].map((i) => Number(best.has(i)))); // prettier-ignore
          });
        },
      ),
    );
  });
});

describe('budgets', () => {
  const cheap = { ...layer('cheap', [2, 2], 4, 1, 2, 3), uses: 1 };
  const dear = { ...layer('dear', [1, 2], 30, 9), uses: 10 };

  it('of FLOPs take what gives most score for each, 2 for each use', () => {
    // Score for FLOPs: 4/2 3/2 30/20 2/2 1/2 9/20; 3 and 30 tie, and the first tensor comes first.
    const kept = (flops: number) => bitsOf(select([cheap, dear], { flops }));
    expect(kept(2)).toEqual([[1, 0, 0, 0], [0, 0]]); // prettier-ignore
    expect(kept(4)).toEqual([[1, 0, 0, 1], [0, 0]]); // prettier-ignore
    expect(kept(23.9)).toEqual([[1, 0, 0, 1], [0, 0]]); // prettier-ignore
    expect(kept(24)).toEqual([[1, 0, 0, 1], [1, 0]]); // prettier-ignore
    expect(kept(28)).toEqual([[1, 1, 1, 1], [1, 0]]); // prettier-ignore
    expect(kept(47)).toEqual([[1, 1, 1, 1], [1, 0]]); // prettier-ignore
    expect(kept(48)).toEqual([[1, 1, 1, 1], [1, 1]]); // prettier-ignore
    expect(kept(1e9)).toEqual([[1, 1, 1, 1], [1, 1]]); // prettier-ignore
  });

  it('of bytes pay a bit for each weight and four bytes for each kept one', () => {
    const kept = (bytes: number) => bitsOf(select([cheap, dear], { bytes }));
    expect(kept(6)).toEqual([[0, 0, 0, 0], [1, 0]]); // prettier-ignore
    expect(kept(13)).toEqual([[0, 0, 0, 0], [1, 1]]); // prettier-ignore
    expect(kept(14)).toEqual([[1, 0, 0, 0], [1, 1]]); // prettier-ignore
    expect(kept(26)).toEqual([[1, 1, 1, 1], [1, 1]]); // prettier-ignore
    // Nine weights take two bytes of bits.
    const nine = layer('nine', [9, 1], 9, 8, 7, 6, 5, 4, 3, 2, 1);
    expect(select([nine], { bytes: 10 }).layers[0]!.kept).toBe(2);
    expect(select([nine], { bytes: 9.9 }).layers[0]!.kept).toBe(1);
  });

  it('pay for whole filters, and for floors first', () => {
    // Filters of cheap: 6 and 4 for 4 FLOPs, or 8 bytes, each; of dear 30 and 9 for 20 FLOPs, or 4 bytes.
    expect(bitsOf(select([cheap, dear], { flops: 8, filters: 'sum' }))).toEqual([[1, 0, 1, 0], [0, 0]]); // prettier-ignore
    expect(bitsOf(select([cheap, dear], { flops: 24, filters: 'sum' }))).toEqual([[1, 0, 1, 0], [1, 0]]); // prettier-ignore
    expect(bitsOf(select([cheap, dear], { bytes: 10, filters: 'sum' }))).toEqual([[0, 0, 0, 0], [1, 1]]); // prettier-ignore
    expect(bitsOf(select([cheap, dear], { bytes: 18, filters: 'sum' }))).toEqual([[1, 0, 1, 0], [1, 1]]); // prettier-ignore
    expect(bitsOf(select([cheap, dear], { flops: 24, minPerLayer: 1 }))).toEqual([[1, 0, 0, 1], [1, 0]]); // prettier-ignore
    expect(() => select([cheap, dear], { flops: 21, minPerLayer: 1 })).toThrow(
      "select: 'flops' is 21; must be at least 22, the cost of the 2 best. Give more.",
    );
  });

  it('are kept to, and leave less than the next weight costs', () => {
    const random = fc.array(fc.tuple(fc.array(integers(0, 99), { minLength: 1, maxLength: 8 }), integers(1, 9)), { minLength: 1, maxLength: 4 }); // prettier-ignore
    fc.assert(
      fc.property(random, fc.double({ min: 1, max: 800, noNaN: true }), (given, flops) => {
        const layers = given.map(([scores, uses], l) => ({ ...layer(`l${l}`, [scores.length, 1], ...scores), uses }));
        // By hand: in the order of score for use, layer and place, as long as the budget lasts.
        const order = layers.flatMap(({ scores, uses }, l) => [...scores].map((score, i) => ({ l, i, uses, worth: Math.fround(score / (uses / Math.min(...given.map(([, use]) => use)))) }))); // prettier-ignore
        order.sort((a, b) => b.worth - a.worth || a.l - b.l || a.i - b.i);
        fc.pre(flops >= 2 * order[0]!.uses);
        const expected = layers.map(({ scores }) => [...scores].map(() => 0));
        let left = flops;
        for (const { l, i, uses } of order) {
          left -= 2 * uses;
          if (left < 0) break;
          expected[l]![i] = 1;
        }
        expect(bitsOf(select(layers, { flops }))).toEqual(expected);
      }),
    );
  });

  it('know how often a model uses its weights', async () => {
    // VGG-mini on 8×8: 64, 64, 16, 16, 4, 4 positions; all kernels together 2·Σ positions·weights.
    const network = vggMini({ inputs: [8, 8, 1], classes: 3 });
    const model = fromNetwork(network, initialise(network));
    const positions = [64, 64, 16, 16, 4, 4];
    const flops = (mask: Mask) => mask.layers.reduce((sum, { kept }, l) => sum + 2 * positions[l]! * kept, 0);
    const { mask } = await prune(model, null, { criterion: 'magnitude', flops: 40_000, apply: false });
    expect(flops(mask)).toBeLessThanOrEqual(40_000);
    expect(flops(mask)).toBeGreaterThan(40_000 - 128);
    // A residual net's stem has a stride of one, its second and third stage halve 8 to 4 and 2.
    const residual = resnetMini({ inputs: [8, 8, 1], classes: 3 });
    const all = 2 * (64 * (144 + 2 * 2304) + 16 * (4608 + 9216 + 512) + 4 * (18432 + 36864 + 2048));
    const other = fromNetwork(residual, initialise(residual));
    const whole = async (budget: number) => (await prune(other, null, { criterion: 'magnitude', flops: budget, apply: false })).report.sparsity; // prettier-ignore
    expect(await whole(all)).toBe(0);
    expect(await whole(all - 1)).toBeGreaterThan(0);
  });
});

it('a filter out in one round stays out', async () => {
  const net = tfl.sequential();
  const kernel = (seed: number) => ({ kernelInitializer: tfl.initializers.glorotUniform({ seed }) });
  net.add(tfl.layers.dense({ units: 12, inputShape: [5], activation: 'relu', ...kernel(1) }));
  net.add(tfl.layers.dense({ units: 9, activation: 'relu', ...kernel(2) }));
  net.add(tfl.layers.dense({ units: 3, ...kernel(3) }));
  const x = Float32Array.from({ length: 100 }, (_, i) => Math.sin(i * i));
  const y = Int32Array.from({ length: 20 }, (_, i) => i % 3);
  const { mask } = await prune(net, { x, y }, { sparsity: 0.7, filters: 'sum', rounds: 3 });
  // 21 units, ⌊14.7⌋ removed.
  const units = bitsOf(mask).flatMap((bits, l) => bits.slice(0, [12, 9][l]));
  expect(units.filter((bit) => bit === 1).length).toBe(7);
  bitsOf(mask).forEach((bits, l) => bits.forEach((bit, i) => expect(bit).toBe(bits[i % [12, 9][l]!])));
});

const good = [layer('a', [2, 1], 1, 2), layer('b', [2, 1], 3, -4)];
it.each([
  [{ sparsity: 0.5, flops: 3 }, "select: 'flops' is 3; must be left out beside 'sparsity'. One of them says how much stays."], // prettier-ignore
  [{ bytes: 3, pattern: '2:4' }, "select: 'bytes' is 3; must be left out beside 'pattern'."],
  [{}, "select: 'sparsity' is undefined; must be from 0 to below 1."],
  [{ pattern: '4:2' }, "select: 'pattern' is '4:2'; must be 'N:M' with 1 ≤ N ≤ M. As '2:4': two of each four stay."],
  [{ pattern: '0:2' }, "select: 'pattern' is '0:2'; must be 'N:M'"],
  [{ pattern: '1.5:2' }, "select: 'pattern' is '1.5:2'; must be 'N:M'"],
  [{ pattern: '2' as '2:4' }, "select: 'pattern' is '2'; must be 'N:M'"],
  [{ flops: 0 }, "select: 'flops' is 0; must be a finite number > 0."],
  [{ bytes: NaN }, "select: 'bytes' is NaN; must be a finite number > 0."],
  [{ bytes: 5 }, "select: 'bytes' is 5; must be at least 6, the cost of the 1 best. Give more."],
  [{ flops: 9 }, "select: 'uses of 'a'' is NaN; must be a finite number > 0. It is the number of output positions;"],
  [{ bytes: 9, scope: 'layer' }, "select: 'scope' is 'layer'; must be 'global' beside 'bytes'. Leave it out."],
  [{ sparsity: 0.5, filters: 'max' as 'sum' }, "select: 'filters' is 'max'; must be 'sum' or 'mean'."],
  [{ sparsity: 0.5, filters: 'sum', scope: 'erk' }, "select: 'filters' is 'sum'; must be left out beside scope 'erk', which counts single weights."], // prettier-ignore
  [{ pattern: '1:2', filters: 'sum' }, "select: 'filters' is 'sum'; must be left out beside 'pattern', which counts single weights."], // prettier-ignore
  [{ pattern: '1:2', minPerLayer: 1 }, "select: 'minPerLayer' is 1; must be left out beside 'pattern', which empties no tensor."], // prettier-ignore
  [{ sparsity: 0.5, scope: 'erk', minPerLayer: 2 }, "select: 'minPerLayer' is 2; must be small enough for the 2 weights that stay of 4."], // prettier-ignore
] satisfies [SelectOptions, string][])('refuses %o', (options, message) => {
  expect(() => select(good, options)).toThrow(message);
});

it('refuses negative scores where weights differ in cost, and scores that are not finite', () => {
  const priced = good.map((own, l) => ({ ...own, uses: l + 1 }));
  expect(() => select(priced, { flops: 9 })).toThrow(
    "select: 'scores of 'b'' holds -4 at weight 1; must be at least 0 for 'flops'. Take a criterion without a sign.",
  );
  expect(bitsOf(select(good.map((own) => ({ ...own, uses: 1 })), { flops: 6 }))).toEqual([[1, 1], [1, 0]]); // prettier-ignore
  for (const options of [{ pattern: '1:2' }, { sparsity: 0.5, filters: 'sum' }] satisfies SelectOptions[]) {
    expect(() => select([layer('a', [2, 1], 1, NaN)], options)).toThrow("select: 'scores of 'a'' holds NaN at weight 1;"); // prettier-ignore
  }
});

it('prune refuses rounds for what has no steps, before it scores', async () => {
  const network = vggMini({ inputs: [8, 8, 1], classes: 3 });
  const model = fromNetwork(network, initialise(network));
  await expect(prune(model, null, { criterion: 'synflow', pattern: '2:4' })).rejects.toThrow(
    "prune: 'rounds' is 100; must be 1 beside 'pattern'. Steps on the way are known for 'sparsity' alone.",
  );
  await expect(prune(model, null, { criterion: 'random' })).rejects.toThrow("prune: 'sparsity' is undefined; must be from 0 to below 1."); // prettier-ignore
});
