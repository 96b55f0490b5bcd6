import { type CellRecord, type Json, judge } from '@assay-ml/claims';
import { describe, expect, it } from 'vitest';
import { minilm, MINILM_RATES, MINILM_TASKS } from '../src/claims/minilm.js';

describe('E1-minilm', () => {
  const claim = minilm[0]!;
  const records = (loss: (task: string, optimiser: string, gamma: number, seed: number) => number | null): CellRecord[] =>
    MINILM_TASKS.flatMap((task) =>
      ['Adam', 'Clip-Adam'].flatMap((optimiser) =>
        MINILM_RATES.flatMap((gamma) =>
          [0, 1, 2, 3, 4].map((seed): CellRecord => ({
            ...{ id: `${task}${optimiser}${gamma}${seed}`, experiment: 'minilm', seed, status: 'done', seconds: 1 },
            config: { task, optimiser, gamma },
            values: { loss: loss(task, optimiser, gamma, seed), curve: [[0, 1]], tails: [{ step: 0, mild: 2, extreme: 0 }] } as Record<string, Json>,
          })),
        ),
      ),
    ); // prettier-ignore
  const verdict = (...args: Parameters<typeof records>) => judge(claim, records(...args), 'standard');
  const spread = (seed: number) => 1 + 0.01 * Math.abs(seed - 2);
  const best = (gamma: number) => (gamma === 3e-4 ? 0.5 : 0.6);

  it('is supported where clipping helps on accept, refuted where it hurts on pairs', () => {
    const clipped = (task: string, accepted: number, paired: number) => (task === 'accept' ? accepted : paired);
    const of = (accepted: number, paired: number) => verdict((task, optimiser, gamma, seed) => best(gamma) * (optimiser === 'Adam' ? 1 : clipped(task, accepted, paired) * spread(seed))).verdict; // prettier-ignore
    expect(of(0.9, 1)).toBe('supported');
    expect(of(0.9, 1.2)).toBe('refuted');
    expect(of(1.1, 1)).toBe('refuted');
  });

  it('each optimiser has the rate that is best for the other seeds', () => {
    // On seed 0 another rate is lucky: it is not chosen for it.
    const { evidence } = claim;
    const lucky = evidence(records((_, optimiser, gamma, seed) => (optimiser === 'Adam' && seed === 0 && gamma === 1e-3 ? 0.45 : best(gamma))), 'standard'); // prettier-ignore
    if (lucky.kind !== 'paired') throw new TypeError(`evidence is ${lucky.kind}`);
    expect(lucky.pairs.every(({ a }) => a === 0)).toBe(true);
  });

  it('counts a training that diverged, and prints the tails', () => {
    const some = records((task, optimiser, gamma, seed) => (task === 'pairs' && optimiser === 'Adam' && seed === 3 ? null : best(gamma))); // prettier-ignore
    expect(claim.evidence(some, 'standard')).toMatchObject({ excluded: 1 });
    expect(claim.table!(some, 'standard')!.rows).toEqual([['accept', 0, 2, 0], ['pairs', 0, 2, 0]]); // prettier-ignore
  });
});
