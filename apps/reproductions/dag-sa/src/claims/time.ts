/** C4 and C5: how long it takes. Times are the cells' own wall times, so they are no part of the result's hash. */
import type { CellRecord, Claim, Figure, Tier } from '@assay-ml/claims';
import { logLogSlope, mean } from '@assay-ml/numerics';
import { at, select } from '@assay-ml/claims/evidence';
import { grouped } from '../evidence.js';
import { CAP } from '../cells/race.js';
import { WORK } from '../cells/scaling.js';

const EVERY: readonly Tier[] = ['quick', 'standard', 'full'];
const LARGE: readonly Tier[] = ['standard', 'full'];

/** Seconds of one piece of work against d. */
function points(records: readonly CellRecord[], works: readonly string[]) {
  return select(records, 'scaling', ({ work }) => works.includes(work as string)).map((record) => {
    const { work, d, repeats } = record.config as { work: string; d: number; repeats: number };
    return { block: `${work} ${record.seed}`, x: d, y: record.seconds / repeats, part: work };
  });
}

const scaling = (records: readonly CellRecord[], works: readonly string[]) => {
  const found = points(records, works);
  return found.length === 0
    ? ({ kind: 'none', why: 'no finished cell of its experiment' } as const)
    : ({ kind: 'points', points: found } as const);
};

/** Mean and range of the times at each size; each series says its fitted exponent. */
function times(records: readonly CellRecord[]): Figure | null {
  const rows = grouped(points(records, WORK), ({ part }) => [part]).flatMap((own) => {
    const { value, interval: [low, high] } = logLogSlope(own.map(({ x }) => x), own.map(({ y }) => y)); // prettier-ignore
    const series = `${own[0]!.part}: d^${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
    return grouped(own, ({ x }) => [x]).map((at) => {
      const seconds = at.map(({ y }) => y);
      return { x: at[0]!.x, y: mean(seconds), low: Math.min(...seconds), high: Math.max(...seconds), series };
    });
  });
  if (rows.length === 0) return null;
  return {
    title: 'Wall time over size, with fitted exponents and their 95 % intervals',
    mark: 'line',
    x: { label: 'size d, nodes', scale: 'log' },
    y: { label: 'time of one, seconds', scale: 'log' },
    rows,
  };
}

export const timeClaims: readonly Claim[] = [
  {
    id: 'dag-sa.C4',
    statement: 'A projection and a step of ψDAG take time in d².',
    source: 'abstract; spec C4',
    kind: 'paper',
    experiments: ['scaling'],
    tiers: EVERY,
    rule: { statistic: 'slope', max: 2.3, words: 'slope of log seconds on log d at most 2.3, for each, d ≥ 200' },
    expect: 'report',
    reason: 'Wall times of a machine that does other things too.',
    evidence: (records) => scaling(records, ['projection', 'step']),
    figure: times,
  },
  {
    id: "dag-sa.C4'",
    statement: 'An iteration of NOTEARS, GOLEM and DAGMA takes time in d³.',
    source: 'what the paper compares with; spec C4',
    kind: 'paper',
    experiments: ['scaling'],
    tiers: LARGE,
    rule: {
      statistic: 'slope',
      min: 2.5,
      words: 'slope of log seconds on log d at least 2.5, for each, d from 100 to 400',
    },
    expect: 'report',
    reason: 'Wall times of a machine that does other things too.',
    evidence: (records) => scaling(records, ['notears', 'golem', 'dagma']),
  },
  ...(['notears', 'dagma'] as const).map((other): Claim => ({
    id: `dag-sa.C5-${other}`,
    statement: `ψDAG comes within 0.1 f* of the optimum in less time than ${other === 'notears' ? 'NOTEARS' : 'DAGMA'} takes, ER2, d = 100.`,
    source: 'the paper’s claim of speed; spec C5',
    kind: 'paper',
    experiments: ['race'],
    tiers: LARGE,
    rule: {
      statistic: 'log-ratio',
      max: 0,
      words: `wall time of ψDAG to the gap over that of the other’s run, stopped after ${CAP} s (mean log10 ratio ≤ 0)`,
    },
    expect: { standard: 'supported', full: 'report' },
    reason: 'A run that was stopped enters with the time it had, to its advantage.',
    evidence: (records) => race(records, other),
    figure: (records) => racers(records),
  })),
  {
    id: "dag-sa.C5'",
    statement: 'ψDAG gets there before a sort by variance and a regression do.',
    source: 'the baseline that the paper leaves out',
    kind: 'critique',
    experiments: ['race'],
    tiers: LARGE,
    rule: {
      statistic: 'log-ratio',
      max: 0,
      words: 'wall time of ψDAG to the gap over that of sortnregress (mean log10 ratio ≤ 0)',
    },
    expect: { standard: 'refuted', full: 'report' },
    reason: 'A sort and one factorisation of the covariance of 5,000 rows take milliseconds.',
    evidence: (records) => race(records, 'sortnregress'),
  },
];

/** Runs to the gap, without the points of ψDAG's curve. */
const races = (records: readonly CellRecord[]) => select(records, 'race', ({ gradients }) => gradients === undefined);

function race(records: readonly CellRecord[], other: string) {
  const of = (method: string) =>
    races(records).filter((record) => (record.config as { method: string }).method === method);
  const rivals = of(other);
  const pairs = of('psi-dag').flatMap((ours) => {
    const rival = rivals.find(({ seed }) => seed === ours.seed);
    // One that never got there has lost, however soon it stopped.
    if (rival === undefined) return [];
    const a = at(ours, 'reached') === true ? ours.seconds : Infinity;
    return [{ block: String(ours.seed), a: Math.min(a, 1e6), b: rival.seconds }];
  });
  return pairs.length === 0
    ? ({ kind: 'none', why: 'no finished cell of its experiment' } as const)
    : ({ kind: 'paired', pairs } as const);
}

function racers(records: readonly CellRecord[]): Figure | null {
  const rows = races(records).map((record) => {
    const { method } = record.config as { method: string };
    const capped = at(record, 'capped') === true;
    return { x: method, y: record.seconds, series: capped ? `stopped: > ${CAP} s` : at(record, 'reached') === true ? 'reached 0.1 f*' : 'ended above 0.1 f*' }; // prettier-ignore
  });
  if (rows.length === 0) return null;
  return {
    title: 'Wall time to a gap of 0.1 f*, ER2, d = 100',
    mark: 'dot',
    x: { label: 'method', scale: 'point' },
    y: { label: 'time, seconds', scale: 'log' },
    rows,
  };
}
