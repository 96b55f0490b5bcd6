/** C4 and C9: what holds without chance. */
import { scalar } from '@assay-ml/numerics';
import type { CellRecord, Claim, Json } from '@assay-ml/claims';

type Row = Readonly<Record<string, number>>;
const rows = (records: readonly CellRecord[], table: string): Row[] => {
  const [record] = records.filter((r) => r.experiment === 'lower-bounds' && r.status === 'done');
  if (!record) throw new TypeError('evidence: the cell of lower-bounds is not finished.');
  return record.values[table] as unknown as Row[];
};

/** Least-squares slope of log y on log x. */
function slope(points: readonly (readonly [number, number])[]): number {
  const logs = points.map(([x, y]) => [scalar.log(x), scalar.log(y)] as const);
  const [mx, my] = [0, 1].map((k) => logs.reduce((sum, p) => sum + p[k]!, 0) / logs.length) as [number, number];
  const cross = logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  return cross / logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}

/** [measured] steps needed, at the tables' δ and ε. */
const REFERENCE: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  first: {
    bound: [13.7, 43.1, 135.9, 429.4, 1357.7],
    AdaGrad: [46, 144, 453, 1430, 4520],
    'M-AdaGrad': [55, 153, 462, 1439, 4530],
    'Clip-AdaGrad': [14, 14, 14, 14, 14],
    'Clip-M-AdaGrad': [23, 23, 23, 23, 23],
  },
  accuracy: { AdaGrad: [128, 453, 1478, 4722] },
  last: { AdaGradD: [58, 187, 594, 1883], 'Clip-AdaGradD': [19, 19, 19, 19] },
};

/** What comes first and last is the noise. */
const TABLES: Readonly<Record<string, string>> = {
  first: 'noise first, by δ',
  accuracy: 'noise first, by ε',
  last: 'noise last, by δ',
};

/** Largest deviation from 0 that rounding explains in some hundred steps. */
const ROUNDING = 1e-12;

export const exact: readonly Claim[] = [
  {
    id: 'clip-adagrad.C4',
    statement:
      'On instances with bounded variance the steps that unclipped methods need grow like δ^(−1/2); clipped ones do not feel δ.',
    source: 'Theorem 1; self-contained instances of spec §4.1 and §4.2',
    kind: 'paper',
    experiments: ['lower-bounds'],
    tiers: ['quick', 'standard', 'full'],
    rule: {
      statistic: 'exact',
      words:
        'slope of log K on log 1/δ in [0.45, 0.55] without clipping and at most 0.02 with; in ε within [0.45, 0.55]; AdaGrad never needs fewer steps than the bound; every table entry equals the reference',
    },
    expect: 'supported',
    reference: Object.entries(REFERENCE)
      .flatMap(([table, columns]) =>
        Object.entries(columns).map(([name, steps]) => `${TABLES[table]}, ${name}: ${steps.join(', ')}`),
      ) // prettier-ignore
      .join('; '),
    evidence(records) {
      const named = (table: string, name: string, x: string) => slope(rows(records, table).map((row) => [1 / row[x]!, row[name]!])); // prettier-ignore
      const slopes: [string, number, boolean][] = [
        ...['AdaGrad', 'M-AdaGrad'].map((name): [string, number, boolean] => [
          name,
          named('first', name, 'delta'),
          false,
        ]),
        ...['Clip-AdaGrad', 'Clip-M-AdaGrad'].map((name): [string, number, boolean] => [name, named('first', name, 'delta'), true]), // prettier-ignore
        ['AdaGradD, best γ', named('last', 'AdaGradD', 'delta'), false],
        ['Clip-AdaGradD, best γ', named('last', 'Clip-AdaGradD', 'delta'), true],
        ['AdaGrad in 1/ε', named('accuracy', 'AdaGrad', 'eps'), false],
      ];
      return {
        kind: 'exact',
        checks: [
          ...slopes.map(([name, value, clipped]) => ({
            name: `${name}: slope ${value.toFixed(3)}`,
            holds: clipped ? Math.abs(value) <= 0.02 : value >= 0.45 && value <= 0.55,
          })),
          ...rows(records, 'first').map(({ delta, bound, AdaGrad }) => ({
            name: `δ = ${delta}: ${AdaGrad} steps, bound ${bound!.toFixed(1)}`,
            holds: AdaGrad! >= bound!,
          })),
          ...Object.entries(REFERENCE).flatMap(([table, columns]) =>
            Object.entries(columns).map(([name, wanted]) => ({
              name: `${table}: ${name} ${rows(records, table).map((row) => row[name]).join(', ')}`, // prettier-ignore
              holds: wanted.every((value, k) => Number(rows(records, table)[k]![name]!.toFixed(1)) === value),
            })),
          ),
        ],
        measured: slopes[0]![1],
        unit: 'slope of AdaGrad',
      };
    },
    figure: (records) => ({
      title: 'Steps needed on the lower-bound instances, the worse sign of the noise',
      mark: 'line',
      x: { label: '1/δ', scale: 'log' },
      y: { label: 'steps', scale: 'log' },
      rows: [
        ...['AdaGrad', 'M-AdaGrad', 'Clip-AdaGrad', 'bound'].flatMap((series) =>
          rows(records, 'first').map((row) => ({
            x: 1 / row['delta']!,
            y: row[series]!,
            series,
            facet: 'noise first',
          })),
        ),
        ...['AdaGradD', 'Clip-AdaGradD'].flatMap(
          (series) =>
          rows(records, 'last').map((row) => ({ x: 1 / row['delta']!, y: row[series]!, series, facet: 'noise last, best γ' })), // prettier-ignore
        ),
      ],
    }),
  },
  {
    id: 'clip-adagrad.C9',
    statement: 'The identities and bounds I1 to I6 of the family hold along heavy-tailed gradients.',
    source: 'derived; spec §4.3',
    kind: 'beyond',
    experiments: ['identities'],
    tiers: ['quick', 'standard', 'full'],
    rule: { statistic: 'exact', words: 'I1 and I4 to the last bit (η is a power of two), I2, I3, I5, I6 up to 1e-12' },
    expect: 'supported',
    evidence(records) {
      const done = records.filter((r) => r.experiment === 'identities' && r.status === 'done');
      const worst = (name: string) => Math.max(...done.map(({ values }) => values[name] as Json as number));
      const names = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6'];
      return {
        kind: 'exact',
        checks: names.map((name) => ({
          name: `${name}: ${worst(name).toExponential(1)}`,
          holds: worst(name) <= (name === 'I1' || name === 'I4' ? 0 : ROUNDING),
        })),
        measured: Math.max(...names.map(worst)),
        unit: 'largest violation',
      };
    },
  },
];
