import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { aggregate, checkWeights } from '../src/index.js';

/** Without subnormal numbers, which a scale would round. */
const wide = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((x) => (Math.abs(x) < 1e-100 ? 0 : x));
/** Rows of a round: each client's vector, its number and every client's weight. */
const rounds = fc.record({ n: fc.integer({ min: 1, max: 9 }), d: fc.integer({ min: 0, max: 5 }) }).chain(({ n, d }) =>
  fc.record({
    clients: fc.uniqueArray(fc.nat(n - 1), { minLength: 1, maxLength: n }),
    vectors: fc.array(fc.array(wide, { minLength: d, maxLength: d }), { minLength: n, maxLength: n }),
    weights: fc.array(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), { minLength: n, maxLength: n }),
    d: fc.constant(d),
  }),
);

/** The rows of `clients`, one after another. */
const rowsOf = (vectors: readonly number[][], clients: readonly number[]): Float64Array =>
  Float64Array.from(clients.flatMap((i) => vectors[i]!));

/** The mean by the book, coordinate by coordinate. */
function textbook(
  vectors: readonly number[][],
  clients: readonly number[],
  d: number,
  weight: (i: number) => number,
): number[] {
  // One client's mean is its vector, whatever its weight.
  if (clients.length === 1) return vectors[clients[0]!]!;
  const total = clients.reduce((sum, i) => sum + weight(i), 0);
  return Array.from({ length: d }, (_, j) => clients.reduce((sum, i) => sum + weight(i) * vectors[i]![j]!, 0) / total);
}

