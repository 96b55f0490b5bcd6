/** Real data: the protein network, on which the paper says SHD 14 and "DAGMA fails". */
import type { CellRecord, Claim, Tier } from '@assay-ml/claims';
import { at, exactly, list, number, select } from '../evidence.js';

const LARGE: readonly Tier[] = ['standard', 'full'];
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
const LIMITS =
  'The consensus graph is itself uncertain and disputed, 11 variables are few, and the version behind the paper’s number is not said: differences of two or three edges mean nothing.';

export const sachsClaims: readonly Claim[] = [
  {
    id: 'dag-sa.S1',
    statement: 'On the observational Sachs data ψDAG’s graph has a structural Hamming distance of at most 14.',
    source: 'the paper’s real-data experiment, from its reviews',
    kind: 'paper',
    experiments: ['sachs'],
    tiers: LARGE,
    rule: {
      statistic: 'exact',
      words: 'SHD ≤ 14 against the 17-edge or the 20-edge consensus graph, raw, log and standardised',
    },
    expect: 'report',
    reason: LIMITS,
    evidence: (records) =>
      exactly(
        of(records, 'psi-dag'),
        (record) => {
          const value = Math.min(number(record, 'shd17'), number(record, 'shd20'));
          return { name: `${named(record)}: ${value}`, holds: value <= 14, value };
        },
        'SHD against the nearer graph, at most',
      ),
    figure: (records) => {
      const rows = of(records).flatMap((record) =>
        ([17, 20] as const).map((version) => ({
          x: (record.config as { method: string }).method,
          y: number(record, `shd${version}`),
          series: (record.config as { scale: string }).scale,
          facet: `${version}-edge graph`,
        })),
      );
      if (rows.length === 0) return null;
      return { title: 'Distance to the consensus graph', mark: 'dot', x: { label: 'method', scale: 'point' }, y: { label: 'SHD' }, rows }; // prettier-ignore
    },
  },
  {
    id: 'dag-sa.S2',
    statement: 'The graph that ψDAG learns from the Sachs data does not depend on the units of measurement.',
    source: 'what a user of a causal graph assumes',
    kind: 'critique',
    experiments: ['sachs'],
    tiers: LARGE,
    rule: { statistic: 'exact', words: 'at most a fifth of the edges change when the variables are standardised' },
    expect: 'report',
    reason: LIMITS,
    evidence: (records) =>
      exactly(
        of(records, 'psi-dag'),
        (record) => {
          const value = number(record, 'scaleSensitivity');
          return { name: `${named(record)}: ${value.toFixed(2)}`, holds: value <= 0.2, value };
        },
        'share of edges that change, at most',
      ),
  },
  {
    id: 'dag-sa.S3',
    statement: 'The rows are nine experiments one after the other, as the data’s description says.',
    source: 'the split into 853 and 902 rows rests on it',
    kind: 'beyond',
    experiments: ['sachs'],
    tiers: LARGE,
    rule: {
      statistic: 'exact',
      words: 'each border is within two rows of the split that separates the means of logarithms best',
    },
    expect: 'report',
    reason: 'Reported until a pilot has run.',
    evidence: (records) =>
      exactly(
        of(records, 'psi-dag').slice(0, 1),
        (record) => {
          const value = Math.max(...list(record, 'changePoints').map(Math.abs));
          return { name: `off by ${JSON.stringify(at(record, 'changePoints'))} rows`, holds: value <= 2, value };
        },
        'rows off, at most',
      ),
  },
];
