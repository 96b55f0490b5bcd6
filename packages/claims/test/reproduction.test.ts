import { describe, expect, it } from 'vitest';
import { checkReproduction } from '../src/index.js';
import { toy } from './fixtures/toy/reproduction.mjs';

describe('what a module exports for a reproduction', () => {
  const first = toy().claims[0]!;
  const withClaim = (changes: object) => ({ ...toy(), claims: [{ ...first, ...changes }] });
  const rule = { statistic: 'mean-diff', min: 0, words: 'w' };

  it('is given back as it is', () => {
    const reproduction = toy();
    expect(checkReproduction(reproduction)).toBe(reproduction);
    expect(() => checkReproduction(withClaim({ expect: { quick: 'report', full: 'refuted' } }))).not.toThrow();
  });

  it.each<[string, object, string]>([
    ['a misspelt expectation', { expect: 'suported' }, 'claims.0.expect: Invalid'],
    ['one of a tier', { expect: { quick: 'suported' } }, 'claims.0.expect: Invalid'],
    ['a misspelt statistic', { rule: { ...rule, statistic: 'log-ration' } }, 'claims.0.rule.statistic: Invalid option'],
    ['a bound that is text', { rule: { ...rule, min: '0' } }, 'claims.0.rule.min: Invalid input: expected number'],
    ['a bound that is NaN', { rule: { ...rule, min: Number.NaN } }, 'claims.0.rule.min: Invalid input'],
    ['no bound', { rule: { statistic: 'slope', words: 'w' } }, "claims.0.rule: must have 'min' or 'max'"],
    ['bounds that exchange', { rule: { ...rule, max: -1 } }, "claims.0.rule: 'min' must be at most 'max'"],
    ['an id of another key', { id: 'C1' }, "claim 'C1' must begin with the key, e.g. 'toy.C1'. Rename it."],
  ])('is refused before a cell runs: %s', (_, changes, message) => {
    expect(() => checkReproduction(withClaim(changes))).toThrow(`checkReproduction: ${message}`);
  });

  it.each(['Toy', 'a b', '../toy', 'toy/one', '', 'toy-'])('is refused with the key %j, which names folders', (key) => {
    expect(() => checkReproduction({ ...toy(), key })).toThrow("key: must be lower-case words joined by '-'");
  });
});
