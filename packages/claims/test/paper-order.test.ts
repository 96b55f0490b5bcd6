import { describe, expect, it } from 'vitest';
import { inPaperOrder } from '../src/index.js';

const sorted = (ids: string) => inPaperOrder(ids.split(' ').map((id) => ({ id: `k.${id}` }))).map(({ id }) => id);

describe('the order of the paper', () => {
  it.each([
    ['C1 C2 C10 C9 C3masks C3', 'C1 C2 C3masks C3 C9 C10'], // numbers by size; equals as they came
    ["C1 S1 S1' S4 S2 C4 C5-b C5-a C4'", "C1 C4 C4' C5-b C5-a S1 S1' S2 S4"], // kinds as they came first
    ['C12 FP SynFlow C6 T2 T1 C10', 'C6 C10 C12 FP SynFlow T1 T2'], // an id without a number is a kind
    ['S2 C1 S1', 'S1 S2 C1'],
  ])('%s', (given, wanted) => expect(sorted(given)).toEqual(wanted.split(' ').map((id) => `k.${id}`)));

  it('leaves the list that it was given as it is, and takes ids without a key', () => {
    const claims = [{ id: 'C2' }, { id: 'C1' }];
    expect(inPaperOrder(claims)).toEqual([{ id: 'C1' }, { id: 'C2' }]);
    expect(claims[0]!.id).toBe('C2');
  });
});
