/** What each tier runs. Standard varies one factor at a time around E1's centre, then draws two maps (spec §6). */
import type { Experiment, Tier } from '@assay-ml/claims';
import type { BiasConfig } from './cells/scaffold-bias.js';
import type { BoundsConfig } from './cells/bounds.js';
import type { RoundsConfig } from './cells/rounds-to-accuracy.js';
import { METHODS, type WhoWinsConfig } from './cells/who-wins.js';
import { LOCAL_STEPS, ROUNDS_DELTAS } from './claims/rounds-to-accuracy.js';
import { CLIENTS, FLOOR, FLOOR_SWEEPS } from './claims/scaling.js';
import { BIAS_CONFIGS } from './claims/scaffold-bias.js';
import { centre, DELTAS, ZETAS } from './claims/who-wins.js';

/** Axes of the maps and the finer sweeps of the standard tier. */
const MAP_DELTAS = [0, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.6, 1] as const;
const MAP_RHOS = [0, 0.02, 0.05, 0.2, 1] as const;
const K_SWEEP = [1, 2, 4, 8, 16, 32, 64];
const SIGMAS = [0, 0.1, 1];

/** Configurations with their default number of seeds. */
type Plan<C> = readonly { readonly config: C; readonly seeds: number }[];

/** Cells of a plan; `seeds` replaces every number of seeds. */
function cellsOf<C>(plan: Plan<C>, seeds: number | undefined, firstSeed = 0): { config: C; seed: number }[] {
  return plan.flatMap(({ config, seeds: own }) =>
    Array.from({ length: seeds ?? own }, (_, k) => ({ config, seed: firstSeed + k })),
  );
}

function whoWinsPlan(tier: Tier): Plan<WhoWinsConfig> {
  const around = (seeds: number, varied: readonly Partial<WhoWinsConfig>[]): Plan<WhoWinsConfig> =>
    varied.map((some) => ({ config: { ...centre(tier), ...some }, seeds }));
  const several = tier === 'standard' ? 20 : 5;
  const ofClaims = [
    ...around(several, [
      ...DELTAS.map((delta) => ({ delta })),
      ...ZETAS.map((zeta) => ({ zeta })),
      ...[0, 1, 10].map((zeta) => ({ delta: 0, zeta })),
    ]),
    // Single instances break the order when ρ > 0 (C1', C2').
    ...around(
      20,
      DELTAS.map((delta) => ({ delta, rho: 0.05 })),
    ),
  ];
  if (tier === 'quick') return ofClaims;
  const averaged = around(
    several,
    DELTAS.map((delta) => ({ delta, metric: 'averaged' as const })),
  );
  if (tier === 'full') return [...ofClaims, ...averaged];
  return [
    ...ofClaims,
    ...averaged,
    ...around(several, [
      ...K_SWEEP.map((K) => ({ K })),
      ...SIGMAS.map((sigma) => ({ sigma })),
      ...MAP_RHOS.map((rho) => ({ rho })),
    ]),
    ...around(
      5,
      MAP_DELTAS.flatMap((delta) => [
        ...ZETAS.map((zeta) => ({ delta, zeta })),
        ...MAP_RHOS.map((rho) => ({ delta, rho })),
      ]),
    ),
  ];
}

function roundsPlan(tier: Tier): Plan<RoundsConfig> {
  // LocalSGD needs hundreds of rounds or never arrives: quick does not wait for it.
  const methods = tier === 'quick' ? METHODS.filter((method) => method !== 'localSgd') : METHODS;
  return ROUNDS_DELTAS.flatMap((delta) => LOCAL_STEPS.map((K) => ({ config: { delta, K, methods }, seeds: 10 })));
}

/** Every tier runs the exact checks and the scaling laws; larger tiers with more instances. */
const instances = (tier: Tier, quick: number, standard: number): number => (tier === 'quick' ? quick : standard);

const boundsConfig = (tier: Tier): BoundsConfig => (tier === 'quick' ? { R: 100, runs: 10 } : { R: 300, runs: 20 });

const floorPlan = (seeds: number) =>
  Object.entries(FLOOR_SWEEPS).flatMap(([key, values]) =>
    values.map((v) => ({ config: { ...FLOOR, [key]: v }, seeds })),
  );

const biasPlan = (tier: Tier) =>
  tier === 'quick'
    ? []
    : BIAS_CONFIGS.map((config) => {
        // The state forgets in 1/(γH) rounds: every configuration averages as many independent ones.
        const memory = Math.round(1 / (config.gamma * config.H));
        return { config: { ...config, burnIn: 20 * memory, rounds: 8000 * memory }, seeds: 5 };
      });

