import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as claims from '../src/index.js';
import { exitCode, readVerdicts, resultHash, verdictsJsonSchema, verdictsSchema, type Verdict } from '../src/index.js';

/** What schema 1 says, too. */
const said = {
  id: 'x.C1',
  statement: 'It holds.',
  source: 'Table 1',
  kind: 'paper',
  rule: { statistic: 'exact', words: 'in words' },
  expect: 'supported',
  verdict: 'supported',
  measured: 1,
  interval: null,
  n: 1,
} as const;
const verdict = (more: Partial<Verdict>): Verdict => ({
  ...said,
  unit: null,
  level: null,
  judgedBy: 'checks',
  blocks: null,
  ...more,
});

describe('resultHash', () => {
  it('is the sha256 of the canonical JSON of [id, values], sorted by id', () => {
    const records = [
      { id: 'b', values: { z: 1e21, a: [0.1, null] } },
      { id: 'a', values: {} },
    ];
    const canonical = '[["a",{}],["b",{"a":[0.1,null],"z":1e+21}]]';
    const expected = createHash('sha256').update(canonical).digest('hex');
    expect(resultHash(records)).toBe(expected);
    expect(resultHash([...records].reverse())).toBe(expected);
    expect(resultHash([{ id: 'a', values: {} }])).not.toBe(expected);
  });
});

describe('exitCode', () => {
  it.each([
    ['all as expected', {}, 'quick', 0],
    ['refuted as expected', { verdict: 'refuted', expect: 'refuted' }, 'standard', 0],
    ['refuted against it', { verdict: 'refuted' }, 'quick', 1],
    ['supported against it', { expect: 'refuted' }, 'quick', 1],
    ['inconclusive at quick', { verdict: 'inconclusive' }, 'quick', 0],
    ['inconclusive at standard', { verdict: 'inconclusive' }, 'standard', 1],
    ['inconclusive at full', { verdict: 'inconclusive' }, 'full', 1],
    ['inconclusive, only reported', { verdict: 'inconclusive', expect: 'report' }, 'standard', 0],
    ['not run', { verdict: 'not-run', why: 'runs at tier full' }, 'standard', 0],
    ['without data', { verdict: 'not-run', why: 'data missing: get it' }, 'standard', 0],
  ] as const)('%s', (_, more, tier, code) => {
    expect(exitCode([verdict({}), verdict(more)], tier, [])).toBe(code);
  });

  it('is 2 when something failed, or data of a claim asked for by id is missing', () => {
    expect(exitCode([verdict({ verdict: 'refuted' })], 'quick', ['cell failed'])).toBe(2);
    const missing = verdict({ verdict: 'not-run', why: 'data missing: get it' });
    expect(exitCode([missing], 'quick', [], true)).toBe(2);
    expect(exitCode([verdict({ verdict: 'not-run', why: 'runs at tier full' })], 'quick', [], true)).toBe(0);
  });
});

