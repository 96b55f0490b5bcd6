/** C6 and C8: statements that must never fail, and identities. */
import type { CellRecord, Claim } from '@assay-ml/claims';

const TIERS = ['quick', 'standard', 'full'] as const;
const TOLERANCE = 1e-12;

/** The largest number of each name over all cells of an experiment. */
function worst(records: readonly CellRecord[], experiment: string, key: string): [string, number][] {
  const largest = new Map<string, number>();
  for (const record of records) {
    if (record.experiment !== experiment || record.status !== 'done') continue;
    for (const [name, value] of Object.entries(record.values[key] as Record<string, number>)) {
      largest.set(name, Math.max(largest.get(name) ?? -Infinity, value));
    }
  }
  return [...largest];
}

export const theory: readonly Claim[] = [
  {
    id: 'l0l1.C6',
    statement: 'D1 to D7, with explicit constants, hold on random quartics and separable cosh and along trajectories.',
    source: 'spec C6 (§4.2)',
    kind: 'beyond',
    experiments: ['statements'],
    tiers: TIERS,
    rule: {
      statistic: 'exact',
      words: 'no ratio of left to right side above 1, rounding of subtracted numbers allowed for',
    },
    expect: 'supported',
    reference: 'worst ratios D1 and D2 0.99998, D4 0.50 and 0.29, D6 0.54',
    evidence(records) {
      const ratios = worst(records, 'statements', 'ratios');
      if (ratios.length === 0) return { kind: 'none', why: 'no finished cell of its experiment' };
      return {
        kind: 'exact',
        checks: ratios.map(([name, ratio]) => ({ name: `${name}: ${ratio.toPrecision(3)}`, holds: ratio <= 1 })),
        measured: Math.max(...ratios.map(([, ratio]) => ratio)),
        unit: 'largest ratio',
      };
    },
    figure(records) {
      const ratios = worst(records, 'statements', 'ratios');
      if (ratios.length === 0) return null;
      return {
        title: 'Largest ratio of left to right side',
        mark: 'dot',
        x: { label: 'left / right' },
        y: { label: 'statement', scale: 'point' },
        rows: ratios.map(([name, ratio]) => ({ x: ratio, y: name })),
        rules: [{ axis: 'x', at: 1, label: 'allowed' }],
      };
    },
  },
  {
    id: 'l0l1.C8',
    statement:
      'Identities: NASTYA is CLERR with c1 = 0; one local step or one batch makes (L0, L1)-GD of Clip-LocalGDJ and CLERR; RR-CLI of one cohort is CLERR; every client and row comes once.',
    source: 'spec C8 (D10)',
    kind: 'paper',
    experiments: ['identities-l0l1'],
    tiers: TIERS,
    rule: { statistic: 'exact', words: 'every relative distance ≤ 1e-12, no client or row missed or repeated' },
    expect: 'supported',
    evidence(records) {
      const errors = worst(records, 'identities-l0l1', 'errors');
      if (errors.length === 0) return { kind: 'none', why: 'no finished cell of its experiment' };
      return {
        kind: 'exact',
        checks: errors.map(([name, error]) => ({
          name: `${name}: ${error.toExponential(1)}`,
          holds: error <= TOLERANCE,
        })),
        measured: Math.max(...errors.map(([, error]) => error)),
        unit: 'largest error',
      };
    },
  },
];
