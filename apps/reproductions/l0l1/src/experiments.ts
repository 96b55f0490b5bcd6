/** What each tier runs. The exact rows and statements are the same in every tier; larger tiers have more runs and grids. */
import type { Backend, Experiment, Tier } from '@assay-ml/claims';
import { howToGet, locate } from '@assay-ml/datasets';
import type { GridConfig } from './cells/grids.js';
import { METHODS, type LogisticConfig } from './cells/logistic.js';
import type { MultiClientConfig } from './cells/multi-client.js';
import { METHODS as NETWORK_METHODS, type NetworkConfig } from './cells/network.js';
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

type NetworkAxes = Readonly<Record<NetworkConfig['method'], NetworkConfig['axes']>>;

/** Values tried on VGG-mini: 40 trainings in all. */
const SMALL_AXES: NetworkAxes = {
  SO: { eta: [1e-3, 1e-2, 1e-1, 1] },
  RR: { eta: [1e-3, 1e-2, 1e-1, 1] },
  CSO: { eta: [1e-2, 1e-1, 1, 10], clip: [1e-1, 1] },
  NASTYA: { eta: [1e-2, 1e-1], outer: [1e-1, 1, 3, 10] },
  CLERR: { eta: [1e-2, 1e-1], lr: [1e-1, 1, 3, 10], level: [1, 10] },
};

/** The grids of spec §6 for ResNet-18. */
const [STEPS, INNER, LEVELS] = [
  [1e-3, 1e-2, 1e-1, 1],
  [1e-4, 1e-3, 1e-2, 1e-1],
  [1e-1, 1, 10, 100],
];
const FULL_AXES: NetworkAxes = {
  SO: { eta: STEPS },
  RR: { eta: STEPS },
  CSO: { eta: STEPS, clip: LEVELS },
  NASTYA: { eta: INNER, outer: STEPS },
  CLERR: { eta: INNER, lr: STEPS, level: LEVELS },
};

/** Tunings, each a block with the reports of the seeds after it: what one tuning decides is no independent evidence. */
const BLOCKS = 5;
/** Seeds reported for each tuning of a network: another tuning tells more than another report. */
const REPORTS = 1;
/** The same of logistic regression, where the best of three is chosen on them too. */
const AGAIN = 2;

/** First seeds of blocks: of a tuning, which `reports` seeds follow. */
const tunings = (count: number, firstSeed: number, reports: number): number[] =>
  Array.from({ length: count }, (_, block) => firstSeed + block * (1 + reports));

/** Five blocks natively; one where a training takes several times as long, and no verdict then comes of it. */
const networkBlocks = (tier: Tier, backend: Backend | undefined): number =>
  tier === 'standard' && backend?.name !== 'tensorflow' ? 1 : BLOCKS;

/** The network's runs: the paper's second set, small; at full its size. */
function networkCells(tier: Tier, blocks: number, firstSeed: number): Cells<NetworkConfig> {
  if (tier === 'quick') return [];
  const size =
    tier === 'standard'
      ? ({ network: 'vgg-mini', train: 4000, batch: 128, tuneEpochs: 2, epochs: 6 } as const)
      : ({ network: 'resnet18', train: 50_000, batch: 256, tuneEpochs: 10, epochs: 200 } as const);
  const axes = tier === 'standard' ? SMALL_AXES : FULL_AXES;
  return tunings(blocks, firstSeed, REPORTS).flatMap((seed) =>
    NETWORK_METHODS.map((method) => ({ config: { ...size, method, axes: axes[method], reports: REPORTS }, seed })),
  );
}

function logisticCells(
  tier: Tier,
  blocks: number,
  firstSeed: number,
  data: LogisticConfig['data'],
): Cells<LogisticConfig> {
  if (tier === 'quick') return [];
  return tunings(blocks, firstSeed, AGAIN).flatMap((seed) =>
    METHODS.map((method) => ({ config: { data, method, rounds: 50, again: AGAIN }, seed })),
  );
}

const missing = (data: 'cifar-10' | 'fashion-mnist') => (): string | null =>
  locate(data) === null ? howToGet(data) : null;

export const experiments: readonly Experiment[] = [
  {
    id: 'line',
    title: 'The quartic in one dimension: shuffling methods with the authors’ best parameters',
    module: import.meta.resolve('./cells/shuffling.js'),
    cells: (tier, seeds, firstSeed = 0) => lineCells(tier, seeds, firstSeed),
    cost: (config) => ({ seconds: 0.001 * (config as ShufflingConfig).runs, megabytes: 100 }),
  },
  {
    id: 'hundred',
    title: 'The quartic in 100 dimensions: ten clients, local steps, partial participation',
    module: import.meta.resolve('./cells/multi-client.js'),
    cells: (tier, seeds, firstSeed = 0) => hundredCells(tier, seeds, firstSeed),
    cost: (config) => {
      const { runs, batch } = config as MultiClientConfig;
      return { seconds: runs * (batch === undefined ? 0.1 : 0.09), megabytes: 120 };
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
        seconds: points * (problem === 'line' ? 0.001 : (fixed as MultiClientConfig).rounds * 3e-4),
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
  {
    id: 'shirts',
    title: 'Logistic regression on T-shirts against shirts of Fashion-MNIST, sorted by label over ten clients',
    module: import.meta.resolve('./cells/logistic.js'),
    cells: (tier, blocks = BLOCKS, firstSeed = 0) => logisticCells(tier, blocks, firstSeed, 'shirts'),
    cost: () => ({ seconds: 14, megabytes: 300 }),
    missing: missing('fashion-mnist'),
  },
  {
    id: 'penguins',
    title: 'Logistic regression on the sex of penguins, an island a client',
    module: import.meta.resolve('./cells/logistic.js'),
    cells: (tier, blocks = BLOCKS, firstSeed = 0) => logisticCells(tier, blocks, firstSeed, 'penguins'),
    cost: () => ({ seconds: 0.3, megabytes: 100 }),
  },
  {
    id: 'cifar',
    title: 'A network on CIFAR-10: SO, RR, CSO, NASTYA, CLERR with jumps from copies and batch norm in train mode',
    module: import.meta.resolve('./cells/network.js'),
    tensors: true,
    cells: (tier, blocks, firstSeed = 0, backend) =>
      networkCells(tier, blocks ?? networkBlocks(tier, backend), firstSeed),
    cost: (config) => {
      const { network, axes, tuneEpochs, epochs, reports, train } = config as NetworkConfig;
      const points = Object.values(axes).reduce((product, values) => product * values.length, 1);
      // After a training two passes renew the statistics and one evaluates: about an epoch.
      const passes = (points * (tuneEpochs + 1) + reports * (epochs + 1)) * train;
      // ResNet-18 on a GPU.
      return network === 'vgg-mini'
        ? { seconds: passes * 7e-4, megabytes: 900 }
        : { seconds: passes * 6e-4, megabytes: 6000 };
    },
    missing: missing('cifar-10'),
  },
];
