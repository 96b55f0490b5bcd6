/** C9: identities that hold exactly. */
import type { CellRecord, Claim } from '@assay-ml/claims';
import { select } from '@assay-ml/claims/evidence';

const TOLERANCE = 1e-12;

/** The largest error of each identity over all instances. */
function worst(records: readonly CellRecord[]): [string, number][] {
  const errors = new Map<string, number>();
  for (const record of select(records, 'identities')) {
    for (const [name, error] of Object.entries(record.values['errors'] as Record<string, number>)) {
      errors.set(name, Math.max(errors.get(name) ?? 0, error));
    }
  }
  return [...errors];
}

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
    reference: 'T10: −1.41920296, 1.41920296, −2.83840591, 2.83840591 for b = 1, −1, 2, −2',
    evidence: (records) => {
      const errors = worst(records);
      if (errors.length === 0) return { kind: 'none', why: 'no finished cell of its experiment' };
      return {
        kind: 'exact',
        checks: errors.map(([name, error]) => ({
          name: `${name}: ${error.toExponential(1)}`,
          holds: error <= TOLERANCE,
        })),
        measured: Math.max(...errors.map(([, error]) => error)),
        unit: 'largest relative error',
      };
    },
    figure: (records) => {
      const errors = worst(records);
      if (errors.length === 0) return null;
      return {
        title: 'How far the identities are from exact',
        mark: 'dot',
        x: { label: 'relative error', scale: 'log' },
        y: { label: 'identity', scale: 'point' },
        // On a log axis an error of 0 stands at the smallest step of doubles around 1.
        rows: errors.map(([name, error]) => ({ x: Math.max(error, 2 ** -53), y: name })),
        rules: [{ axis: 'x', at: TOLERANCE, label: 'tolerance' }],
      };
    },
  },
];
