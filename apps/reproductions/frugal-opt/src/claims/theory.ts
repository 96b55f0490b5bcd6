/** C8 and T1, T2, T6 to T11: what is exact, and what the theory says of rates and subspaces. */
import type { CellRecord, Claim } from '@assay-ml/claims';
import { across, number, paired, pairs, select } from '@assay-ml/claims/evidence';
import { scalar } from '@assay-ml/numerics';
import { mainOf, RATES } from '../plan.js';
import { trainings, TRAININGS } from './losses.js';

const TIERS = ['quick', 'standard', 'full'] as const;
const SETS = ['none', 'all', 'random', 'cyclic'] as const;
const SIDE = 16;
const exact = (records: readonly CellRecord[]) => select(records, 'exact');
const counts = (record: CellRecord, ...path: string[]) =>
  path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], record.values) as number[];

/** Checks of every record of the exact cells. */
function checks(
  records: readonly CellRecord[],
  of: (record: CellRecord) => readonly (readonly [string, boolean, number])[],
  unit: string,
) {
  const all = exact(records).flatMap((record) => of(record).map(([name, holds, value]) => ({ name: `${name}, seed ${record.seed}`, holds, value }))); // prettier-ignore
  if (all.length === 0) return { kind: 'none', why: 'no finished cell of its experiment' } as const;
  return { kind: 'exact', checks: all, measured: Math.max(...all.map(({ value }) => value)), unit } as const;
}

const rates = (records: readonly CellRecord[], sigma: number) =>
  SETS.flatMap((sets) =>
    select(records, 'rates', { sets, sigma }).map((r) => ({
      block: String(r.seed),
      x: (r.config as { K: number }).K,
      y: number(r, 'mean'),
      part: sets,
    })),
  );

