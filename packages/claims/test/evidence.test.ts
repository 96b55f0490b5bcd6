import { describe, expect, it } from 'vitest';
import {
  across,
  at,
  besideTable,
  exactly,
  list,
  number,
  pair,
  paired,
  pairs,
  parameter,
  select,
} from '../src/evidence.js';
import type { CellRecord, Json } from '../src/index.js';

const record = (
  config: Record<string, Json>,
  seed: number,
  values: Record<string, Json> = {},
  more: Partial<CellRecord> = {},
): CellRecord => ({ id: `c${seed}`, experiment: 'toy', config, seed, status: 'done', values, seconds: 1, ...more });

const RECORDS = [
  record({ delta: 0.1, K: 10 }, 2, { final: { a: 3, b: 1 } }),
  record({ delta: 0.1, K: 10 }, 1, { final: { a: 2, b: 1 } }),
  record({ delta: 0.1, K: 20 }, 1, { final: { a: 5, b: 2 } }),
  record({ delta: 3, K: 10 }, 1, { final: { a: 7, b: 1 } }),
  record({ delta: 0.1, K: 10 }, 3, {}, { status: 'failed' }),
  record({ delta: 0.1, K: 10 }, 4, {}, { experiment: 'other' }),
];
const seedsOf = (records: readonly CellRecord[]) => records.map(({ seed }) => seed);

describe('select', () => {
  it('takes finished cells of one experiment whose factors agree, by seed', () => {
    expect(seedsOf(select(RECORDS, 'toy', { delta: 0.1, K: 10 }))).toEqual([1, 2]);
    expect(seedsOf(select(RECORDS, 'toy'))).toEqual([1, 1, 1, 2]);
    expect(select(RECORDS, 'toy', { delta: 0.2 })).toEqual([]);
    expect(select(RECORDS, 'toy', { sigma: 0 })).toEqual([]);
  });

  it('leaves the factor of a sweep free, and takes a function', () => {
    expect(select(RECORDS, 'toy', { delta: 0.1, K: 10 }, 'K').map((r) => parameter(r, 'K'))).toEqual([10, 20, 10]);
    expect(select(RECORDS, 'toy', ({ delta }) => (delta as number) > 1)).toEqual([RECORDS[3]]);
  });
});

describe('what lies in a record', () => {
  const one = record({ K: 10, kind: 'ER' }, 7, { final: { a: 2, none: null }, curve: [3, 1], odd: [1, null] });

  it('is read by its path', () => {
    expect(at(one, 'final')).toEqual({ a: 2, none: null });
    expect(at(one, 'final', 'none')).toBeNull();
    expect(number(one, 'final', 'a')).toBe(2);
    expect(list(one, 'curve')).toEqual([3, 1]);
    expect(parameter(one, 'K')).toBe(10);
  });

  it.each([
    [() => at(one, 'final', 'c'), "evidence: cell c7 (toy) has nothing at 'final.c'."],
    [() => at(one, 'final', 'none', 'x'), "evidence: cell c7 (toy) has nothing at 'final.none.x'."],
    [() => number(one, 'final'), "evidence: cell c7 (toy) has no number at 'final'."],
    [() => list(one, 'odd'), "evidence: cell c7 (toy) has no list of numbers at 'odd'."],
    [() => parameter(one, 'kind'), "evidence: cell c7 (toy) has no number 'kind' in its configuration."],
    [() => parameter(one, 'k'), "evidence: cell c7 (toy) has no number 'k' in its configuration."],
  ])('is missed loudly: %s', (read, message) => {
    expect(read).toThrow(new TypeError(message));
  });
});

describe('pairs', () => {
  const a = (r: CellRecord) => number(r, 'final', 'a');
  const b = (r: CellRecord) => number(r, 'final', 'b');
  const ten = select(RECORDS, 'toy', { delta: 0.1, K: 10 });

  it('of one cell each have (configuration, seed) as their block', () => {
    expect(pairs(ten, a, b, 'K = 10')).toEqual([
      { block: '{"delta":0.1,"K":10}#1', a: 2, b: 1, part: 'K = 10' },
      { block: '{"delta":0.1,"K":10}#2', a: 3, b: 1, part: 'K = 10' },
    ]);
    expect(pair(ten[0]!, 1, 2)).toEqual({ block: '{"delta":0.1,"K":10}#1', a: 1, b: 2 });
    expect(() => pairs([], a, b, 'K = 30')).toThrow(new TypeError("evidence: no finished cell for 'K = 30'."));
    expect(() => pairs([], a, b)).toThrow("no finished cell for 'the claim'.");
  });

  it('across configurations have the seed', () => {
    const [twenty, first] = [select(RECORDS, 'toy', { K: 20 }), ten.slice(0, 1)];
    expect(across(twenty, a, first, a)).toEqual([{ block: '1', a: 5, b: 2 }]);
    expect(() => across(twenty, a, ten, a, 'twice K')).toThrow(
      new TypeError("evidence: 'twice K' compares seeds 1 with 1, 2; must be the same, at least one."),
    );
    expect(() => across([], a, [], a)).toThrow("'the claim' compares seeds  with ; must be the same, at least one.");
  });

  it('make evidence, or say that there is none', () => {
    const some = pairs(ten, a, b);
    expect(paired(some)).toEqual({ kind: 'paired', pairs: some });
    expect(paired([])).toEqual({ kind: 'none', why: 'no finished cell of its experiment' });
  });
});

it('exactly checks each record and shows the largest value', () => {
  const check = (r: CellRecord) => ({ name: `seed ${r.seed}`, holds: r.seed < 2, value: -r.seed });
  expect(exactly(select(RECORDS, 'toy', { K: 10, delta: 0.1 }), check, 'things')).toEqual({
    kind: 'exact',
    checks: [
      { name: 'seed 1', holds: true, value: -1 },
      { name: 'seed 2', holds: false, value: -2 },
    ],
    measured: -1,
    unit: 'things',
  });
  expect(exactly([], check, 'things').kind).toBe('none');
});

it('a source’s numbers stand beside ours', () => {
  const { title, columns, rows } = besideTable('Table 1', [
    { setting: 'K = 1', reference: 1.2, ours: 1.19, interval: [1.1, 1.3], inside: true },
    { setting: 'K = 2', reference: '≈ 0', ours: 1, inside: false },
  ]);
  expect([title, columns]).toEqual(['Table 1', ['setting', 'reference', 'ours', 'interval', 'inside']]);
  expect(rows).toEqual([
    ['K = 1', 1.2, 1.19, [1.1, 1.3], 'yes'],
    ['K = 2', '≈ 0', 1, 'none: exact', 'no'],
  ]);
});
