/** What each tier runs (spec §6). */
import type { Experiment, Tier } from '@assay-ml/claims';
import type { GraphKind, Method, NoiseKind } from '@assay-ml/dag-sa';
import type { CriterionConfig } from './cells/criterion.js';
import type { NoiseConfig } from './cells/noise.js';
import type { OrdersConfig } from './cells/orders.js';
import { RACERS, type RaceConfig } from './cells/race.js';
import type { SachsConfig } from './cells/sachs.js';
import { WORK, type ScalingConfig } from './cells/scaling.js';
import { SOFT, type SoftConfig } from './cells/soft.js';
import type { SyntheticConfig } from './cells/synthetic.js';
import { sachsMissing } from './sachs.js';

const SEEDS: Readonly<Record<Tier, number>> = { quick: 3, standard: 5, full: 5 };
/** Of the smallest graphs, which are cheap and whose orders differ most. */
const SMALL_SEEDS = 10;
/** Graphs of each kind, size and degree behind C3's shares: 36 of 36 are the fewest whose interval is above nine in ten. */
const GRAPHS: Readonly<Record<Tier, number>> = { quick: 4, standard: 40, full: 100 };

type Cells<C> = readonly { readonly config: C; readonly seed: number }[];

/** Each configuration with each seed. */
function seeded<C>(configs: readonly C[], count: number, first: number): Cells<C> {
  return configs.flatMap((config) => Array.from({ length: count }, (_, k) => ({ config, seed: first + k })));
}

function synthetic(tier: Tier): SyntheticConfig[] {
  const one = (kind: GraphKind, d: number, degree: number, some: Partial<SyntheticConfig> = {}): SyntheticConfig => ({
    kind,
    d,
    degree,
    noise: 'gaussian' as NoiseKind,
    epochs: tier === 'quick' ? 3 : 10,
    steps: 1000,
    random: tier === 'quick' ? 20 : 100,
    all: true,
    ...some,
  });
  if (tier === 'quick') {
    const few = { epochs: 2, all: false };
    return [
      ...[10, 20].flatMap((d) => [one('ER', d, 2), one('ER', d, 4), one('SF', d, 4)]),
      ...[one('ER', 50, 4, few), one('SF', 50, 4, few)],
    ];
  }
  const grid = (sizes: readonly number[], some: Partial<SyntheticConfig> = {}) =>
    sizes.flatMap((d) => (['ER', 'SF'] as const).flatMap((kind) => [2, 4, 6].map((k) => one(kind, d, k, some))));
  if (tier === 'standard') {
    // For time, ablations of 50 vertices for k = 4 alone, and none of more.
    const fifty = grid([50]).map((config) => ({ ...config, all: config.degree === 4 }));
    return [...grid([10]), ...fifty, ...grid([100], { all: false }), ...grid([200], { epochs: 3, all: false })];
  }
  return [...grid([10, 50, 100, 200, 500, 1000]), ...grid([3000, 5000, 10_000], { all: false, random: 20 })];
}

function criterion(tier: Tier): CriterionConfig[] {
  return (['ER', 'SF'] as const).flatMap((kind) =>
    (tier === 'quick' ? [10, 20] : [10, 50]).flatMap((d) => [2, 4].map((degree) => ({ kind, d, degree, steps: 1000 }))),
  );
}

const ORDERS: Readonly<Record<Tier, OrdersConfig>> = {
  quick: { d: 20, degree: 4, exact: 100, sgd: 10, steps: 1000 },
  standard: { d: 100, degree: 4, exact: 100, sgd: 20, steps: 2000 },
  full: { d: 100, degree: 4, exact: 1000, sgd: 100, steps: 200_000 },
};
const NOISE: Readonly<Record<Tier, NoiseConfig>> = {
  quick: { d: 20, degree: 4, epochs: 1, steps: 1000 },
  standard: { d: 50, degree: 4, epochs: 10, steps: 1000 },
  full: { d: 50, degree: 4, epochs: 10, steps: 1000 },
};

function soft(tier: Tier): SoftConfig[] {
  if (tier === 'quick') return [2, 4].map((degree) => ({ method: 'notears', d: 10, degree }));
  const sizes = tier === 'standard' ? [10, 50] : [10, 50, 100];
  return SOFT.flatMap((method) => sizes.flatMap((d) => [2, 4].map((degree) => ({ method, d, degree }))));
}

/** Work of d^p operations is repeated until a cell takes about half a second, so that its start does not count. */
function scaling(tier: Tier): ScalingConfig[] {
  const cells = (work: ScalingConfig['work'], sizes: readonly number[], operations: (d: number) => number) =>
    sizes.map((d) => ({ work, d, repeats: Math.max(1, Math.round(operations(d))) }));
  const large = tier === 'quick' ? [200, 400, 800] : [200, 400, 800, 1600, 3000];
  const middle = tier === 'quick' ? [200, 400, 800] : [200, 400, 800, 1600];
  const small = tier === 'quick' ? [] : [100, 200, 400];
  return WORK.flatMap((work) => {
    if (work === 'projection') return cells(work, large, (d) => 1e8 / d ** 2);
    if (work === 'step') return cells(work, middle, (d) => 3e7 / d ** 2);
    if (work === 'order-fit') return cells(work, middle, (d) => 3e9 / (d * d * d));
    return cells(work, small, (d) => 4e8 / (d * d * d));
  });
}

function race(): RaceConfig[] {
  const problem = { d: 100, degree: 2 };
  const curve = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000];
  return [
    ...RACERS.map((method): RaceConfig => ({ method, ...problem })),
    ...curve.map((gradients): RaceConfig => ({ method: 'psi-dag', ...problem, gradients })),
  ];
}

