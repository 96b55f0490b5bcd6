/** C4 and C5: how long it takes. Times are the processor's on a cell, so they are no part of the result's hash. */
import type { CellRecord, Claim, Evidence, Figure, Tier } from '@assay-ml/claims';
import { logLogSlope, mean } from '@assay-ml/numerics';
import { at, select } from '@assay-ml/claims/evidence';
import { grouped, processorSeconds } from '../evidence.js';
import { CAP } from '../cells/race.js';
import { WORK } from '../cells/scaling.js';

const EVERY: readonly Tier[] = ['quick', 'standard', 'full'];
const LARGE: readonly Tier[] = ['standard', 'full'];

/** Cells of some work. */
const cellsOf = (records: readonly CellRecord[], works: readonly string[]) =>
  select(records, 'scaling', ({ work }) => works.includes(work as string));

/** Seconds of one piece of work against d; a block is a seed, one curve over the sizes. */
const points = (cells: readonly CellRecord[]) =>
  cells.flatMap((record) => {
    const seconds = processorSeconds(record);
    const { work, d, repeats } = record.config as { work: string; d: number; repeats: number };
    return seconds === null ? [] : [{ block: String(record.seed), x: d, y: seconds / repeats, part: work }];
  });

/** Evidence from times, or why there is none. */
function timed(cells: readonly CellRecord[], evidence: () => Evidence): Evidence {
  if (cells.length === 0) return { kind: 'none', why: 'no finished cell of its experiment' };
  return cells.some((cell) => processorSeconds(cell) === null) ? UNTIMED : evidence();
}

/** Wall times are no substitute: they say what else the machine did. */
const UNTIMED: Evidence = { kind: 'none', why: 'its cells were kept without the processor’s time; run them anew' };

const scaling = (records: readonly CellRecord[], works: readonly string[]): Evidence => {
  const cells = cellsOf(records, works);
  return timed(cells, () => ({ kind: 'points', points: points(cells) }));
};

/** Mean and range of the times at each size; each series says its fitted exponent. */
function times(records: readonly CellRecord[]): Figure | null {
  const rows = grouped(points(cellsOf(records, WORK)), ({ part }) => [part]).flatMap((own) => {
    const { value, interval: [low, high] } = logLogSlope(own.map(({ x }) => x), own.map(({ y }) => y)); // prettier-ignore
    const series = `${own[0]!.part}: d^${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
    return grouped(own, ({ x }) => [x]).map((at) => {
      const seconds = at.map(({ y }) => y);
      return { x: at[0]!.x, y: mean(seconds), low: Math.min(...seconds), high: Math.max(...seconds), series };
    });
  });
  if (rows.length === 0) return null;
  return {
    title: 'Processor time over size, with fitted exponents and their 95 % intervals',
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
    rule: {
      statistic: 'slope',
      max: 2.3,
      words: 'slope of log processor seconds on log d at most 2.3, for each, d ≥ 200',
    },
    expect: 'report',
    reason: 'Caches and vector units are in these times, too: they are one machine’s.',
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
      words: 'slope of log processor seconds on log d at least 2.5, for each, d from 100 to 400',
    },
    expect: 'report',
    reason: 'Caches and vector units are in these times, too: they are one machine’s.',
    evidence: (records) => scaling(records, ['notears', 'golem', 'dagma']),
  },
  ...(['notears', 'dagma'] as const).map((other): Claim => ({
    id: `dag-sa.C5-${other}`,
    statement: `ψDAG, which alone is stopped by an oracle that knows f*, comes within 0.1 f* of the optimum in less time than ${other === 'notears' ? 'NOTEARS' : 'DAGMA'} takes to its own end, ER2, d = 100.`,
    source: 'the paper’s claim of speed; spec C5',
    kind: 'paper',
    experiments: ['race'],
    tiers: LARGE,
    rule: {
      statistic: 'log-ratio',
      max: 0,
      words: `processor time of ψDAG until an oracle sees the gap, over that of the other’s whole run, which ends after ${CAP} s at the latest (mean log10 ratio ≤ 0)`,
    },
    expect: { standard: 'supported', full: 'report' },
    reason:
      'A run that was stopped enters with the time it had, to its advantage. The oracle is ψDAG’s: no user has f*, and the others run until their own criterion.',
    evidence: (records) => race(records, other),
    figure: (records) => racers(records),
  })),
  {
    id: "dag-sa.C5'",
    statement: 'ψDAG, stopped by the oracle, gets there before a sort by variance and a regression do.',
    source: 'the baseline that the paper leaves out',
    kind: 'critique',
    experiments: ['race'],
    tiers: LARGE,
    rule: {
      statistic: 'log-ratio',
      max: 0,
      words: 'processor time of ψDAG until an oracle sees the gap, over that of sortnregress (mean log10 ratio ≤ 0)',
    },
    expect: { standard: 'refuted', full: 'report' },
    reason: 'A sort and one factorisation of the covariance of 5,000 rows take milliseconds.',
    evidence: (records) => race(records, 'sortnregress'),
  },
];

/** Runs to the gap, without the points of ψDAG's curve. */
const races = (records: readonly CellRecord[]) => select(records, 'race', ({ gradients }) => gradients === undefined);

function race(records: readonly CellRecord[], other: string): Evidence {
  const of = (method: string) =>
    races(records).filter((record) => (record.config as { method: string }).method === method);
  const rivals = of(other);
  const met = of('psi-dag').filter((ours) => rivals.some(({ seed }) => seed === ours.seed));
  return timed([...met, ...rivals], () => ({
    kind: 'paired',
    pairs: met.map((ours) => ({
      block: String(ours.seed),
      // One that never got there has lost, however soon it stopped.
      a: at(ours, 'reached') === true ? processorSeconds(ours)! : 1e6,
      b: processorSeconds(rivals.find(({ seed }) => seed === ours.seed)!)!,
    })),
  }));
}

function racers(records: readonly CellRecord[]): Figure | null {
  const rows = races(records).flatMap((record) => {
    const { method } = record.config as { method: string };
    const seconds = processorSeconds(record);
    if (seconds === null) return [];
    const capped = at(record, 'capped') === true;
    return { x: method, y: seconds, series: capped ? `stopped: > ${CAP} s` : at(record, 'reached') === true ? 'reached 0.1 f*' : 'ended above 0.1 f*' }; // prettier-ignore
  });
  if (rows.length === 0) return null;
  return {
    title: 'Processor time to a gap of 0.1 f*, ER2, d = 100',
    mark: 'dot',
    x: { label: 'method', scale: 'point' },
    y: { label: 'time, seconds', scale: 'log' },
    rows,
  };
}
