/** T1 and T2: the [measured] numbers of the specification beside ours. */
import type { CellRecord, Claim } from '@assay-ml/claims';
import { meanInterval, scalar } from '@assay-ml/numerics';
import { besideTable } from '@assay-ml/claims/evidence';
import type { RunsConfig } from '../cells/runs.js';
import { at, batches, gammaText, QUADRATIC } from '../evidence.js';
import { LEVELS } from '../methods.js';
import { SHORT } from './levels.js';
import { GAMMAS, K, PLACES, USUAL } from './quadratic.js';

/** Printed quantiles of (x_K)² of 1,000 runs of a method. */
export interface Row {
  readonly where: Partial<RunsConfig> & Pick<RunsConfig, 'gamma'>;
  readonly method: string;
  readonly quantiles: readonly number[];
  readonly printed: readonly number[];
}

/** Clipped methods have the same row with and without delay. */
const COLUMNS = [['AdaGrad'], ['AdaGradD'], ['Clip-AdaGrad', 'Clip-AdaGradD'], ['RAdaGrad'], ['RAdaGradD'], ['Clip-RAdaGrad', 'Clip-RAdaGradD']] as const; // prettier-ignore
const one = [7.3e-4, 1.6e-2, 1.7e-1, 7.6e-1];
const oneD = [9.8e-4, 2.3e-2, 5.7e-1, 8.5e2];
const oneC = [7.9e-5, 2.2e-3, 1.3e-2, 3.4e-2];

/** By γ; columns as above. */
const TABLE: readonly (readonly (readonly number[])[])[] = [
  [one, oneD, oneC, one, oneD, oneC],
  [[5.5e-4, 1.2e-2, 8.4e-2, 2.8e-1], [7.3e-4, 1.9e-2, 5.0e-1, 2.4e2], [3.6e-5, 1.1e-3, 6.3e-3, 1.6e-2], [7.3e-4, 1.6e-2, 1.7e-1, 7.6e-1], [9.6e-4, 2.3e-2, 5.2e-1, 5.8e2], [7.8e-5, 2.2e-3, 1.3e-2, 3.3e-2]],
  [[2.6e-2, 1.1e-1, 3.8e-1, 1.1], [1.4e-2, 9.5e-2, 5.5e-1, 9.6], [4.4e-6, 1.3e-4, 7.6e-4, 1.9e-3], [7.2e-4, 1.6e-2, 1.7e-1, 7.6e-1], [9.6e-4, 2.3e-2, 5.2e-1, 2.2e2], [5.3e-5, 1.5e-3, 8.4e-3, 2.1e-2]],
  [[1.2, 1.7, 2.2, 2.9], [1.2, 1.6, 2.3, 4.9], [6.0e-2, 6.8e-2, 7.5e-2, 8.2e-2], [7.1e-4, 1.6e-2, 1.6e-1, 7.5e-1], [9.0e-4, 2.2e-2, 4.5e-1, 1.7e2], [1.2e-5, 4.3e-4, 2.4e-3, 7.3e-3]],
]; // prettier-ignore

const EIGHT: readonly Row[] = GAMMAS.flatMap((gamma, i) =>
  COLUMNS.flatMap((methods, c) =>
    methods.map((method) => ({
      where: { set: 'eight', gamma, steps: K, curves: true } as const,
      method,
      quantiles: [0.1, 0.5, 0.9, 0.99],
      printed: TABLE[i]![c]!,
    })),
  ),
);

const rows = (
  where: Row['where'],
  quantiles: readonly number[],
  printed: Readonly<Record<string, readonly number[]>>,
) => Object.entries(printed).map(([method, values]): Row => ({ where, method, quantiles, printed: values }));

const UPPER = [0.5, 0.9, 0.99];

/** The facts beside the table: both places, twins, the usual Adam, medians by level. */
export const FACTS: readonly Row[] = [
  ...rows({ set: 'places', ...PLACES }, UPPER, {
    AdaGrad: [2.4e-1, 6.5e-1, 1.7],
    'Clip-AdaGrad': [1.8e-4, 1.1e-3, 2.4e-3],
    'direction only': [2.1, 2.7, 3.3],
    'accumulator only': [2.6e-2, 3.2e-1, 7.6],
  }),
  ...rows({ set: 'twins', ...PLACES }, UPPER, {
    'M-AdaGrad': [2.7e-1, 7.4e-1, 1.9],
    'Clip-M-AdaGrad': [1.9e-4, 1.1e-3, 2.4e-3],
    Adam: [2.3e-1, 6.5e-1, 1.7],
    'Clip-Adam': [2.4e-4, 1.3e-3, 3.2e-3],
  }),
  ...rows({ set: 'usual', ...USUAL }, [0.9], { Adam: [1.46], 'Clip-Adam': [0.157] }),
  ...[4.9e-1, 5.5e-2, 2.6e-3, 1.3e-3, 2.4e-3, 7.9e-3, 3.6e-2, 1.8e-1, 4.2e-1, 5.0e-1].flatMap((median, k) =>
    rows({ set: 'levels', ...SHORT }, [0.5], { [String(LEVELS[k])]: [median] }),
  ),
];

