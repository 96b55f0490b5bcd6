/** C8: how fast quantiles of the error grow in 1/δ: the logarithm of a bound in high probability, or a power. */
import type { CellRecord, Claim, Evidence } from '@assay-ml/claims';
import type { RunsConfig } from '../cells/runs.js';
import { batches, errors, pooled, QUADRATIC } from '../evidence.js';
import { quantile } from '@assay-ml/numerics';

export const SLOPES = { set: 'eight', gamma: 1, steps: 2000 } as const;
/** A step size at which AdaGrad has not converged. */
export const SMALL = { ...SLOPES, gamma: 1 / 16 } as const;
/** 20,000 runs in every tier. */
export const SLOPE_BATCHES = 20;
const DELTAS = [0.1, 0.01, 0.001] as const;
/** Batches of a block: 4,000 runs, of which four lie above the quantile at δ = 0.001. */
const GROUP = 4;

function points(
  records: readonly CellRecord[],
  method: string,
  part = '',
  where: Pick<RunsConfig, 'set' | 'gamma' | 'steps'> = SLOPES,
): Extract<Evidence, { kind: 'points' }>['points'] {
  const chosen = batches(records, { ...QUADRATIC, ...where });
  const groups = Array.from({ length: Math.ceil(chosen.length / GROUP) }, (_, k) =>
    chosen.slice(GROUP * k, GROUP * (k + 1)),
  );
  return groups.flatMap((group, k) => {
    const all = group.flatMap((r) => [...errors(r, method)]); // prettier-ignore
    return DELTAS.map((delta) => ({ block: String(k), x: 1 / delta, y: quantile(all, 1 - delta), ...(part ? { part } : {}) })); // prettier-ignore
  });
}

const common = {
  source: 'Theorems 2 to 4 against Theorem 1; spec C8',
  kind: 'paper',
  experiments: ['runs'],
  tiers: ['quick', 'standard', 'full'],
} as const;

export const slopes: readonly Claim[] = [
  {
    ...common,
    id: 'clip-adagrad.C8a',
    statement: 'Quantiles of the clipped methods grow slowly in 1/δ.',
    rule: { statistic: 'slope', max: 0.35, words: 'slope of log quantile on log 1/δ at δ = 0.1, 0.01, 0.001 below 0.35 (γ = 1, K = 2,000)' }, // prettier-ignore
    expect: 'supported',
    reference: { value: 0.3, words: '0.999-quantile 0.105' },
    evidence: (records) => ({ kind: 'points', points: ['Clip-AdaGrad', 'Clip-AdaGradD'].flatMap((name) => points(records, name, name)) }), // prettier-ignore
    figure: (records) => {
      const chosen = batches(records, { ...QUADRATIC, ...SLOPES });
      return {
        title: 'Quantiles of (x_K)² over 20,000 runs, γ = 1, K = 2,000',
        mark: 'line',
        x: { label: '1/δ', scale: 'log' },
        y: { label: '(1 − δ)-quantile of (x_K)²', scale: 'log' },
        rows: ['AdaGrad', 'AdaGradD', 'Clip-AdaGrad', 'Clip-AdaGradD'].flatMap(
          (series) =>
          [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001].map((delta) => ({ x: 1 / delta, y: pooled(chosen, 1 - delta, series), series })), // prettier-ignore
        ),
      };
    },
  },
  {
    ...common,
    id: 'clip-adagrad.C8b',
    statement: 'Quantiles of AdaGradD grow like a power of 1/δ above 1.',
    rule: { statistic: 'slope', min: 1, words: 'slope of log quantile on log 1/δ above 1 (γ = 1, K = 2,000)' },
    expect: 'supported',
    reference: { value: 2.18, words: '0.999-quantile 5.4e4' },
    evidence: (records) => ({ kind: 'points', points: points(records, 'AdaGradD') }),
  },
  {
    ...common,
    id: 'clip-adagrad.C8c',
    statement: 'Quantiles of AdaGrad grow faster in 1/δ than those of Clip-AdaGrad.',
    rule: { statistic: 'slope', min: 0, words: 'slope of log (quantile of AdaGrad over that of Clip-AdaGrad) on log 1/δ above 0 (γ = 1, K = 2,000)' }, // prettier-ignore
    expect: 'supported',
    reference: '0.41 against 0.30',
    evidence(records) {
      const clipped = points(records, 'Clip-AdaGrad');
      return { kind: 'points', points: points(records, 'AdaGrad').map((point, k) => ({ ...point, y: point.y / clipped[k]!.y })) }; // prettier-ignore
    },
  },
  {
    ...common,
    id: 'clip-adagrad.C8-small',
    tiers: ['standard', 'full'],
    statement: 'At γ = 1/16, too, quantiles of AdaGradD grow faster in 1/δ than those of Clip-AdaGrad.',
    rule: { statistic: 'slope', min: 0, words: 'slope of log (quantile of AdaGradD over that of Clip-AdaGrad) on log 1/δ above 0 (γ = 1/16, K = 2,000)' }, // prettier-ignore
    expect: 'report',
    reason: 'AdaGrad and AdaGradD have not converged at this step size: their median is as bad as their tail',
    reference: '1.12 (AdaGradD), 0.21 (AdaGrad), 0.22 (Clip-AdaGrad)',
    evidence(records) {
      const clipped = points(records, 'Clip-AdaGrad', '', SMALL);
      return { kind: 'points', points: points(records, 'AdaGradD', '', SMALL).map((point, k) => ({ ...point, y: point.y / clipped[k]!.y })) }; // prettier-ignore
    },
  },
];
