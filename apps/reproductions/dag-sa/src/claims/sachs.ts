/** Real data: the protein network, on which the paper says SHD 14 and "DAGMA fails". */
import type { CellRecord, Claim, Figure, Json } from '@assay-ml/claims';
import { at, exactly, number, paired, select } from '@assay-ml/claims/evidence';
import { ofSeed } from '../evidence.js';

const BASE = { experiments: ['sachs'], tiers: ['standard', 'full'] } as const satisfies Partial<Claim>;
const PAPER = { source: 'the paper’s real-data experiment, from its reviews', kind: 'paper' } as const;
const of = (records: readonly CellRecord[], method?: string) =>
  select(
    records,
    'sachs',
    (config) => config['rows'] === 'observational' && (method ?? config['method']) === config['method'],
  );
const named = (record: CellRecord) => {
  const { method, scale } = record.config as { method: string; scale: string };
  return `${method}, ${scale}`;
};
/** Of the edges that the paper's threshold keeps. */
const nearer = (record: CellRecord): number =>
  Math.min(number(record, 'thresholded', 'shd17'), number(record, 'thresholded', 'shd20'));
const SCALES = { raw: 'as measured', log: 'as logarithms', standardised: 'standardised' } as const;
const scaleOf = (config: Json): string => (config as { scale: string }).scale;
/** Whether two cells have the same rows in the same scaling. */
const same = (a: Json, b: Json): boolean => {
  const [one, other] = [a, b] as { scale: string; rows: string }[];
  return one!.scale === other!.scale && one!.rows === other!.rows;
};
const LIMITS =
  'The consensus graph is itself uncertain and disputed, 11 variables are few, and the version behind the paper’s number is not said: differences of two or three edges mean nothing.';

