import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { cohorts, cohortSize, type Participation } from '../src/index.js';

const sizes = fc.integer({ min: 1, max: 40 }).chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 1, max: n })));
const seeds = fc.nat(2 ** 31);
const roundNumber = fc.nat(2 ** 32 - 1);

/** Cohorts of rounds 0 … rounds − 1, each its own array. */
function drawn(cohort: number, clients: number, seed: number, rounds: number): Uint32Array[] {
  const draw = cohorts({ cohort }, clients, seed);
  return Array.from({ length: rounds }, (_, r) => draw(r).slice());
}

describe('cohorts', () => {
  it('have exactly the size asked for, distinct and ascending, of clients that there are', () => {
    fc.assert(
      fc.property(sizes, seeds, roundNumber, ([clients, cohort], seed, round) => {
        const members = cohorts({ cohort }, clients, seed)(round);
        expect(members).toHaveLength(cohort);
        members.forEach((client, s) => {
          expect(client).toBeLessThan(clients);
          if (s > 0) expect(client).toBeGreaterThan(members[s - 1]!);
        });
      }),
    );
  });

  it('are everyone under full participation, or when as large as that', () => {
    for (const participation of ['full', { cohort: 5 }] satisfies Participation[]) {
      const draw = cohorts(participation, 5, 3);
      for (const round of [0, 1, 99]) expect([...draw(round)]).toEqual([0, 1, 2, 3, 4]);
    }
  });

  it('depend on seed and round alone, never on what was drawn before', () => {
    fc.assert(
      fc.property(sizes, seeds, roundNumber, fc.array(roundNumber), ([clients, cohort], seed, round, before) => {
        const fresh = cohorts({ cohort }, clients, seed)(round).slice();
        const used = cohorts({ cohort }, clients, seed);
        for (const r of before) used(r);
        expect(used(round)).toEqual(fresh);
        expect(used(round)).toEqual(fresh);
      }),
    );
  });

  it('differ between seeds and between rounds', () => {
    const texts = new Set([1, 2, 3].flatMap((seed) => drawn(20, 40, seed, 50).map((members) => members.join(' '))));
    expect(texts.size).toBe(150); // of 1.4e11 there are; two alike among 150 would happen once in 1e7 tries
  });

  it('returns the same array each round', () => {
    const draw = cohorts({ cohort: 2 }, 9, 0);
    expect(draw(1)).toBe(draw(0));
  });

  /** χ² of counts that should all be equal. */
  const chiSquare = (counts: readonly number[]): number => {
    const expected = counts.reduce((a, b) => a + b, 0) / counts.length;
    return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  };

  it('are uniform over all sets of that size', () => {
    const counts = new Map<string, number>();
    for (const members of drawn(3, 6, 2026, 20_000)) {
      const set = members.join(' ');
      counts.set(set, (counts.get(set) ?? 0) + 1);
    }
    expect(counts.size).toBe(20); // 6 choose 3
    // 19 degrees of freedom: above 43.8 with probability 0.001
    expect(chiSquare([...counts.values()])).toBeLessThan(43.8);
  });

  it('take each client equally often, and no more than chance together with those of the round before', () => {
    const rounds = 40_000;
    const all = drawn(1, 8, 7, rounds).map((members) => members[0]!);
    const single = new Array<number>(8).fill(0);
    const pairs = new Array<number>(64).fill(0);
    all.forEach((client, r) => {
      single[client]!++;
      if (r > 0) pairs[8 * all[r - 1]! + client]!++;
    });
    expect(chiSquare(single)).toBeLessThan(24.3); // 7 degrees of freedom, 0.001
    expect(chiSquare(pairs)).toBeLessThan(103.4); // 63 degrees of freedom, 0.001
  });
});

describe('bad input', () => {
  it.each<[string, Participation, number, string]>([
    ['no clients', 'full', 0, "'clients' is 0; must be a positive integer. Count the clients there are."],
    ['half a client', { cohort: 1 }, 2.5, "'clients' is 2.5; must be a positive integer. Count the clients there are."],
    ['an empty cohort', { cohort: 0 }, 3, "'cohort' is 0; must be a positive integer. Use 'full' for all clients."],
    ['half a cohort', { cohort: 1.5 }, 3, "'cohort' is 1.5; must be a positive integer. Use 'full' for all clients."],
    ['a cohort of NaN', { cohort: NaN }, 3, "'cohort' is NaN; must be a positive integer. Use 'full' for all clients."],
    [
      'fewer clients than the cohort',
      { cohort: 4 },
      3,
      "'cohort' is 4; must be at most the number of clients, 3. Add clients or lower the cohort.",
    ],
  ])('%s', (_, participation, clients, message) => {
    const refused = (where: string) => new RangeError(`${where}: ${message}`);
    expect(() => cohortSize(participation, clients)).toThrow(refused('cohortSize'));
    expect(() => cohortSize(participation, clients, 'myMethod')).toThrow(refused('myMethod'));
    expect(() => cohorts(participation, clients, 0)).toThrow(refused('cohorts'));
  });

  it.each([
    ['half', "'half'"],
    [null, 'null'],
    [undefined, 'undefined'],
    [{}, 'an object'],
    [7, '7'],
    ['x'.repeat(1e6), `'${'x'.repeat(79)}…`],
  ])('participation %j', (participation, shown) => {
    const call = () => cohortSize(participation as unknown as Participation, 3);
    expect(call).toThrow(TypeError);
    expect(call).toThrow(`cohortSize: 'participation' is ${shown}; must be 'full' or { cohort: number }.`);
  });

  it('P1: a name that is not known', () => {
    expect(() => cohortSize({ cohort: 1, ...{ cohrot: 2 } }, 3)).toThrow(
      new RangeError("cohortSize: 'cohrot' is no option; must be one of cohort, weights. Did you mean 'cohort'?"),
    );
  });

  it('seed and round that no stream takes', () => {
    expect(() => cohorts({ cohort: 1 }, 3, -1)).toThrow("stream: 'seed' is -1");
    expect(() => cohorts({ cohort: 1 }, 3, 0)(0.5)).toThrow("at: 'a' is 0.5");
  });
});
