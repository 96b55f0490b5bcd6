import { describe, expect, it } from 'vitest';
import { addUpdate, averagesOf, type Averaging, centre, ensemble, floralMethod, layoutOf, localAdaptor, emptySums, type FactorBlock, merge, optimal, softmax, type Update, unmerge, type Method, type Layout, type Shared } from '../src/index.js'; // prettier-ignore
import { apart, kernelOf, random } from './reference.js';

const layout = layoutOf([{ kind: 'dense', name: 'd', inputs: 4, outputs: 3 }], { clusters: 2, rank: 1 });
const sent: Shared = { base: random(1, layout.baseSize), adaptors: random(2, layout.adaptorSize) };
const update = (client: number, examples: number, pi: number[]): Update => ({
  client,
  examples,
  base: random(10 + client, layout.baseSize),
  adaptors: random(20 + client, layout.adaptorSize),
  pi: Float64Array.from(pi),
});
function averaged(
  method: Method,
  updates: readonly Update[],
  averaging: Averaging = 'factors',
  of: Layout = layout,
  from = sent,
) {
  // prettier-ignore
  const sums = emptySums(of, method, from, averaging);
  for (const one of updates) addUpdate(sums, of, method, one, averaging);
  return averagesOf(sums, of, method, from, averaging);
}
const two = [update(0, 10, [0.9, 0.1]), update(1, 30, [0.2, 0.8])] as const;
const mean = (a: ArrayLike<number>, b: ArrayLike<number>, [p, q]: readonly [number, number]) => Array.from(a, (x, i) => p * x + q * b[i]!); // prettier-ignore
const slice = (x: Float64Array, c: number) => layout.parts.flatMap(({ start, length }) => [...x.subarray(start + c * length, start + (c + 1) * length)]); // prettier-ignore

describe('averages', () => {
  it('of the worked example: p(k) = (.25, .75), p(k|1) = (.6, .4), p(k|2) = (.04, .96)', () => {
    const { shared, empty } = averaged(floralMethod(2), two);
    expect(apart(shared.base, mean(two[0].base, two[1].base, [0.25, 0.75]))).toBeLessThan(1e-14);
    const [one, other] = [0, 1].map((c) => slice(shared.adaptors, c)) as [number[], number[]];
    expect(apart(one, mean(slice(two[0].adaptors, 0), slice(two[1].adaptors, 0), [0.6, 0.4]))).toBeLessThan(1e-14);
    expect(apart(other, mean(slice(two[0].adaptors, 1), slice(two[1].adaptors, 1), [0.04, 0.96]))).toBeLessThan(1e-14);
    expect(empty).toEqual([]);
  });

  it('of one-hot routers are FedAvg’s of each cluster', () => {
    const hot = (k: number) => [...softmax(optimal(k % 2, 2), new Float64Array(2))];
    const updates = [update(0, 10, hot(0)), update(1, 30, hot(1)), update(2, 20, hot(0))];
    const { shared } = averaged(floralMethod(2), updates);
    const first = mean(slice(updates[0]!.adaptors, 0), slice(updates[2]!.adaptors, 0), [1 / 3, 2 / 3]);
    expect(apart(slice(shared.adaptors, 0), first)).toBeLessThan(1e-14);
    expect(apart(slice(shared.adaptors, 1), slice(updates[1]!.adaptors, 1))).toBeLessThan(1e-14);
  });

  it('of an ensemble are those of each model', () => {
    const from = { base: random(3, 2 * layout.baseSize), adaptors: new Float64Array(0) };
    const models = two.map((u, k) => ({
      ...u,
      base: random(30 + k, 2 * layout.baseSize),
      adaptors: new Float64Array(0),
    }));
    const { shared } = averaged(ensemble(2), models, 'factors', layout, from);
    const P = layout.baseSize;
    expect(apart(shared.base.subarray(0, P), mean(models[0]!.base.subarray(0, P), models[1]!.base.subarray(0, P), [0.6, 0.4]))).toBeLessThan(1e-14); // prettier-ignore
    expect(apart(shared.base.subarray(P), mean(models[0]!.base.subarray(P), models[1]!.base.subarray(P), [0.04, 0.96]))).toBeLessThan(1e-14); // prettier-ignore
  });

  it('of products are nearest to the mean of products; those of factors are not', () => {
    const full = layoutOf([{ kind: 'dense', name: 'd', inputs: 4, outputs: 3 }], { clusters: 2, rank: 3 });
    const from = { base: sent.base, adaptors: random(4, full.adaptorSize) };
    const updates = two.map((u, k) => ({ ...u, adaptors: random(40 + k, full.adaptorSize) }));
    const { shared } = averaged(floralMethod(2), updates, 'product', full, from);
    const wanted = mean(kernelOf(full, updates[0]!.adaptors, 1), kernelOf(full, updates[1]!.adaptors, 1), [0.04, 0.96]);
    expect(apart(kernelOf(full, shared.adaptors, 1), wanted)).toBeLessThan(1e-12);
    const byFactors = averaged(floralMethod(2), updates, 'factors', full, from).shared;
    expect(apart(kernelOf(full, byFactors.adaptors, 1), wanted)).toBeGreaterThan(0.01);
    // Biases are means either way.
    const bias = full.adaptors[1] as { part: { start: number } };
    expect(shared.adaptors.slice(bias.part.start)).toEqual(byFactors.adaptors.slice(bias.part.start));
  });

  it('of products, cut to rank 1, keep the largest singular value', () => {
    const { shared } = averaged(floralMethod(2), two, 'product');
    const wanted = mean(kernelOf(layout, two[0].adaptors, 0), kernelOf(layout, two[1].adaptors, 0), [0.6, 0.4]);
    const kept = kernelOf(layout, shared.adaptors, 0);
    const norm = (x: ArrayLike<number>) => Array.from(x).reduce((sum, v) => sum + v * v, 0);
    // What was cut is orthogonal to what was kept.
    expect(norm(wanted) - norm(kept)).toBeCloseTo(norm(wanted.map((x, i) => x - kept[i]!)), 10);
  });

  it('of frozen V, the same for all, are averages of products', () => {
    const block = layout.adaptors[0] as FactorBlock;
    const updates = two.map((u) => {
      const adaptors = u.adaptors.slice();
      for (let i = block.v.start; i < block.v.start + 2 * block.v.length; i++) adaptors[i] = sent.adaptors[i]!;
      return { ...u, adaptors };
    });
    const { shared } = averaged(floralMethod(2), updates);
    const wanted = mean(
      kernelOf(layout, updates[0]!.adaptors, 0),
      kernelOf(layout, updates[1]!.adaptors, 0),
      [0.6, 0.4],
    );
    expect(apart(kernelOf(layout, shared.adaptors, 0), wanted)).toBeLessThan(1e-12);
  });

  it('keep a cluster that nobody chose, and say so', () => {
    const hot = [...softmax(optimal(0, 2), new Float64Array(2))];
    const { shared, empty } = averaged(floralMethod(2), [update(0, 10, hot), update(1, 30, hot)]);
    expect(empty).toEqual([1]);
    expect(slice(shared.adaptors, 1)).toEqual(slice(sent.adaptors, 1));
  });

  it('leave alone what is private', () => {
    const { shared } = averaged({ ...localAdaptor(), clusters: 2 }, two.map((u) => ({ ...u, adaptors: new Float64Array(0) }))); // prettier-ignore
    expect(shared.adaptors).toEqual(sent.adaptors);
  });
});