export const sachsClaims: readonly Claim[] = [
  ...(['raw', 'log', 'standardised'] as const).map((scale): Claim => ({
    ...BASE,
    id: `dag-sa.S1-${scale}`,
    statement: `On the observational Sachs data, ${SCALES[scale]}, ψDAG’s graph has a structural Hamming distance of at most 14.`,
    ...PAPER,
    rule: {
      statistic: 'exact',
      words:
        'SHD ≤ 14 against the 17-edge or the 20-edge consensus graph, edges kept by the threshold of the paper’s protocol (0.3), whatever batches are drawn',
    },
    expect: 'report',
    reason: `The paper says neither which scale nor which version of the graph its 14 is of. ${LIMITS}`,
    evidence: (records) =>
      exactly(
        of(records, 'psi-dag').filter(({ config }) => scaleOf(config) === scale),
        (record) => {
          const value = nearer(record);
          return { name: `seed ${record.seed}: ${value}`, holds: value <= 14, value };
        },
        'SHD against the nearer graph, at most',
      ),
    ...(scale === 'raw' ? { figure: distances } : {}),
  })),
  {
    ...BASE,
    id: "dag-sa.S1'",
    statement: 'ψDAG’s graph of these data is nearer to the consensus than what a random order gives.',
    source: 'whether this benchmark tells methods apart; not asked in the paper',
    kind: 'critique',
    rule: {
      statistic: 'mean-diff',
      max: 0,
      unit: 'edges',
      words:
        'SHD of ψDAG less that of a random order, edges of both kept by the threshold of 0.3, nearer consensus graph, observational and pooled (mean difference ≤ 0 in each scaling)',
    },
    expect: 'report',
    reason: LIMITS,
    evidence: (records) => {
      const random = select(records, 'sachs', ({ method }) => method === 'random-order');
      return paired(
        select(records, 'sachs', ({ method }) => method === 'psi-dag').flatMap((ours) => {
          const theirs = random.find(({ seed, config }) => seed === ours.seed && same(config, ours.config));
          return theirs === undefined ? [] : [ofSeed(ours, nearer(ours), nearer(theirs), scaleOf(ours.config))];
        }),
      );
    },
  },
  {
    ...BASE,
    id: 'dag-sa.S4',
    statement: 'DAGMA fails on the observational Sachs data.',
    ...PAPER,
    rule: {
      statistic: 'exact',
      words: 'raw, log and standardised: its graph is no nearer to a consensus graph than one without edges is',
    },
    expect: { standard: 'refuted', full: 'report' },
    reason: 'DAGMA, which needs no random number, gives a graph in each scaling, as near as that of ψDAG.',
    evidence: (records) =>
      exactly(
        of(records, 'dagma'),
        (record) => {
          const [shd17, shd20] = [number(record, 'thresholded', 'shd17'), number(record, 'thresholded', 'shd20')];
          return { name: `${named(record)}: ${shd17} and ${shd20}`, holds: shd17 >= 17 && shd20 >= 20, value: nearer(record) }; // prettier-ignore
        },
        'SHD against the nearer graph, at most',
      ),
  },
  {
    ...BASE,
    id: 'dag-sa.S2',
    statement: 'The graph that ψDAG learns from the Sachs data does not depend on the units of measurement.',
    source: 'what a user of a causal graph assumes',
    kind: 'critique',
    rule: { statistic: 'exact', words: 'at most a fifth of the edges change when the variables are standardised' },
    expect: { standard: 'refuted', full: 'report' },
    reason: 'Least squares finds directions by variances, and these depend on the units.',
    evidence: (records) =>
      exactly(
        of(records, 'psi-dag'),
        (record) => {
          const value = number(record, 'scaleSensitivity');
          return { name: `${named(record)}, seed ${record.seed}: ${value.toFixed(2)}`, holds: value <= 0.2, value };
        },
        'share of edges that change, at most',
      ),
  },
  {
    ...BASE,
    id: 'dag-sa.S3',
    statement: 'The rows are nine experiments one after the other, as the data’s description says.',
    source: 'the split into 853 and 902 rows rests on it',
    kind: 'beyond',
    rule: {
      statistic: 'exact',
      words:
        'every border between two experiments lies within two rows of the stated one, by the profile likelihood of the means of logarithms (95 % for all eight at once)',
    },
    expect: 'report',
    reason:
      'A fact about the data. The first two experiments differ so little that their border may lie several rows late: the profile is flat there.',
    evidence: (records) => {
      const [record] = of(records, 'psi-dag');
      if (record === undefined) return { kind: 'none', why: 'no finished cell of its experiment' };
      const found = at(record, 'borders') as readonly (readonly [number, number])[];
      const place = ([low, high]: readonly [number, number], k: number) => `border ${k + 1} at ${low} to ${high} rows`;
      // A set of rows that has the stated one, and others further than two rows, neither confirms nor refutes it.
      const open = found.flatMap((rows, k) => (rows[0] <= 2 && rows[1] >= -2 && !near(rows) ? [place(rows, k)] : []));
      if (open.length > 0) return { kind: 'none', why: `the data leave open: ${open.join(', ')} from the stated one` };
      return {
        kind: 'exact',
        checks: found.map((rows, k) => ({ name: place(rows, k), holds: near(rows) })),
        measured: Math.max(...found.flat().map(Math.abs)),
        unit: 'rows from the stated border, at most',
      };
    },
  },
];

/** Whether all rows of a set are within two of the stated border. */
const near = ([low, high]: readonly [number, number]): boolean => low >= -2 && high <= 2;

/** Distances of all methods to both versions of the graph. */
function distances(records: readonly CellRecord[]): Figure | null {
  const rows = select(records, 'sachs').flatMap((record) => {
    const { method, scale, rows } = record.config as { method: string; scale: string; rows: string };
    return ([17, 20] as const).map((version) => ({
      x: method,
      y: number(record, 'thresholded', `shd${version}`),
      series: scale,
      facet: `${version}-edge graph, ${rows}`,
    }));
  });
  if (rows.length === 0) return null;
  return { title: 'Distance to the consensus graph, threshold 0.3 (without any edge: 17 and 20)', mark: 'dot', x: { label: 'method', scale: 'point' }, y: { label: 'SHD, edges' }, rows }; // prettier-ignore
}
