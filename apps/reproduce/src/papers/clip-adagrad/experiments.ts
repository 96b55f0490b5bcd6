/** What each tier runs. A cell is a batch of 1,000 runs; its seed is the batch's. */
import type { Experiment, Tier } from '@assay-ml/claims';
import type { RunsConfig } from './cells/runs.js';
import { GROWTH, HORIZONS, TUNED } from './claims/beyond.js';
import { LONG, SHORT } from './claims/levels.js';
import { GAMMAS, K, PLACES, USUAL } from './claims/quadratic.js';
import { SLOPE_BATCHES, SLOPES } from './claims/slopes.js';
import { QUADRATIC } from './evidence.js';
import { sets } from './methods.js';

type Plan = readonly { readonly config: RunsConfig; readonly seeds: number }[];

function plan(tier: Tier): Plan {
  const seeds = tier === 'quick' ? 5 : 20;
  const quadratic = (some: Pick<RunsConfig, 'set' | 'gamma' | 'steps'> & Partial<RunsConfig>, count = seeds) => ({ config: { ...QUADRATIC, ...some }, seeds: count }); // prettier-ignore
  const ofClaims = [
    ...GAMMAS.map((gamma) => quadratic({ set: 'eight', gamma, steps: K, curves: true })),
    quadratic({ set: 'places', ...PLACES }),
    quadratic({ set: 'twins', ...PLACES }),
    quadratic({ set: 'usual', ...USUAL }),
    quadratic({ set: 'levels', ...SHORT }),
    quadratic({ set: 'levels', ...LONG }),
    quadratic(SLOPES, SLOPE_BATCHES),
    ...HORIZONS.map((steps) => quadratic({ ...GROWTH, steps })),
    quadratic({ ...TUNED }),
  ];
  if (tier === 'quick') return ofClaims;
  return [
    ...ofClaims,
    // Reported only: at γ = 1/16 AdaGrad has not converged.
    quadratic({ ...SLOPES, gamma: 1 / 16 }, SLOPE_BATCHES),
    // The map of the best level.
    ...[1, 1 / 4, 1 / 16, 1 / 64].flatMap((gamma) =>
      [500, 2000, 10_000]
        .filter((steps) => gamma !== SHORT.gamma || steps === 500)
        .map((steps) => quadratic({ set: 'levels', gamma, steps }, 5)),
    ),
    // Rates in K under symmetric and skewed noise.
    ...[1.2, 1.5, 2].flatMap((alpha) =>
      [false, true].flatMap((skewed) =>
        [1000, 3000, 10_000, 30_000]
          .filter((steps) => !(alpha === 1.5 && skewed && (HORIZONS as readonly number[]).includes(steps)))
          .map((steps) => quadratic({ set: 'growth', gamma: 1, alpha, skewed, steps }, 5)),
      ),
    ),
    // More dimensions, 1,000 runs.
    ...(['quadratic', 'rosenbrock'] as const).flatMap(
      (problem) =>
      [10, 100].map((d) => ({ config: { ...QUADRATIC, problem, d, set: 'eight' as const, gamma: 1, steps: 2000, runs: 200 }, seeds: tier === 'full' ? 100 : 5 })), // prettier-ignore
    ),
    { config: { ...QUADRATIC, problem: 'logistic', d: 10, set: 'eight', gamma: 1, steps: 2000, runs: 200 }, seeds: tier === 'full' ? 100 : 5 }, // prettier-ignore
  ];
}

/** Nanoseconds of a method's step in a coordinate, and of what comes with it. */
const cost = ({ problem, d, set, gamma, steps, runs, alpha }: RunsConfig) => {
  const methods = Object.keys(sets[set](gamma, steps, alpha)).length;
  const gradient = { quadratic: 0, rosenbrock: 4, logistic: 64 * (20 / d + 3) }[problem];
  return { seconds: 1e-9 * runs * steps * d * (40 + methods * (5 + gradient)), megabytes: 100 };
};

const SEEDS: Readonly<Record<Tier, number>> = { quick: 5, standard: 50, full: 50 };

export const experiments: readonly Experiment[] = [
  {
    id: 'runs',
    title: 'Errors of 1,000 runs at a time under heavy-tailed noise',
    module: import.meta.resolve('./cells/runs.js'),
    cells: (tier, seeds, firstSeed = 0) =>
      plan(tier).flatMap(({ config, seeds: own }) =>
        Array.from({ length: seeds ?? own }, (_, k) => ({ config, seed: firstSeed + k })),
      ),
    cost: (config) => cost(config as RunsConfig),
  },
  {
    id: 'lower-bounds',
    title: 'Steps needed on the lower-bound instances',
    module: import.meta.resolve('./cells/lower-bounds.js'),
    cells: () => [{ config: { deltas: [1e-1, 1e-2, 1e-3, 1e-4, 1e-5], epsilons: [1e-1, 1e-2, 1e-3, 1e-4] }, seed: 0 }],
    cost: () => ({ seconds: 1, megabytes: 100 }),
  },
  {
    id: 'identities',
    title: 'I1 to I6 along heavy-tailed gradients',
    module: import.meta.resolve('./cells/identities.js'),
    cells: (tier, seeds = SEEDS[tier], firstSeed = 0) =>
      [1, 5].flatMap((d) =>
        Array.from({ length: seeds }, (_, k) => ({ config: { d, steps: 200 }, seed: firstSeed + k })),
      ),
    cost: () => ({ seconds: 0.05, megabytes: 100 }),
  },
];
