import { describe, expect, it } from 'vitest';
import fc from 'fast-check';

import { stream } from '@assay-ml/numerics';

import { partitionByClass, partitionByQuantity, partitionDirichlet, partitionIid } from '../src/index.js';

const key = (seed = 1) => stream(seed, 'partition');
const sizes = (parts: Uint32Array[]) => parts.map((p) => p.length);
const all = (parts: Uint32Array[]) => parts.flatMap((p) => [...p]);
const total = (parts: Uint32Array[]) => all(parts).length;
/** Samples of each class at each client, [client][class]. */
const table = (parts: Uint32Array[], labels: ArrayLike<number>, classes: number) =>
  parts.map((p) => Array.from({ length: classes }, (_, c) => p.filter((i) => labels[i] === c).length));
/** `perClass` samples of each class, interleaved. */
const balanced = (classes: number, perClass: number) =>
  Uint8Array.from({ length: classes * perClass }, (_, i) => i % classes);

/** Each sample at most once, all in range, lists ascending. */
function expectSplit(parts: Uint32Array[], samples: number): void {
  const seen = new Set(all(parts));
  expect(seen.size).toBe(total(parts));
  for (const i of seen) expect(i).toBeLessThan(samples);
  for (const part of parts) expect([...part]).toEqual([...part].sort((a, b) => a - b));
}

const labelled = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 120 });
const clientCount = fc.integer({ min: 1, max: 12 });
const alphas = fc.constantFrom(0.01, 0.1, 0.5, 1, 10, 1000);
const seeds = fc.integer({ min: 0, max: 2 ** 31 });

describe('laws', () => {
  it('iid: every sample once, sizes differ by at most one, larger first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), clientCount, seeds, (samples, clients, seed) => {
        fc.pre(clients <= samples);
        const parts = partitionIid(samples, { clients, stream: key(seed) });
        expectSplit(parts, samples);
        expect(total(parts)).toBe(samples);
        const expected = Array.from({ length: clients }, (_, i) => Math.ceil((samples - i) / clients));
        expect(sizes(parts)).toEqual(expected);
      }),
    );
  });

  it('by class: exactly k classes a client, class loads differ by at most one, shares even', () => {
    fc.assert(
      fc.property(
        clientCount,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 12, max: 30 }),
        seeds,
        (clients, classes, perClass, seed) => {
          const k = 1 + (seed % classes);
          fc.pre(clients * k >= classes);
          const labels = balanced(classes, perClass);
          const parts = partitionByClass(labels, { clients, classesPerClient: k, stream: key(seed) });
          expectSplit(parts, labels.length);
          expect(total(parts)).toBe(labels.length);
          const counts = table(parts, labels, classes);
          for (const row of counts) expect(row.filter((n) => n > 0)).toHaveLength(k);
          const loads = Array.from({ length: classes }, (_, c) => counts.filter((row) => row[c]! > 0).length);
          expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
          for (let c = 0; c < classes; c++) {
            const shares = counts.map((row) => row[c]!).filter((n) => n > 0);
            expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });

  it('dirichlet: every sample once and nobody below the minimum; with a cap exactly that many', () => {
    fc.assert(
      fc.property(labelled, clientCount, alphas, seeds, (labels, clients, alpha, seed) => {
        const most = Math.floor(labels.length / clients);
        fc.pre(most >= 1);
        const perClient = 1 + (seed % most);
        const capped = partitionDirichlet(labels, { clients, alpha, perClient, stream: key(seed) });
        expectSplit(capped, labels.length);
        expect(sizes(capped)).toEqual(new Array(clients).fill(perClient));
        const whole = partitionDirichlet(labels, { clients, alpha, minPerClient: 0, stream: key(seed) });
        expectSplit(whole, labels.length);
        expect(total(whole)).toBe(labels.length);
      }),
    );
  });

  it('by quantity: every sample once and nobody below the minimum', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), clientCount, alphas, seeds, (samples, clients, alpha, seed) => {
        const most = Math.floor(samples / clients);
        fc.pre(most >= 1);
        const minPerClient = seed % (most + 1);
        const parts = partitionByQuantity(samples, { clients, alpha, minPerClient, stream: key(seed) });
        expectSplit(parts, samples);
        expect(total(parts)).toBe(samples);
        expect(Math.min(...sizes(parts))).toBeGreaterThanOrEqual(minPerClient);
      }),
    );
  });

  it('the key alone decides, and the labels are left alone', () => {
    const labels = balanced(5, 40);
    const before = labels.slice();
    for (const split of [
      (seed: number) => partitionIid(200, { clients: 7, stream: key(seed) }),
      (seed: number) => partitionByClass(labels, { clients: 7, classesPerClient: 2, stream: key(seed) }),
      (seed: number) => partitionDirichlet(labels, { clients: 7, alpha: 1, stream: key(seed) }),
      (seed: number) => partitionDirichlet(labels, { clients: 7, alpha: 1, perClient: 20, stream: key(seed) }),
      (seed: number) => partitionByQuantity(200, { clients: 7, alpha: 1, stream: key(seed) }),
    ]) {
      expect(split(1)).toEqual(split(1));
      expect(split(1)).not.toEqual(split(2));
    }
    const used = key(1);
    used.at(9, 9, 9).uniform();
    expect(partitionIid(200, { clients: 7, stream: used })).toEqual(partitionIid(200, { clients: 7, stream: key(1) }));
    expect(labels).toEqual(before);
  });
});

