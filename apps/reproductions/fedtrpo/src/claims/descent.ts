/** C1: how fast gradient descent approaches the minimum of a quadratic. */
import type { Claim } from '@assay-ml/claims';
import { exactly, number, select } from '@assay-ml/claims/evidence';

export const descent: readonly Claim[] = [
  {
    id: 'fedtrpo.C1',
    statement:
      'Gradient descent with η = 1/L ends within (1 − μ/L)^T of its first distance from the minimum of a quadratic.',
    source: 'To write: where the paper says so',
    kind: 'paper',
    experiments: ['descent'],
    tiers: ['quick', 'standard', 'full'],
    rule: { statistic: 'exact', words: '‖x_T‖ ≤ (1 − μ/L)^T ‖x_0‖ on every instance' },
    expect: 'supported',
    evidence: (records) =>
      exactly(
        select(records, 'descent'),
        (record) => {
          const value = number(record, 'distance') / number(record, 'bound');
          return { name: `seed ${record.seed}`, holds: value <= 1, value };
        },
        'left side over right, at most',
      ),
  },
];