/** The 99 % prediction interval of one more batch's quantile, on the log scale: mean ± t·s·√(1 + 1/n). */
export function prediction(logs: readonly number[]): { centre: number; low: number; high: number } {
  const { value, interval } = meanInterval(logs, { level: 0.99 });
  const half = (interval[1] - value) * Math.sqrt(logs.length + 1);
  return { centre: value, low: value - half, high: value + half };
}

/** Half a unit of the last printed digit; two are printed at least. */
export function halfUnit(printed: number): number {
  const [mantissa, exponent] = printed.toExponential().split('e') as [string, string];
  return 0.5 * scalar.pow(10, Number(exponent) - Math.max(1, mantissa.length - 2));
}

function entries(records: readonly CellRecord[], table: readonly Row[]) {
  return table.flatMap(({ where, method, quantiles, printed }) => {
    const chosen = batches(records, { ...QUADRATIC, ...where });
    return quantiles.map((q, k) => {
      const wanted = printed[k]!;
      const { centre, low, high } = prediction(chosen.map((r) => scalar.log(at(q, method)(r))));
      const inside = scalar.log(wanted + halfUnit(wanted)) >= low && scalar.log(wanted - halfUnit(wanted)) <= high;
      const facet = `${where.set === 'levels' ? 'L = ' : ''}${method}, γ = ${gammaText(where.gamma)}`;
      return { facet, q, wanted, inside, ours: scalar.exp(centre), low: scalar.exp(low), high: scalar.exp(high) };
    });
  });
}

const claim = (id: string, statement: string, table: readonly Row[]): Claim => ({
  id: `clip-adagrad.${id}`,
  statement,
  source: 'spec §5.1 [measured]; not values of the paper, whose figures were not found',
  kind: 'beyond',
  experiments: ['runs'],
  tiers: ['quick', 'standard', 'full'],
  rule: {
    statistic: 'exact',
    words: 'at most 5 % of the quantiles outside the 99 % prediction interval of one more batch (Student’s t on logs, half a printed unit allowed)', // prettier-ignore
  },
  expect: 'supported',
  evidence(records) {
    const all = entries(records, table);
    const outside = all.filter(({ inside }) => !inside);
    const list = outside.map(({ facet, q, wanted, low, high }) => `${facet}, ${q * 100} %: ${wanted} against ${low.toPrecision(2)} … ${high.toPrecision(2)}`); // prettier-ignore
    return {
      kind: 'exact',
      checks: [
        {
          name: `${outside.length} of ${all.length} outside${list.length ? ` (${list.join('; ')})` : ''}`,
          holds: outside.length <= 0.05 * all.length,
        },
      ],
      measured: outside.length,
      unit: `of ${all.length} outside`,
    };
  },
  figure: (records) => ({
    title: `${statement} Bars are prediction intervals`,
    mark: 'dot',
    x: { label: 'quantile', scale: 'point' },
    y: { label: '(x_K)²', scale: 'log' },
    rows: entries(records, table).flatMap(({ facet, q, wanted, ours, low, high }) => [
      { x: `${q * 100} %`, y: ours, low, high, series: 'here', facet },
      { x: `${q * 100} %`, y: wanted, series: 'reference', facet },
    ]),
  }),
  table: (records) =>
    besideTable(
      'Quantiles of (x_K)², ours beside the reference',
      entries(records, table).map(({ facet, q, wanted, ours, low, high, inside }) => ({
        setting: `${facet}, ${q * 100} %`,
        reference: wanted,
        ours,
        interval: [low, high],
        inside,
      })),
    ),
});

export const reference: readonly Claim[] = [
  claim('T1', 'The reference quantiles of the eight methods are those of a batch of ours.', EIGHT),
  claim('T2', 'So are those of clipping in one place, of momentum and Adam, and of the levels.', FACTS),
];
