import { describe, expect, it } from 'vitest';
import { checkReproduction, judge, verdictsSchema, type Claim, type Reproduction } from '../src/index.js';

const good = ['about 2', { value: -1.5, words: 'Table 1' }, undefined] as const;
const bad = ['', 2, { value: 2 }, { value: Number.NaN, words: 'w' }, { value: 2, words: '' }];

const claim: Claim = {
  id: 'k.C1',
  statement: 'It holds.',
  source: 'Table 1',
  kind: 'paper',
  experiments: [],
  tiers: ['quick'],
  rule: { statistic: 'exact', words: 'in words' },
  expect: 'supported',
  evidence: () => ({ kind: 'exact', checks: [{ name: 'it', holds: true }], measured: 1 }),
};

const reproduction = (reference: unknown) => ({
  schema: 1,
  key: 'k',
  project: 'k',
  title: 'K',
  citation: '',
  experiments: [],
  claims: [{ ...claim, ...(reference === undefined ? {} : { reference }) }],
});

describe('what a source reports', () => {
  it('is words, or a number of the claim’s statistic with words: in a reproduction, its verdict and the file', () => {
    for (const reference of good) {
      const { claims } = checkReproduction(reproduction(reference)) as Reproduction;
      const verdict = judge(claims[0]!, [], 'quick');
      expect(verdict.reference).toEqual(reference);
      expect(verdictsSchema.shape.claims.parse([verdict])[0]!.reference).toEqual(reference);
    }
  });

  it.each(bad.map((reference) => [reference]))('cannot be %j', (reference) => {
    expect(() => checkReproduction(reproduction(reference))).toThrow(/^checkReproduction: claims\.0\.reference/);
    const verdict = { ...judge(claim, [], 'quick'), reference };
    expect(verdictsSchema.shape.claims.safeParse([verdict]).success).toBe(false);
  });
});
