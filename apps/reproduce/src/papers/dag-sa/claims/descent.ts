/** C1: how fast gradient descent approaches the minimum of a quadratic. */
import type { CellRecord, Claim } from '@assay-ml/claims';

/** Left over right side of the bound, an instance each. */
function ratios(records: readonly CellRecord[]): number[] {
  return records
    .filter(({ status }) => status === 'done')
    .map(({ values }) => (values['distance'] as number) / (values['bound'] as number));
}

export const descent: readonly Claim[] = [
  {
    id: 'dag-sa.C1',
    statement:
      'Gradient descent with η = 1/L ends within (1 − μ/L)^T of its first distance from the minimum of a quadratic.',
    source: 'To write: where the paper says so',
    kind: 'paper',
    experiments: ['descent'],
    tiers: ['quick', 'standard', 'full'],
    rule: { statistic: 'exact', words: '‖x_T‖ ≤ (1 − μ/L)^T ‖x_0‖ on every instance' },
    expect: 'supported',
    evidence: (records) => {
      const all = ratios(records);
      if (all.length === 0) return { kind: 'none', why: 'no finished cell of its experiment' };
      return {
        kind: 'exact',
        checks: all.map((ratio, k) => ({ name: `instance ${k}: ${ratio.toPrecision(3)}`, holds: ratio <= 1 })),
        measured: Math.max(...all),
        unit: 'left side over right, at most',
      };
    },
  },
];
