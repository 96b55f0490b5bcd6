/** What each tier runs. The exact rows and statements are the same in every tier; larger tiers have more runs and grids. */
import type { Experiment, Tier } from '@assay-ml/claims';
import type { GridConfig } from './cells/grids.js';
import type { MultiClientConfig } from './cells/multi-client.js';
import type { ShufflingConfig } from './cells/shuffling.js';
import { GRIDS, QUICK_GRIDS, type GridName } from './grids.js';
import {
  ALPHAS,
  alphaRow,
  EXACT_LINE,
  FAR,
  FLOOR_ALPHAS,
  floorRow,
  gdRow,
  HUNDRED,
  LINE,
  RANDOM_HUNDRED,
  type LineRow,
} from './rows.js';

/** Runs of a cell, so that a cell lasts long enough to be worth a line. */
const LINE_BATCH = 50;
const HUNDRED_BATCH = 10;
/** 200 runs give the intervals of means over ten twenty groups (spec §6). */
const lineRuns = (tier: Tier): number => (tier === 'quick' ? 200 : 1000);
const hundredRuns = (tier: Tier): number => (tier === 'quick' ? 20 : 200);
const statementSeeds = (tier: Tier): number => (tier === 'quick' ? 10 : 50);

type Cells<C> = { readonly config: C; readonly seed: number }[];

const batches = <C>(config: C, count: number, firstSeed: number): Cells<C> =>
  Array.from({ length: count }, (_, k) => ({ config, seed: firstSeed + k }));

function lineCells(tier: Tier, seeds: number | undefined, firstSeed: number): Cells<ShufflingConfig> {
  return (Object.keys(LINE) as LineRow[]).flatMap((name) => {
    if (EXACT_LINE.includes(name)) return [{ config: { ...LINE[name], runs: 1 }, seed: firstSeed }];
    const count = seeds ?? lineRuns(tier) / LINE_BATCH;
    return batches({ ...LINE[name], runs: LINE_BATCH }, count, firstSeed);
  });
}

function hundredCells(tier: Tier, seeds: number | undefined, firstSeed: number): Cells<MultiClientConfig> {
  const random = RANDOM_HUNDRED.map((name) => HUNDRED[name]!);
  const exact = [
    ...Object.values(HUNDRED).filter((row) => !random.includes(row)),
    ...Object.values(FAR),
    ...FLOOR_ALPHAS.map(floorRow),
    ...ALPHAS.map(alphaRow),
    gdRow(1, 1e-10),
    gdRow(10, 1e-2),
  ];
  // The smallest α of C9 is a row of the table.
  const different = [...new Map(exact.map((row) => [JSON.stringify(row), row])).values()];
  return [
    ...random.flatMap((row) =>
      batches({ ...row, runs: HUNDRED_BATCH }, seeds ?? hundredRuns(tier) / HUNDRED_BATCH, firstSeed),
    ),
    ...different.map((row) => ({ config: { ...row, runs: 1 }, seed: firstSeed })),
  ];
}

export const experiments: readonly Experiment[] = [
  {
    id: 'line',
    title: 'The quartic in one dimension: shuffling methods with the authors’ best parameters',
    module: import.meta.resolve('./cells/shuffling.js'),
    cells: (tier, seeds, firstSeed = 0) => lineCells(tier, seeds, firstSeed),
    cost: (config) => ({ seconds: 0.007 * (config as ShufflingConfig).runs, megabytes: 100 }),
  },
  {
    id: 'hundred',
    title: 'The quartic in 100 dimensions: ten clients, local steps, partial participation',
    module: import.meta.resolve('./cells/multi-client.js'),
    cells: (tier, seeds, firstSeed = 0) => hundredCells(tier, seeds, firstSeed),
    cost: (config) => {
      const { runs, batch } = config as MultiClientConfig;
      return { seconds: runs * (batch === undefined ? 0.2 : 0.4), megabytes: 120 };
    },
  },
  {
    id: 'grids',
    title: 'Grids of hyper-parameters, with edges reported',
    module: import.meta.resolve('./cells/grids.js'),
    cells: (tier, seeds, firstSeed = 0) =>
      (tier === 'quick' ? QUICK_GRIDS : (Object.keys(GRIDS) as GridName[])).flatMap((name) =>
        batches<GridConfig>(GRIDS[name](tier), seeds ?? 1, firstSeed),
      ),
    cost: (config) => {
      const { problem, axes, again, fixed } = config as GridConfig;
      const points = Object.values(axes).reduce((product, values) => product * values.length, 1) + 3 * again;
      return {
        seconds: points * (problem === 'line' ? 0.007 : (fixed as MultiClientConfig).rounds * 1e-3),
        megabytes: 120,
      };
    },
  },
  {
    id: 'statements',
    title: 'D1-D7 at random points and along trajectories',
    module: import.meta.resolve('./cells/statements.js'),
    cells: (tier, seeds, firstSeed = 0) =>
      batches({ points: 1000, trajectories: 20 }, seeds ?? statementSeeds(tier), firstSeed),
    cost: () => ({ seconds: 0.3, megabytes: 100 }),
  },
  {
    id: 'identities-l0l1',
    title: 'Identities that hold to rounding',
    module: import.meta.resolve('./cells/identities.js'),
    cells: (tier, seeds, firstSeed = 0) => batches({}, seeds ?? (tier === 'quick' ? 5 : 20), firstSeed),
    cost: () => ({ seconds: 0.02, megabytes: 100 }),
  },
];