describe('aggregate', () => {
  it('a sum that rounds beyond the largest number there is stays within its rows', () => {
    const largest = Number.MAX_VALUE;
    const rows = Float64Array.of(-1.7976931278052214e308, -largest, 0);
    const weights = Float64Array.of(7.154975713078545e245, 5.246726559727955e253, 5e-324);
    const [mean] = aggregate(rows, Uint32Array.of(0, 1, 2), new Float64Array(1), weights);
    expect(mean).toBeGreaterThanOrEqual(-largest);
    expect(mean).toBeLessThan(-1.79e308);
    expect(aggregate(Float64Array.of(NaN, 1), Uint32Array.of(0, 1), new Float64Array(1))[0]).toBeNaN();
    expect(aggregate(Float64Array.of(Infinity, 1), Uint32Array.of(0, 1), new Float64Array(1))[0]).toBe(Infinity);
  });

  it('O13: a mean of finite numbers is finite and within them, whatever the weights', () => {
    const any = fc.double({ noNaN: true, noDefaultInfinity: true });
    const weight = fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(any, weight), { minLength: 1, maxLength: 9 }), (rows) => {
        const values = rows.map(([value]) => value);
        const [mean] = aggregate(
          Float64Array.from(values),
          Uint32Array.from(rows, (_, s) => s),
          new Float64Array(1),
          Float64Array.from(rows, ([, w]) => w),
        );
        const size = Math.max(...values.map(Math.abs));
        // What is subnormal rounds by as much as it is.
        const rounding = 1e-14 * size + 1e-322 * rows.length;
        expect(mean).toBeGreaterThanOrEqual(Math.max(-Number.MAX_VALUE, Math.min(...values) - rounding));
        expect(mean).toBeLessThanOrEqual(Math.min(Number.MAX_VALUE, Math.max(...values) + rounding));
        if (rows.length === 1) expect(mean).toBe(values[0]);
      }),
      { numRuns: 2000, examples: [[[[1, 1e308], [3, 1e308]]], [[[0.1, 3]]], [[[1.7e308, 1], [1.7e308, 1]]], [[[1, 5e-324], [3, 5e-324]]]] },
    ); // prettier-ignore
    const huge = Float64Array.of(1e308, 1e308);
    expect([...aggregate(Float64Array.of(1, 3), Uint32Array.of(0, 1), new Float64Array(1), huge)]).toEqual([2]);
  });

  it('is the mean, and the mean by weight, of numbers that a hand can add', () => {
    const rows = Float64Array.of(1, 10, 3, 20, 8, 60);
    const clients = Uint32Array.of(0, 2, 3);
    expect([...aggregate(rows, clients, new Float64Array(2))]).toEqual([4, 30]);
    // Client 1 is not in the round, so its weight does not count: (1·1 + 3·2 + 8·5) / 8 and (10·1 + 20·2 + 60·5) / 8
    const weights = Float64Array.of(1, 100, 2, 5);
    expect([...aggregate(rows, clients, new Float64Array(2), weights)]).toEqual([47 / 8, 350 / 8]);
  });

  it('equals the textbook mean', () => {
    fc.assert(
      fc.property(rounds, ({ clients, vectors, weights, d }) => {
        const rows = rowsOf(vectors, clients);
        const plain = aggregate(rows, Uint32Array.from(clients), new Float64Array(d).fill(7));
        expect([...plain]).toEqual(textbook(vectors, clients, d, () => 1));
        const weighted = aggregate(rows, Uint32Array.from(clients), new Float64Array(d), Float64Array.from(weights));
        expect([...weighted]).toEqual(textbook(vectors, clients, d, (i) => weights[i]!));
      }),
    );
  });

  it('does not depend on who computed a row, or when', () => {
    fc.assert(
      fc.property(rounds, fc.infiniteStream(fc.nat()), ({ clients, vectors, weights, d }, order) => {
        const inOrder = rowsOf(vectors, clients);
        const asFinished = new Float64Array(inOrder.length);
        const jobs = clients.map((client, s) => ({ client, s, when: order.next().value as number }));
        for (const { client, s } of jobs.sort((a, b) => a.when - b.when)) asFinished.set(vectors[client]!, s * d);
        const mean = (rows: Float64Array) =>
          aggregate(rows, Uint32Array.from(clients), new Float64Array(d), Float64Array.from(weights));
        expect(mean(asFinished)).toEqual(mean(inOrder));
      }),
    );
  });

  it('lies between the smallest and the largest, moves with the clients, and knows no scale of the weights', () => {
    fc.assert(
      fc.property(rounds, wide, ({ clients, vectors, weights, d }, shift) => {
        const mean = (rows: Float64Array, scale = 1) =>
          aggregate(
            rows,
            Uint32Array.from(clients),
            new Float64Array(d),
            Float64Array.from(weights, (w) => scale * w),
          );
        const rows = rowsOf(vectors, clients);
        const before = mean(rows);
        expect(mean(rows, 4)).toEqual(before); // a power of two rounds nothing
        const moved = mean(rows.map((value) => value + shift));
        for (let j = 0; j < d; j++) {
          const column = clients.map((i) => vectors[i]![j]!);
          const slack = 1e-9 * Math.max(1, ...column.map(Math.abs), Math.abs(shift));
          expect(before[j]!).toBeGreaterThanOrEqual(Math.min(...column) - slack);
          expect(before[j]!).toBeLessThanOrEqual(Math.max(...column) + slack);
          expect(Math.abs(moved[j]! - before[j]! - shift)).toBeLessThanOrEqual(slack);
        }
      }),
    );
  });

  it('writes to the array it is given and leaves the rows alone', () => {
    const rows = Float64Array.of(1, 2);
    const out = new Float64Array(1);
    expect(aggregate(rows, Uint32Array.of(0, 1), out)).toBe(out);
    expect([...rows]).toEqual([1, 2]);
  });

  it('lets a vector that is no number through as one: methods look at their gradients', () => {
    expect([...aggregate(Float64Array.of(NaN, 1, 2, 3), Uint32Array.of(0, 1), new Float64Array(2))]).toEqual([NaN, 2]);
  });

  it.each<[string, () => unknown, string]>([
    [
      'too few rows',
      () => aggregate(new Float64Array(5), Uint32Array.of(0, 1), new Float64Array(3)),
      "aggregate: 'rows' has 5 numbers for 2 clients of dimension 3; must hold at least one row and 6 numbers. Give one row a client.",
    ],
    [
      'no client',
      () => aggregate(new Float64Array(0), new Uint32Array(0), new Float64Array(0)),
      "aggregate: 'rows' has 0 numbers for 0 clients of dimension 0; must hold at least one row",
    ],
    [
      'a client without a weight',
      () => aggregate(new Float64Array(2), Uint32Array.of(0, 4), new Float64Array(1), Float64Array.of(1, 1)),
      'aggregate: weight of client 4 is undefined; must be finite and positive. Give one for each client, through checkWeights.',
    ],
    [
      'a weight of zero',
      () => aggregate(new Float64Array(1), Uint32Array.of(0), new Float64Array(1), Float64Array.of(0)),
      'aggregate: weight of client 0 is 0; must be finite and positive.',
    ],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(message);
  });
});

describe('checkWeights', () => {
  it('copies what may be weights', () => {
    const mine = [3, 1e-300, 1e300];
    const weights = checkWeights(mine, 3);
    expect(weights).toEqual(Float64Array.from(mine));
    mine[0] = -1;
    expect(weights[0]).toBe(3);
    const typed = Float64Array.of(1, 2);
    expect(checkWeights(typed, 2)).not.toBe(typed);
  });

  it.each([0, -1, NaN, Infinity])('refuses a weight of %d', (bad) => {
    const call = () => checkWeights([1, bad, 1], 3);
    expect(call).toThrow(RangeError);
    expect(call).toThrow(
      `checkWeights: weight of client 1 is ${bad}; must be finite and positive. Leave out clients that should not count.`,
    );
  });

  it.each([2, 4])('refuses 3 weights for %d clients', (clients) => {
    expect(() => checkWeights([1, 1, 1], clients)).toThrow(
      `checkWeights: 'weights' has 3 entries; must be one per client, ${clients}. Clients outside a round need one, too.`,
    );
    expect(() => checkWeights(null as never, clients, 'myMethod')).toThrow(
      `myMethod: 'weights' has no entries; must be one per client, ${clients}.`,
    );
  });
});