export const experiments: readonly Experiment[] = [
  {
    id: 'who-wins',
    title: 'E1: the three methods on family Q, each with its best step size of one grid',
    module: import.meta.resolve('./cells/who-wins.js'),
    cells: (tier, seeds, firstSeed) => cellsOf(whoWinsPlan(tier), seeds, firstSeed),
    // 16 step sizes, two methods of K·R·n gradients; a gradient costs about n·d² or a few d multiplications.
    cost: (config) => {
      const { n, d, K, R, hessians } = config as WhoWinsConfig;
      const gradient = 2e-7 + (hessians === 'dense' ? 3e-10 * d * d : 8e-9 * d);
      return { seconds: 32 * n * K * R * gradient, megabytes: 100 };
    },
  },
  {
    id: 'rounds-to-accuracy',
    title: 'T14: rounds until ‖∇f‖² ≤ 1e-6, each method with the step size that needs fewest',
    module: import.meta.resolve('./cells/rounds-to-accuracy.js'),
    cells: (tier, seeds, firstSeed) => cellsOf(roundsPlan(tier), seeds, firstSeed),
    // LocalSGD, which seldom arrives, takes most of it.
    cost: (config) => ({
      seconds: (config as RoundsConfig).methods.includes('localSgd') ? 0.05 : 0.02,
      megabytes: 100,
    }),
  },
  {
    id: 'bounds',
    title: 'LocalSGD against T5-T8 on random instances of family W',
    module: import.meta.resolve('./cells/bounds.js'),
    cells: (tier, seeds, firstSeed) =>
      cellsOf([{ config: boundsConfig(tier), seeds: instances(tier, 10, 50) }], seeds, firstSeed),
    cost: (config) => ({
      seconds: 3.4e-4 * (config as BoundsConfig).R * (config as BoundsConfig).runs,
      megabytes: 100,
    }),
  },
  {
    id: 'lemmas',
    title: 'T1-T3 at random points of family W',
    module: import.meta.resolve('./cells/lemmas.js'),
    cells: (tier, seeds, firstSeed) =>
      cellsOf([{ config: { points: 1000 }, seeds: instances(tier, 10, 50) }], seeds, firstSeed),
    cost: () => ({ seconds: 0.1, megabytes: 100 }),
  },
  {
    id: 'tight',
    title: 'T1-T8 on instances whose ratio is known',
    module: import.meta.resolve('./cells/tight.js'),
    cells: (tier, _seeds, firstSeed) => cellsOf([{ config: {}, seeds: instances(tier, 1, 1) }], undefined, firstSeed),
    cost: () => ({ seconds: 0.01, megabytes: 100 }),
  },
  {
    id: 'bias-floor',
    title: 'T12: where deterministic LocalSGD comes to rest',
    module: import.meta.resolve('./cells/bias-floor.js'),
    cells: (tier, seeds, firstSeed) => cellsOf(floorPlan(instances(tier, 5, 20)), seeds, firstSeed),
    cost: () => ({ seconds: 0.03, megabytes: 100 }),
  },
  {
    id: 'stationary',
    title: 'T13: the gradient that noise keeps up, by the number of clients',
    module: import.meta.resolve('./cells/stationary.js'),
    cells: (tier, seeds, firstSeed) =>
      cellsOf(
        CLIENTS.map((n) => ({ config: { n, burnIn: 500, rounds: 2000 }, seeds: instances(tier, 5, 10) })),
        seeds,
        firstSeed,
      ),
    cost: (config) => ({ seconds: 0.018 * (config as { n: number }).n, megabytes: 100 }),
  },
  {
    id: 'identities',
    title: 'T9-T11: identities that hold to rounding',
    module: import.meta.resolve('./cells/identities.js'),
    cells: (tier, seeds, firstSeed) => cellsOf([{ config: {}, seeds: instances(tier, 5, 20) }], seeds, firstSeed),
    cost: () => ({ seconds: 0.02, megabytes: 100 }),
  },
  {
    id: 'scaffold-bias',
    title: 'Stationary mean error of stochastic SCAFFOLD in one dimension',
    module: import.meta.resolve('./cells/scaffold-bias.js'),
    cells: (tier, seeds, firstSeed) => cellsOf(biasPlan(tier), seeds, firstSeed),
    cost: (config) => {
      const { N, H, rounds } = config as BiasConfig;
      return { seconds: 2e-7 * N * H * rounds, megabytes: 100 };
    },
  },
];