const SACHS_METHODS: readonly Method[] = [
  'psi-dag', 'order-search', 'eqvar-td', 'eqvar-bu', 'sortnregress', 'r2-sort', 'random-order', 'direct-lingam', 'notears', 'nocurl',
  'dagma', 'golem-ev', 'golem-nv',
]; // prettier-ignore

/** Seeds of what draws rows or an order; those of S1' are more, since a random order is near the consensus or far. */
const DRAWN: Partial<Record<Method, number>> = { 'psi-dag': 10, 'order-search': 5, 'random-order': 10 };

function sachs(tier: Tier): SachsConfig[] {
  if (tier === 'quick') return [];
  return SACHS_METHODS.flatMap((method) =>
    (['raw', 'log', 'standardised'] as const).flatMap((scale) =>
      // GOLEM's 100,000 iterations once are enough.
      (method.startsWith('golem') ? (['observational'] as const) : (['observational', 'pooled'] as const)).map(
        (rows) => ({ method, scale, rows }),
      ),
    ),
  );
}

const megabytes = (d: number): number => 120 + (14 * 8 * d * d) / 1e6;

export const experiments: readonly Experiment[] = [
  {
    id: 'synthetic',
    title: 'ψDAG, its ablations and simple orders on simulated graphs',
    module: import.meta.resolve('./cells/synthetic.js'),
    cells: (tier, seeds, first = 0) =>
      synthetic(tier).flatMap((config) =>
        seeded([config], seeds ?? (tier === 'standard' && config.d === 10 ? SMALL_SEEDS : SEEDS[tier]), first),
      ),
    cost: (config) => {
      const { d, epochs, steps, all } = config as SyntheticConfig;
      return {
        seconds: 0.3 + (all ? 5 : d <= 50 ? 2 : 1) * 2 * epochs * steps * (2e-5 + 3e-8 * d * d),
        megabytes: megabytes(d),
      };
    },
  },
  {
    id: 'criterion',
    title: 'The first three epochs on many graphs, with the authors’ radius and without the true matrix',
    module: import.meta.resolve('./cells/criterion.js'),
    cells: (tier, seeds = GRAPHS[tier], first = 0) => seeded(criterion(tier), seeds, first),
    cost: (config) => {
      const { d, steps } = config as CriterionConfig;
      // Most graphs meet it after the first epoch of three.
      return { seconds: 2 * 3 * steps * (2e-5 + 3e-8 * d * d), megabytes: megabytes(d) };
    },
  },
  {
    id: 'orders',
    title: 'The true order against random ones',
    module: import.meta.resolve('./cells/orders.js'),
    cells: (tier, seeds = SEEDS[tier], first = 0) => seeded([ORDERS[tier]], seeds, first),
    cost: (config) => {
      const { d, sgd, steps } = config as OrdersConfig;
      return { seconds: 0.3 + sgd * steps * (2e-5 + 3e-8 * d * d), megabytes: megabytes(d) };
    },
  },
  {
    id: 'noise',
    title: 'Noise that is not Gaussian, centred and not',
    module: import.meta.resolve('./cells/noise.js'),
    cells: (tier, seeds = SEEDS[tier], first = 0) => seeded([NOISE[tier]], seeds, first),
    cost: (config) => {
      const { d, epochs, steps } = config as NoiseConfig;
      return { seconds: 0.3 + 10 * epochs * steps * (2e-5 + 3e-8 * d * d), megabytes: megabytes(d) };
    },
  },
  {
    id: 'soft',
    title: 'Baselines with a soft constraint',
    module: import.meta.resolve('./cells/soft.js'),
    cells: (tier, seeds = SEEDS[tier], first = 0) => seeded(soft(tier), seeds, first),
    cost: (config) => {
      const { method, d } = config as SoftConfig;
      const atFifty = { notears: 3, golem: 11, dagma: 3, nocurl: 1 }[method];
      return { seconds: 0.1 + atFifty * (d / 50) ** 2, megabytes: megabytes(d) };
    },
  },
  {
    id: 'scaling',
    title: 'Processor time of one piece of work over sizes',
    module: import.meta.resolve('./cells/scaling.js'),
    cells: (tier, seeds = tier === 'quick' ? 2 : 5, first = 0) => seeded(scaling(tier), seeds, first),
    cost: (config) => ({ seconds: 0.6, megabytes: megabytes((config as ScalingConfig).d) }),
  },
  {
    id: 'race',
    title: 'Processor time to a gap of 0.1 f*',
    module: import.meta.resolve('./cells/race.js'),
    cells: (tier, seeds = SEEDS[tier], first = 0) => (tier === 'quick' ? [] : seeded(race(), seeds, first)),
    cost: (config) => {
      const { method } = config as RaceConfig;
      return { seconds: method === 'notears' || method === 'dagma' ? 20 : 1, megabytes: 200 };
    },
  },
  {
    id: 'sachs',
    title: 'Protein signalling (Sachs et al. 2005), raw, as logarithms and standardised',
    module: import.meta.resolve('./cells/sachs.js'),
    // Only what draws rows or an order depends on a seed.
    cells: (tier, seeds, first = 0) =>
      sachs(tier).flatMap((config) => {
        const drawn = DRAWN[config.method];
        return seeded([config], drawn === undefined ? 1 : (seeds ?? drawn), first);
      }),
    cost: (config) => {
      const { method } = config as SachsConfig;
      const long = { dagma: 15, 'golem-ev': 12, 'golem-nv': 25, 'direct-lingam': 2 } as Record<string, number>;
      return { seconds: long[method] ?? 1, megabytes: 150 };
    },
    missing: sachsMissing,
  },
];