export const theory: readonly Claim[] = [
  {
    id: 'frugal-opt.C8',
    statement: 'The state takes what the closed form says: on kernels rho of AdamW’s, and SVD’s directions on top.',
    source: 'spec C8 and T5',
    kind: 'paper',
    experiments: ['exact', ...TRAININGS],
    tiers: TIERS,
    rule: {
      statistic: 'exact',
      words: '8 bytes a weight with state in float32, 4 a number of a direction, counted from the arrays',
    },
    expect: 'supported',
    evidence(records, tier) {
      const [kernel, bias] = [8 * SIDE * SIDE, 8 * SIDE];
      const wanted: Readonly<Record<string, readonly number[]>> = {
        AdamW: [kernel, kernel, bias],
        columns: [kernel / 4, kernel / 4, bias],
        blocks: [0, kernel, bias],
        'rho 0': [0, 0, bias],
        SVD: [kernel / 4 + SIDE * SIDE, kernel / 4 + SIDE * SIDE, bias],
      };
      const counted = checks(records, (r) => Object.entries(wanted).map(([name, bytes]) => [name, String(counts(r, 'bytes', name)) === String(bytes), 0]), ''); // prettier-ignore
      if (counted.kind === 'none') return counted;
      const linear = (name: 'columns' | 'blocks' | 'SVD' | 'AdamW') => number(trainings(records, tier, mainOf(tier)[name], RATES[0])[0]!, 'stateBytes', 'linear'); // prettier-ignore
      // The decoder's tensors are of two sizes and fourteen, of which no quarter is whole.
      const quarters = (['columns', 'SVD', 'blocks'] as const).slice(0, tier === 'quick' ? 3 : 2);
      const trained = quarters.map((name) => ({ name: `${name}, trained network`, holds: 4 * linear(name) === linear('AdamW') })); // prettier-ignore
      return { kind: 'exact', checks: [...counted.checks, ...trained], measured: linear('columns') / linear('AdamW'), unit: 'of AdamW’s state of kernels' }; // prettier-ignore
    },
  },
  {
    id: 'frugal-opt.T1',
    statement: 'With rho 1 and no refresh FRUGAL is AdamW bit for bit; with rho 0 what is not projected is AdamW’s.',
    source: 'spec T1',
    kind: 'paper',
    experiments: ['exact'],
    tiers: TIERS,
    rule: { statistic: 'exact', words: 'no float32 weight differs after 20 steps' },
    expect: 'supported',
    evidence: (records) =>
      checks(records, (r) => Object.entries(r.values['T1'] as Record<string, number>).map(([name, n]) => [name, n === 0, n]), 'weights that differ'), // prettier-ignore
  },
  {
    id: 'frugal-opt.T2',
    statement: 'With T = 1 and resets FRUGAL is signSGD up to ε.',
    source: 'spec T2',
    kind: 'paper',
    experiments: ['exact'],
    tiers: TIERS,
    rule: {
      statistic: 'exact',
      words: 'weights differ by at most η·ε/(min |g| + ε), and a unit in the last place of float32',
    },
    expect: 'supported',
    evidence: (records) =>
      checks(records, (r) => [['rho 0.5', number(r, 'T2', 'apart') <= number(r, 'T2', 'bound'), number(r, 'T2', 'apart')]], 'largest difference'), // prettier-ignore
  },
  {
    id: 'frugal-opt.T6',
    statement: 'Plain SGD keeps its bound: mean E‖∇f‖² ≤ 2Δ/(αK) + Lασ².',
    source: 'spec T6',
    kind: 'paper',
    experiments: ['rates'],
    tiers: TIERS,
    rule: { statistic: 'log-ratio', max: 0, words: 'measured mean over the bound at most 1, at every K' },
    expect: 'supported',
    evidence: (records) =>
      paired(
        select(records, 'rates', { sets: 'none', sigma: 1 }).flatMap((r) =>
          pairs([r], (c) => number(c, 'mean'), (c) => number(c, 'bound'), `K = ${(r.config as { K: number }).K}`).map((p) => ({ ...p, block: String(r.seed) })),
        ),
      ), // prettier-ignore
  },
  {
    id: 'frugal-opt.T7',
    statement: 'With α ~ 1/√K the mean squared gradient falls like K^(−1/2), whatever has momentum.',
    source: 'spec T7',
    kind: 'paper',
    experiments: ['rates'],
    tiers: TIERS,
    rule: { statistic: 'slope', min: -0.65, max: -0.4, words: 'slope of log mean ‖∇f‖² on log K in [−0.65, −0.40]' },
    expect: 'supported',
    evidence: (records) => ({ kind: 'points', points: rates(records, 1) }),
    figure: (records) => ({
      title: 'Mean squared gradient against the horizon',
      mark: 'dot',
      x: { label: 'K', scale: 'log' },
      y: { label: 'mean squared gradient', scale: 'log' },
      rows: rates(records, 1).map(({ x, y, part }) => ({ x, y, series: part })),
    }),
  },
  {
    id: 'frugal-opt.T8',
    statement: 'Without noise and at a fixed α = (1 − b)/(2L) it falls like 1/K.',
    source: 'spec T8',
    kind: 'paper',
    experiments: ['rates'],
    tiers: TIERS,
    rule: {
      statistic: 'exact',
      words: 'slope of log mean ‖∇f‖² on log K at most −0.9; without noise there is no chance',
    },
    expect: 'supported',
    evidence(records) {
      const found = SETS.map((name) => {
        const points = rates(records, 0).filter(
          ({ part, block }) => part === name && block === rates(records, 0)[0]!.block,
        );
        const [first, last] = [points.reduce((a, b) => (b.x < a.x ? b : a)), points.reduce((a, b) => (b.x > a.x ? b : a))]; // prettier-ignore
        return { name, slope: scalar.log(last.y / first.y) / scalar.log(last.x / first.x) };
      });
      return {
        kind: 'exact',
        checks: found.map(({ name, slope }) => ({ name: `${name}: ${slope.toFixed(3)}`, holds: slope <= -0.9 })),
        measured: Math.max(...found.map(({ slope }) => slope)),
        unit: 'largest slope',
      };
    },
  },
  {
    id: 'frugal-opt.T9',
    statement:
      'Over a period GaLore’s update has rank r at most and BAdam’s touches the active block alone; FRUGAL’s has full rank.',
    source: 'spec T9',
    kind: 'paper',
    experiments: ['exact'],
    tiers: TIERS,
    rule: {
      statistic: 'exact',
      words: `singular values above 1e-5 of the largest: at most ${SIDE / 4}; 0 and more; ${SIDE} in both kernels`,
    },
    expect: 'supported',
    evidence: (records) =>
      checks(
        records,
        (r) => {
          const [galore, badam, frugal] = ['GaLore', 'BAdam', 'FRUGAL'].map((name) => counts(r, 'T9', name)) as [number[], number[], number[]]; // prettier-ignore
          return [
            ['GaLore', galore.every((n) => n <= SIDE / 4), Math.max(...galore)],
            ['BAdam', badam[0] === 0 && badam[1]! > 0, badam[0]!],
            ['FRUGAL', frugal.every((n) => n === SIDE), Math.min(...frugal)],
          ];
        },
        'largest rank, FRUGAL’s',
      ),
  },
  {
    id: 'frugal-opt.T10',
    statement: 'Consecutive SVD subspaces overlap more than random ones, r/n in the mean square.',
    source: 'spec T10; Figure 2 of the paper',
    kind: 'paper',
    experiments: TRAININGS,
    tiers: TIERS,
    rule: {
      statistic: 'mean-diff',
      max: 0,
      unit: 'mean squared cosine',
      words:
        'overlap of GaLore’s consecutive random subspaces less that of its SVD subspaces at most 0, at the paper’s rate',
    },
    expect: 'supported',
    reference: 'random subspaces: r/n = 0.25',
    evidence: (records, tier) => {
      const [random, strongest] = (['GaLore, random', 'GaLore'] as const).map((name) => trainings(records, tier, mainOf(tier)[name], RATES[0])); // prettier-ignore
      return paired(across(random!, (r) => number(r, 'overlap'), strongest!, (r) => number(r, 'overlap'), 'random and SVD')); // prettier-ignore
    },
  },
  {
    id: 'frugal-opt.T11',
    statement:
      'Momentum that is carried into the new subspace beats momentum that is kept as it is; one that is reset beats both.',
    source: 'spec T11 and the paper’s appendix; that a reset is best is the specification’s',
    kind: 'paper',
    experiments: ['toy'],
    tiers: TIERS,
    rule: {
      statistic: 'log-ratio',
      max: 0,
      words: 'final loss: reprojected over kept, and reset over reprojected, at most 1, at ranks 3 and 6',
    },
    expect: 'supported',
    evidence(records) {
      const of = (rank: number, refresh: string) => select(records, 'toy', { rank, refresh });
      const loss = (r: CellRecord) => number(r, 'loss');
      return paired(
        [3, 6].flatMap((rank) => [
          ...across(of(rank, 'reproject'), loss, of(rank, 'keep'), loss, `rank ${rank}: reprojected over kept`),
          ...across(of(rank, 'reset'), loss, of(rank, 'reproject'), loss, `rank ${rank}: reset over reprojected`),
        ]),
      );
    },
  },
];