describe('values', () => {
  it('two classes a client of ten: 1,000 of each', () => {
    const labels = balanced(10, 6000);
    const parts = partitionByClass(labels, { clients: 10, classesPerClient: 2, perClient: 2000, stream: key() });
    for (const row of table(parts, labels, 10)) expect(row.filter((n) => n > 0)).toEqual([1000, 1000]);
  });

  it('iid: a sample is as likely at one client as at another', () => {
    // 4,000 splits, probability 1/4 each: 3.9 standard deviations are 0.027.
    const at = new Float64Array(4);
    const splits = 4000;
    for (let s = 0; s < splits; s++)
      at[partitionIid(8, { clients: 4, stream: key(s) }).findIndex((p) => p.includes(3))]!++;
    for (const n of at) expect(Math.abs(n / splits - 0.25)).toBeLessThan(0.027);
  });

  it('dirichlet: the variance of a share is that of the law', () => {
    // Share of client 0 in one class of 2,000 ~ Beta(α, (n−1)α): variance (n−1)/(n²(nα+1)); 3,000 draws, 4 standard
    // errors of a variance estimate are below 20 % (kurtosis of the heaviest law here below 9).
    const labels = new Uint8Array(2000);
    for (const alpha of [0.5, 5]) {
      const shares = Array.from(
        { length: 3000 },
        (_, s) =>
          partitionDirichlet(labels, { clients: 4, alpha, minPerClient: 0, stream: key(s) })[0]!.length / labels.length,
      );
      const mean = shares.reduce((a, b) => a + b) / shares.length;
      const variance = shares.reduce((a, b) => a + (b - mean) ** 2, 0) / shares.length;
      expect(mean).toBeCloseTo(0.25, 1);
      expect(variance / (3 / (16 * (4 * alpha + 1)))).toBeGreaterThan(0.8);
      expect(variance / (3 / (16 * (4 * alpha + 1)))).toBeLessThan(1.2);
    }
  });

  it('dirichlet: small alpha gives few classes, large alpha all alike', () => {
    const labels = balanced(10, 1000);
    const largest = (alpha: number) => {
      const parts = partitionDirichlet(labels, { clients: 10, alpha, perClient: 200, stream: key(3) });
      return table(parts, labels, 10).map((row) => Math.max(...row) / 200);
    };
    for (const share of largest(1e6)) expect(share).toBeCloseTo(0.1, 2);
    expect(largest(0.1).reduce((a, b) => a + b) / 10).toBeGreaterThan(0.5);
  });

  it('dirichlet: a used-up class is replaced by what is left', () => {
    const labels = Uint8Array.of(0, 0, 0, 1, 1, 1);
    const parts = partitionDirichlet(labels, { clients: 3, alpha: 0.001, perClient: 2, stream: key() });
    expect(total(parts)).toBe(6);
    expectSplit(parts, 6);
  });

  it('by quantity: equal at large alpha, minimum plus share otherwise', () => {
    expect(sizes(partitionByQuantity(103, { clients: 4, alpha: 1e9, minPerClient: 3, stream: key() })).sort()).toEqual([
      25, 26, 26, 26,
    ]);
    const skewed = sizes(partitionByQuantity(1000, { clients: 10, alpha: 0.05, minPerClient: 5, stream: key() }));
    expect(Math.max(...skewed)).toBeGreaterThan(400);
  });

  it('labels may be any integers', () => {
    const parts = partitionByClass([-1, 1, -1, 1], { clients: 2, classesPerClient: 1, stream: key() });
    expect(parts.map((p) => [...p]).sort((a, b) => a[0]! - b[0]!)).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });
});

