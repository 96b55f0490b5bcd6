/** C9: identities that hold exactly. */
import type { Claim } from '@assay-ml/claims';
import { select } from '../evidence.js';

const TOLERANCE = 1e-12;

export const identities: readonly Claim[] = [
  {
    id: 'local.C9',
    statement:
      'Exact identities: LocalSGD with equal quadratic Hessians is gradient descent (T9), concave drift grows exponentially (T10), SCAFFOLD with K = 1 is minibatch SGD, and its controls are means (T11).',
    source: 'spec C9 (T9-T11, §3.4)',
    kind: 'paper',
    experiments: ['identities'],
    tiers: ['quick', 'standard', 'full'],
    rule: { statistic: 'exact', words: 'every error ≤ 1e-12 relative to max(1, ‖b‖, ‖x_0‖)' },
    expect: 'supported',
    evidence: (records) => {
      const worst = new Map<string, number>();
      for (const record of select(records, 'identities')) {
        for (const [name, error] of Object.entries(record.values['errors'] as Record<string, number>)) {
          worst.set(name, Math.max(worst.get(name) ?? 0, error));
        }
      }
      if (worst.size === 0) return { kind: 'none', why: 'no finished cell of its experiment' };
      return {
        kind: 'exact',
        checks: [...worst].map(([name, error]) => ({
          name: `${name}: ${error.toExponential(1)}`,
          holds: error <= TOLERANCE,
        })),
        measured: Math.max(...worst.values()),
        unit: 'largest relative error',
      };
    },
  },
];