describe('schema', () => {
  it('is published as it is checked', () => {
    // To write it anew: node packages/claims/scripts/schema.mjs
    const published = readFileSync(new URL('../schema/verdicts.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(verdictsJsonSchema())));
  });

  const file = {
    schema: 2,
    key: 'x',
    tier: 'quick',
    resultHash: '0'.repeat(64),
    seconds: 1,
    machine: { os: 'linux', arch: 'x64', cpu: 'c', cores: 2, memoryGB: 4, node: 'v20' },
    backend: 'wasm',
    seeds: [0],
    claims: [
      verdict({}),
      verdict({
        rule: { statistic: 'mean-diff', min: 0, unit: 'accuracy', words: 'w' },
        interval: [0, 1],
        unit: 'accuracy',
        level: 0.95,
        judgedBy: 'interval',
        n: 3,
        blocks: 3,
        parts: [
          { part: 'p', verdict: 'supported', measured: 0.5, interval: [0, 1], n: 3 },
          { part: 'q', verdict: 'inconclusive', measured: null, interval: null, n: 1 },
        ],
      }),
      verdict({ rule: { statistic: 'share', min: 0.5, words: 'w' } }),
    ],
  };

  it('refuses what it does not know', () => {
    expect(verdictsSchema.parse(file)).toEqual(file);
    for (const more of [{ schema: 1 }, { tier: 'tiny' }, { resultHash: 'abc' }, { seeds: [-1] }, { extra: 1 }]) {
      expect(verdictsSchema.safeParse({ ...file, ...more }).success).toBe(false);
    }
    const part = { part: 'p', verdict: 'supported', measured: 1, interval: null, n: 1 } as const;
    for (const more of [{ level: 1 }, { judgedBy: 'eye' }, { blocks: -1 }, { unit: '' }, { parts: [part] }]) {
      expect(verdictsSchema.safeParse({ ...file, claims: [{ ...verdict({}), ...more }] }).success).toBe(false);
    }
  });

  it.each([
    // statistic, measured, interval, n: what schema 2 says of it
    ['exact', 1, null, 12, { unit: null, level: null, judgedBy: 'checks', blocks: null }],
    ['exact', null, null, 0, { unit: null, level: null, judgedBy: null, blocks: null }],
    ['slope', 1, [0, 2], 5, { unit: 'exponent', level: 0.95, judgedBy: 'interval', blocks: 5 }],
    ['slope', 1, [0, 2], 4, { unit: 'exponent', level: 0.95, judgedBy: 'mean', blocks: 4 }],
    ['mean-diff', 1, null, 1, { unit: null, level: 0.95, judgedBy: 'mean', blocks: 1 }],
    ['mean-diff', 1, null, 9, { unit: null, level: 0.95, judgedBy: null, blocks: 9 }],
    ['log-ratio', null, null, 0, { unit: 'log10 of a ratio', level: 0.95, judgedBy: null, blocks: 0 }],
  ] as const)('reads schema 1: %s, measured %s, %s, n = %i', (statistic, measured, interval, n, more) => {
    const rule = statistic === 'exact' ? { statistic, words: 'w' } : { statistic, min: 0, words: 'w' };
    const old = { ...said, rule, measured, interval, n };
    const folder = mkdtempSync(join(tmpdir(), 'assay-verdicts-'));
    try {
      const write = (content: object) => writeFileSync(join(folder, 'verdicts.json'), JSON.stringify(content));
      write({ ...file, schema: 1, claims: [old] });
      expect(readVerdicts(folder)).toEqual({ ...file, claims: [{ ...old, ...more }] });
      write({ ...file, schema: 1, claims: [{ ...old, blocks: 3 }] });
      expect(() => readVerdicts(folder)).toThrow(/verdicts\.json' does not fit schema 1: .*blocks/s);
      write({ ...file, schema: 3 });
      expect(() => readVerdicts(folder)).toThrow(
        /verdicts\.json' is of schema 3; this version reads 1 and 2\. Choose another folder, or start afresh/,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

it('exports these names and no other', () => {
  expect(Object.keys(claims).sort()).toEqual([
    'DATA_MISSING',
    'ENOUGH_BLOCKS',
    'ONE_THREAD',
    'REPRODUCTION_SCHEMA',
    'RUN_SCHEMA',
    'StoreError',
    'TIERS',
    'VERDICTS_SCHEMA',
    'WASM',
    'askedFor',
    'cellId',
    'checkReproduction',
    'chooseClaims',
    'codeVersion',
    'environment',
    'exitCode',
    'expectation',
    'inPaperOrder',
    'inProcessExecutor',
    'intervalErrors',
    'isKey',
    'judge',
    'localExecutor',
    'merge',
    'nearest',
    'paceOf',
    'plan',
    'readRecords',
    'readRun',
    'readVerdicts',
    'resultHash',
    'resultsFolder',
    'runReproduction',
    'verdictsJsonSchema',
    'verdictsSchema',
  ]);
});
