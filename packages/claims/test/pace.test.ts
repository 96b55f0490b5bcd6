import { describe, expect, it } from 'vitest';
import { paceOf, type Json } from '../src/index.js';

const cost = (config: Json) => ({ seconds: (config as { size: number }).size, megabytes: 1 });
const experiments = ['a', 'b', 'c'].map((id) => ({ id, cost }));
const record = (experiment: string, size: number, seconds: number, status: 'done' | 'failed' = 'done') => ({
  experiment,
  config: { size },
  status,
  seconds,
});

describe('the pace of a machine', () => {
  it('is measured over stated seconds of each experiment, and of all for one without cells', () => {
    const records = [record('a', 10, 5), record('a', 30, 15), record('b', 2, 6)];
    expect(paceOf(experiments, records)).toEqual({ a: 0.5, b: 3, c: 26 / 42 });
  });

  it('leaves out cells that failed, whose cost is not known, and of other experiments', () => {
    const strange = { ...record('a', 0, 9), config: null }; // cost throws
    const records = [
      record('a', 1, 2),
      record('a', 1, 100, 'failed'),
      strange,
      record('gone', 1, 9),
      record('b', 0, 9),
    ];
    expect(paceOf(experiments, records)).toEqual({ a: 2, b: 2, c: 2 });
    expect(paceOf(experiments, [])).toEqual({});
  });
});
