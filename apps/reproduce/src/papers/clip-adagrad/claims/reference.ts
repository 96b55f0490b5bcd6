/** T1: the reference table of the eight methods beside ours. */
import type { CellRecord, Claim } from '@assay-ml/claims';
import { at, batches, gammaText, QUADRATIC } from '../evidence.js';
import { GAMMAS, K } from './quadratic.js';

const QUANTILES = [0.1, 0.5, 0.9, 0.99] as const;
const COLUMNS = ['AdaGrad', 'AdaGradD', 'Clip-AdaGrad', 'RAdaGrad', 'RAdaGradD', 'Clip-RAdaGrad'] as const;
const one = [7.3e-4, 1.6e-2, 1.7e-1, 7.6e-1];
const oneD = [9.8e-4, 2.3e-2, 5.7e-1, 8.5e2];
const oneC = [7.9e-5, 2.2e-3, 1.3e-2, 3.4e-2];

/** Quantiles of (x_K)² of 1,000 runs, [measured], by γ; columns as above. */
const TABLE: readonly (readonly (readonly number[])[])[] = [
  [one, oneD, oneC, one, oneD, oneC],
  [[5.5e-4, 1.2e-2, 8.4e-2, 2.8e-1], [7.3e-4, 1.9e-2, 5.0e-1, 2.4e2], [3.6e-5, 1.1e-3, 6.3e-3, 1.6e-2], [7.3e-4, 1.6e-2, 1.7e-1, 7.6e-1], [9.6e-4, 2.3e-2, 5.2e-1, 5.8e2], [7.8e-5, 2.2e-3, 1.3e-2, 3.3e-2]],
  [[2.6e-2, 1.1e-1, 3.8e-1, 1.1], [1.4e-2, 9.5e-2, 5.5e-1, 9.6], [4.4e-6, 1.3e-4, 7.6e-4, 1.9e-3], [7.2e-4, 1.6e-2, 1.7e-1, 7.6e-1], [9.6e-4, 2.3e-2, 5.2e-1, 2.2e2], [5.3e-5, 1.5e-3, 8.4e-3, 2.1e-2]],
  [[1.2, 1.7, 2.2, 2.9], [1.2, 1.6, 2.3, 4.9], [6.0e-2, 6.8e-2, 7.5e-2, 8.2e-2], [7.1e-4, 1.6e-2, 1.6e-1, 7.5e-1], [9.0e-4, 2.2e-2, 4.5e-1, 1.7e2], [1.2e-5, 4.3e-4, 2.4e-3, 7.3e-3]],
]; // prettier-ignore

/** Student's t, two-sided 99 %, at 4 and at 19 degrees of freedom: 5 and 20 batches. */
const T99: Readonly<Record<number, number>> = { 4: 4.604, 19: 2.861 };

/** The 99 % prediction interval of one more batch's quantile, on the log scale. */
export function prediction(logs: readonly number[]): { low: number; high: number } | null {
  const n = logs.length;
  const t = T99[n - 1];
  if (t === undefined) return null;
  const mean = logs.reduce((sum, v) => sum + v, 0) / n;
  const deviation = Math.sqrt(logs.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1));
  const half = t * deviation * Math.sqrt(1 + 1 / n);
  return { low: mean - half, high: mean + half };
}

/** Half a unit of the second digit. */
const half = (value: number) => 0.05 * 10 ** Math.floor(Math.log10(value));

function entries(records: readonly CellRecord[]) {
  return GAMMAS.flatMap((gamma, i) => {
    const chosen = batches(records, { ...QUADRATIC, set: 'eight', gamma, steps: K, curves: true });
    return COLUMNS.flatMap((method, c) =>
      QUANTILES.map((q, k) => {
        const wanted = TABLE[i]![c]![k]!;
        const logs = chosen.map((r) => Math.log(at(q, method)(r)));
        const bounds = prediction(logs);
        const inside = bounds !== null && Math.log(wanted + half(wanted)) >= bounds.low && Math.log(wanted - half(wanted)) <= bounds.high; // prettier-ignore
        const ours = Math.exp(logs.reduce((sum, v) => sum + v, 0) / logs.length);
        return { name: `γ = ${gammaText(gamma)}, ${method}, ${q * 100} %: ${ours.toPrecision(2)} beside ${wanted}`, inside, ours, wanted }; // prettier-ignore
      }),
    );
  });
}

export const reference: readonly Claim[] = [
  {
    id: 'clip-adagrad.T1',
    statement: 'The reference quantiles of the eight methods, of 1,000 runs each, are those of a batch of ours.',
    source: 'spec §5.1 [measured]; not values of the paper, whose figures were not found',
    kind: 'beyond',
    experiments: ['runs'],
    tiers: ['quick', 'standard', 'full'],
    rule: {
      statistic: 'exact',
      words: 'at most 5 % of the 96 quantiles outside the 99 % prediction interval of one more batch (Student’s t on logs, half a printed unit allowed)', // prettier-ignore
    },
    expect: 'report',
    reason: 'the reference has seeds of its own',
    evidence(records) {
      const all = entries(records);
      const outside = all.filter(({ inside }) => !inside);
      return {
        kind: 'exact',
        checks: [
          {
            name: `${outside.length} of ${all.length} outside${outside.length ? `: ${outside.map(({ name }) => name).join('; ')}` : ''}`,
            holds: outside.length <= 0.05 * all.length,
          },
        ],
        measured: outside.length,
        unit: `of ${all.length} outside`,
      };
    },
    figure: (records) => ({
      title: 'The reference quantiles of (x_K)² beside ours',
      mark: 'dot',
      x: { label: 'reference', scale: 'log' },
      y: { label: 'ours', scale: 'log' },
      rows: entries(records).map(({ wanted, ours }) => ({ x: wanted, y: ours, series: 'quantile' })),
    }),
  },
];
