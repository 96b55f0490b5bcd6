import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { stands, table, verdict, type Fault } from '../src/faults.js';

const root = new URL('../..', import.meta.url).pathname;
const fault = (...parts: string[]): Fault => ({
  id: 'A1',
  input: 'in',
  now: 'out',
  tests: { 'a/test/b.test.ts': parts },
});
const outcome = (name: string, status = 'passed') => ({ file: 'a/test/b.test.ts', name, status });

it.each([
  [fault('A1'), [outcome('A1: this'), outcome('A1: that'), outcome('A2: other', 'failed')], 'holds (2 tests)'],
  [fault('A1'), [outcome('A1: this'), outcome('A1: that', 'skipped')], "holds in part (1 test); skipped here: 'A1: that'"],
  [fault('A1', 'B'), [outcome('A1'), outcome('B', 'pending')], "holds in part (1 test); skipped here: 'B'"],
  [fault('A1'), [outcome('A1: this', 'skipped')], "skipped here: 'A1: this'"],
  [fault('A1'), [outcome('A1: this'), outcome('A1: that', 'failed')], "fails: a/test/b.test.ts, 'A1: that'"],
  [fault('A1', 'B'), [outcome('A1: this')], "missing: a/test/b.test.ts, 'B'"],
  [fault('A1'), [{ ...outcome('A1: this'), file: 'a/test/c.test.ts' }], "missing: a/test/b.test.ts, 'A1'"],
  [{ ...fault(), tests: {} }, [outcome('A1: this')], 'no test'],
] as const)('%o: %o', (entry, outcomes, said) => {
  expect(verdict(entry, outcomes)).toBe(said);
  expect(stands(said)).toBe(/^(holds|skipped)/.test(said));
  expect(table([entry], outcomes)).toBe(`A1  in  out  ${said}`);
}); // prettier-ignore

it('the table names each entry once, and files that there are', () => {
  const faults = JSON.parse(readFileSync(`${root}tools/faults.json`, 'utf8')) as Fault[];
  expect(new Set(faults.map(({ id }) => id)).size).toBe(faults.length);
  const files = faults.flatMap(({ tests }) => Object.keys(tests));
  expect(files.filter((file) => !existsSync(root + file))).toEqual([]);
});
