import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as claims from '../src/index.js';
import { exitCode, resultHash, verdictsJsonSchema, verdictsSchema, type Verdict } from '../src/index.js';

const verdict = (more: Partial<Verdict>): Verdict => ({
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

  it('refuses what it does not know', () => {
    const file = {
      schema: 1,
      key: 'x',
      tier: 'quick',
      resultHash: '0'.repeat(64),
      seconds: 1,
      machine: { os: 'linux', arch: 'x64', cpu: 'c', cores: 2, memoryGB: 4, node: 'v20' },
      backend: 'wasm',
      seeds: [0],
      claims: [verdict({})],
    };
    expect(verdictsSchema.parse(file)).toEqual(file);
    for (const more of [{ schema: 2 }, { tier: 'tiny' }, { resultHash: 'abc' }, { seeds: [-1] }, { extra: 1 }]) {
      expect(verdictsSchema.safeParse({ ...file, ...more }).success).toBe(false);
    }
  });
});

it('exports these names and no other', () => {
  expect(Object.keys(claims).sort()).toEqual([
    'DATA_MISSING',
    'ENOUGH_BLOCKS',
    'ONE_THREAD',
    'REPRODUCTION_SCHEMA',
    'SCHEMA',
    'StoreError',
    'TIERS',
    'WASM',
    'askedFor',
    'cellId',
    'checkReproduction',
    'chooseClaims',
    'codeVersion',
    'environment',
    'exitCode',
    'expectation',
    'inProcessExecutor',
    'judge',
    'localExecutor',
    'merge',
    'nearest',
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
