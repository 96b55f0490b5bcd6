import { describe, expect, it } from 'vitest';
import { across, at, besideTable, exactly, list, number, pair, paired, pairs, parameter, select } from '../src/evidence.js'; // prettier-ignore
import { askedFor, chooseClaims, codeVersion, exitCode, expectation, inPaperOrder, intervalErrors, judge, paceOf, readRecords, readRun, readVerdicts, resultHash, resultsFolder } from '../src/index.js'; // prettier-ignore

const claim = { id: 'a', rule: {}, experiments: [], tiers: [], evidence: () => null };
const one = () => 1;

/** Each function with what stands in for one of its arguments. */
const calls: readonly [name: string, option: string, call: (value: never) => unknown][] = [
  ['judge', 'claim', (v) => judge(v, [], 'quick')],
  ['judge', 'records', (v) => judge(claim as never, v, 'quick')],
  ['expectation', 'claim', (v) => expectation(v, 'quick')],
  ['chooseClaims', 'reproduction', (v) => chooseClaims(v)],
  ['exitCode', 'verdicts', (v) => exitCode(v, 'quick', [])],
  ['exitCode', 'failures', (v) => exitCode([], 'quick', v)],
  ['inPaperOrder', 'claims', (v) => inPaperOrder(v)],
  ['intervalErrors', 'verdicts', (v) => intervalErrors(v)],
  ['paceOf', 'experiments', (v) => paceOf(v, [])],
  ['resultHash', 'records', (v) => resultHash(v)],
  ['askedFor', 'run', (v) => askedFor(v)],
  ['select', 'records', (v) => select(v, 'a')],
  ['at', 'record', (v) => at(v, 'a')],
  ['at', 'record', (v) => number(v, 'a')],
  ['at', 'record', (v) => list(v, 'a')],
  ['parameter', 'record', (v) => parameter(v, 'a')],
  ['pair', 'record', (v) => pair(v, 1, 2)],
  ['pairs', 'records', (v) => pairs(v, one, one)],
  ['across', 'first', (v) => across(v, one, [], one)],
  ['across', 'second', (v) => across([], one, v, one)],
  ['paired', 'samples', (v) => paired(v)],
  ['exactly', 'records', (v) => exactly(v, one as never, 's')],
  ['besideTable', 'entries', (v) => besideTable('a', v)],
];
const paths: typeof calls = [
  ['readRun', 'folder', (v) => readRun(v)],
  ['readRecords', 'folder', (v) => readRecords(v)],
  ['readVerdicts', 'folder', (v) => readVerdicts(v)],
  ['resultsFolder', 'root', (v) => resultsFolder(v, 'a', 'quick')],
  ['resultsFolder', 'key', (v) => resultsFolder('a', v, 'quick')],
  ['resultsFolder', 'tier', (v) => resultsFolder('a', 'b', v)],
  ['codeVersion', 'module', (v) => codeVersion(v)],
  ['besideTable', 'title', (v) => besideTable(v, [])],
];

describe('what is of another kind is refused by name', () => {
  it.each([...calls.map((row) => [...row, "'x'"] as const), ...paths.map((row) => [...row, '[]'] as const)])(
    "%s: '%s'",
    async (name, option, call, told) => {
      const values = { undefined, null: null, '3': 3, 'an object': {}, [told]: told === '[]' ? [] : 'x' };
      for (const [came, value] of Object.entries(values)) {
        const error = await Promise.resolve().then(() => call(value as never)).catch((e: unknown) => e); // prettier-ignore
        expect(error).toBeInstanceOf(TypeError);
        expect((error as Error).message).toMatch(new RegExp(`^${name}: '${option}' is ${came.replace(/\[\]/, '\\[\\]')}; must be (an array|a text|an object with [\\w, ]+)\\. \\S`)); // prettier-ignore
      }
    },
  );
});