describe('independent draws', () => {
  it('each class is spread over the clients by a draw of its own', () => {
    const labels = balanced(2, 1000);
    for (const row of table(partitionDirichlet(labels, { clients: 2, alpha: 1, stream: key() }), labels, 2)) {
      expect(row[0]).not.toBe(row[1]);
    }
  });

  it('a draw that leaves a client with too little is drawn anew', () => {
    for (let seed = 0; seed < 50; seed++) {
      const parts = partitionDirichlet(new Uint8Array(60), {
        clients: 3,
        alpha: 0.1,
        minPerClient: 2,
        stream: key(seed),
      });
      expect(Math.min(...sizes(parts))).toBeGreaterThanOrEqual(2);
    }
  });

  it('each client has a mix of its own', () => {
    const labels = balanced(10, 1000);
    const [a, b] = table(
      partitionDirichlet(labels, { clients: 2, alpha: 1, perClient: 100, stream: key() }),
      labels,
      10,
    );
    expect(a).not.toEqual(b);
  });

  it('classes are dealt to the clients in an order that does not repeat', () => {
    const labels = balanced(10, 4);
    const parts = partitionByClass(labels, { clients: 20, classesPerClient: 1, stream: key() });
    const classes = parts.map((part) => labels[part[0]!]!);
    expect(classes.slice(0, 10)).not.toEqual(classes.slice(10));
  });

  it('each class is shuffled by an order of its own', () => {
    const labels = balanced(2, 100);
    const [part] = partitionByClass(labels, { clients: 2, classesPerClient: 2, stream: key() });
    const ranks = (c: number) => [...part!].filter((i) => labels[i] === c).map((i) => Math.floor(i / 2));
    expect(ranks(0)).toHaveLength(50);
    expect(ranks(0)).not.toEqual(ranks(1));
  });
});

describe('bad input', () => {
  const labels = balanced(3, 4);
  it.each<[string, () => unknown, string]>([
    [
      'no samples',
      () => partitionIid(0, { clients: 1, stream: key() }),
      "partitionIid: 'samples' is 0; must be a positive integer.",
    ],
    [
      'half a client',
      () => partitionIid(9, { clients: 1.5, stream: key() }),
      "'clients' is 1.5; must be a positive integer.",
    ],
    [
      'a cap of zero',
      () => partitionIid(9, { clients: 1, perClient: 0, stream: key() }),
      "'perClient' is 0; must be a positive integer.",
    ],
    [
      'too many clients',
      () => partitionIid(9, { clients: 10, stream: key() }),
      "10 clients need more than the 9 samples there are. Lower 'clients'.",
    ],
    [
      'too large a cap',
      () => partitionDirichlet(labels, { clients: 4, perClient: 4, alpha: 1, stream: key() }),
      "4 clients with 4 samples each need more than the 12 samples there are. Lower 'clients' or 'perClient'.",
    ],
    [
      'k above the classes',
      () => partitionByClass(labels, { clients: 2, classesPerClient: 4, stream: key() }),
      "'classesPerClient' is 4; must be an integer in 1 … 3",
    ],
    [
      'k of zero',
      () => partitionByClass(labels, { clients: 2, classesPerClient: 0, stream: key() }),
      "'classesPerClient' is 0; must be an integer in 1 … 3",
    ],
    [
      'a cap below k',
      () => partitionByClass(labels, { clients: 2, classesPerClient: 2, perClient: 1, stream: key() }),
      "'perClient' is 1; must be at least 'classesPerClient' = 2",
    ],
    [
      'a class without a client',
      () => partitionByClass(labels, { clients: 2, classesPerClient: 1, stream: key() }),
      '2 clients with 1 classes each leave some of 3 classes without a client.',
    ],
    [
      'a class too small for the cap',
      () => partitionByClass([0, 0, 0, 0, 0, 1], { clients: 2, classesPerClient: 2, perClient: 3, stream: key() }),
      'class 1 has 1 samples for 2 clients that need 2',
    ],
    [
      'a class too small for its clients',
      () => partitionByClass([0, 0, 0, 1], { clients: 2, classesPerClient: 2, stream: key() }),
      "class 1 has 1 samples for 2 clients that need 2. Lower 'clients' or 'classesPerClient'.",
    ],
    [
      'alpha of zero',
      () => partitionDirichlet(labels, { clients: 2, alpha: 0, stream: key() }),
      "partitionDirichlet: 'alpha' is 0; must be a positive number.",
    ],
    [
      'alpha NaN',
      () => partitionByQuantity(9, { clients: 2, alpha: NaN, stream: key() }),
      "partitionByQuantity: 'alpha' is NaN; must be a positive number.",
    ],
    [
      'alpha infinite',
      () => partitionByQuantity(9, { clients: 2, alpha: Infinity, stream: key() }),
      "'alpha' is Infinity",
    ],
    [
      'too high a minimum',
      () => partitionByQuantity(9, { clients: 2, alpha: 1, minPerClient: 5, stream: key() }),
      "'minPerClient' is 5; must be an integer in 0 … 4 (9 samples, 2 clients).",
    ],
    [
      'a minimum out of reach',
      () => partitionDirichlet(new Uint8Array(20), { clients: 10, alpha: 0.01, minPerClient: 2, stream: key() }),
      'no draw of 1000 with alpha = 0.01 gave each of 10 clients 2 samples.',
    ],
    [
      'a label that is no integer',
      () => partitionByClass([0, 0.5], { clients: 1, classesPerClient: 1, stream: key() }),
      "'labels[1]' is 0.5; must be an integer.",
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(message);
  });
});