it.each<[string, Update, Layout, string]>([
  [
    'a client twice',
    two[0],
    layout,
    "addUpdate: client 0: 'client' is 0; must be none whose update is among the sums.",
  ],
  ['an update of another model', { ...update(2, 5, [0.5, 0.5]), base: new Float64Array(3) }, layout, "addUpdate: client 2: 'base', 'adaptors' and 'pi' are of lengths 3, 20, 2; must be 15, 20, 2."], // prettier-ignore
  ['a π of other clusters', update(2, 5, [1, 0, 0]), layout, 'are of lengths 15, 20, 3; must be 15, 20, 2.'],
  ['numbers that are not finite', { ...two[1], adaptors: two[1].adaptors.map(() => NaN) }, layout, 'addUpdate: client 1: the update is not finite; must be.'], // prettier-ignore
])('sums refuse %s, and stay as they are', (_, wrong, of, message) => {
  for (const averaging of ['factors', 'product'] as const) {
    const sums = emptySums(of, floralMethod(2), sent, averaging);
    addUpdate(sums, of, floralMethod(2), two[0], averaging);
    const before = structuredClone(sums);
    expect(() => addUpdate(sums, of, floralMethod(2), wrong, averaging)).toThrow(message);
    expect(sums).toEqual(before);
  }
});

it('centring moves the common part into the base: personal models stay where ranks suffice', () => {
  const full = layoutOf([{ kind: 'dense', name: 'd', inputs: 4, outputs: 3 }], { clusters: 2, rank: 3 });
  const before = { base: random(5, full.baseSize), adaptors: random(6, full.adaptorSize) };
  const p = Float64Array.of(0.375, 0.625);
  const after = centre(full, before, p);
  for (const pi of [[1, 0], [0.3, 0.7]]) expect(apart(merge(full, { ...after, pi }), merge(full, { ...before, pi }))).toBeLessThan(1e-12); // prettier-ignore
  const left = mean(kernelOf(full, after.adaptors, 0), kernelOf(full, after.adaptors, 1), [0.375, 0.625]);
  expect(Math.max(...left.map(Math.abs))).toBeLessThan(1e-12);
  expect(() => centre(full, before, Float64Array.of(0.5, 0.9))).toThrow("centre: 'probabilities' is [0.5, 0.9]; must be 2 weights"); // prettier-ignore
});

describe('merge', () => {
  const mixed = { ...sent, pi: [0.3, 0.7] };
  it('is undone by unmerge', () => {
    expect(apart(unmerge(layout, { ...mixed, base: merge(layout, mixed) }), sent.base)).toBeLessThan(1e-14);
  });
  it.each([
    [{ ...mixed, pi: [0.5, 0.6] }, 'must be 2 weights, none negative, of sum 1'],
    [{ ...mixed, pi: [1] }, 'must be 2 weights'],
    [{ ...mixed, pi: [-0.5, 1.5] }, 'none negative'],
    [{ ...mixed, adaptors: new Float64Array(3) }, "'base' and 'adaptors' are of lengths 15 and 3; must be 15 and 20. They are of another model."], // prettier-ignore
  ])('refuses %#', (wrong, message) => {
    expect(() => merge(layout, wrong)).toThrow(message);
    expect(() => unmerge(layout, wrong)).toThrow(message);
  });
});
