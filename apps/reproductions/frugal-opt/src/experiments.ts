/** What each tier runs. */
import type { Experiment, Tier } from '@assay-ml/claims';
import { type DatasetName, howToGet, locate } from '@assay-ml/datasets';
import type { CharactersConfig } from './cells/characters.js';
import type { EncoderConfig } from './cells/encoder.js';
import type { RatesConfig } from './cells/rates.js';
import type { TrainConfig } from './cells/training.js';
import { furtherOf, trainingsOf } from './plan.js';

/** Independent blocks: languages, weights and batches are of the seed. */
const SEEDS: Readonly<Record<Tier, number>> = { quick: 2, standard: 5, full: 20 };

/** Seeds of what no claim reads. */
const BESIDE = 1;

/** Horizons of the rates. */
const HORIZONS = [250, 1000, 4000, 16_000] as const;
const SETS = ['none', 'all', 'random', 'cyclic'] as const;

const across = <C>(configs: readonly C[], seeds: number, first = 0) =>
  configs.flatMap((config) => Array.from({ length: seeds }, (_, k) => ({ config: config as never, seed: first + k })));

/** C11 on the encoder, with the authors' r. Rates are the best of 3e-4, 1e-3 and 3e-3 in the pilot, for each method. */
const ENCODER = {
  ...{ rank: 8, steps: 100, batch: 8, validation: 256 },
  rates: { 'FRUGAL, r': 3e-3, 'FRUGAL, 0': 3e-3, 'all weights': 3e-4, LoRA: 3e-3 },
} as const satisfies EncoderConfig;

/** C11 on characters, with the specification's r. Rates are the best of 3e-4, 1e-3 and 3e-3 in the pilot. */
const CHARACTERS = {
  ...{ rank: 2, pretraining: 300, steps: 100, batch: 16 },
  rates: { 'FRUGAL, r': 3e-3, 'FRUGAL, 0': 3e-3, 'all weights': 3e-3, LoRA: 3e-3 },
} as const satisfies CharactersConfig;

/** How to get the first of some data that is not here. */
const missing =
  (...names: DatasetName[]) =>
  (): string | null => {
    const absent = names.find((name) => locate(name) === null);
    return absent === undefined ? null : howToGet(absent);
  };

export const experiments: readonly Experiment[] = [
  {
    id: 'train',
    title: 'A residual network on a language of known law: one method at one rate',
    module: import.meta.resolve('./cells/train.js'),
    tensors: true,
    cells: (tier, seeds = SEEDS[tier], first) => (tier === 'quick' ? across(trainingsOf(tier), seeds, first) : []),
    cost: (config) => ({ seconds: 0.004 * (config as TrainConfig).steps, megabytes: 400 }),
  },
  {
    id: 'decoder',
    title: 'A decoder of two layers on Tiny Shakespeare, character by character: one method at one rate',
    module: import.meta.resolve('./cells/decoder.js'),
    tensors: true,
    cells: (tier, seeds = SEEDS[tier], first) =>
      tier === 'quick'
        ? []
        : [...across(trainingsOf(tier), seeds, first), ...across(furtherOf(tier), Math.min(BESIDE, seeds), first)],
    cost: (config) => ({ seconds: 0.022 * (config as TrainConfig).steps, megabytes: 700 }),
    missing: missing('tiny-shakespeare'),
  },
  {
    id: 'encoder',
    title: 'Three layers of MiniLM fine-tuned on sentences of the Brown corpus, by every method of C11',
    module: import.meta.resolve('./cells/encoder.js'),
    tensors: true,
    cells: (tier, seeds = SEEDS[tier], first) => (tier === 'quick' ? [] : across([ENCODER], seeds, first)),
    cost: (config) => ({ seconds: 1.1 * (config as EncoderConfig).steps, megabytes: 1500 }),
    missing: missing('all-MiniLM-L6-v2', 'brown'),
  },
  {
    id: 'characters',
    title: 'A decoder of two layers trained on books and fine-tuned on Tiny Shakespeare, by every method of C11',
    module: import.meta.resolve('./cells/characters.js'),
    tensors: true,
    cells: (tier, seeds = SEEDS[tier], first) => (tier === 'quick' ? [] : across([CHARACTERS], seeds, first)),
    cost: (config) => {
      const { pretraining, steps } = config as CharactersConfig;
      return { seconds: 0.022 * (pretraining + 4 * steps), megabytes: 900 };
    },
    missing: missing('gutenberg', 'tiny-shakespeare'),
  },
  {
    id: 'exact',
    title: 'T1, T2, T9 and bytes of states on made-up gradients',
    module: import.meta.resolve('./cells/exact.js'),
    cells: (_tier, seeds = 2, first) => across([{ side: 16, steps: 20 }], seeds, first),
    cost: () => ({ seconds: 0.1, megabytes: 100 }),
  },
  {
    id: 'rates',
    title: 'Algorithm 2 on a quadratic: mean squared gradient over K steps',
    module: import.meta.resolve('./cells/rates.js'),
    cells: (_tier, seeds = 5, first) =>
      across<RatesConfig>(
        SETS.flatMap((sets) => HORIZONS.flatMap((K) => [{ sets, K, runs: 10, sigma: 1 }, { sets, K, runs: 1, sigma: 0 }])),
        seeds,
        first,
      ), // prettier-ignore
    cost: (config) => ({ seconds: 5e-7 * (config as RatesConfig).K * (config as RatesConfig).runs, megabytes: 100 }),
  },
  {
    id: 'toy',
    title: 'T11: what becomes of momentum when the subspace changes',
    module: import.meta.resolve('./cells/toy.js'),
    cells: (_tier, seeds = 5, first) =>
      across(
        [3, 6].flatMap((rank) => ['reset', 'reproject', 'keep'].map((refresh) => ({ rank, refresh, runs: 4 }))),
        seeds,
        first,
      ),
    cost: () => ({ seconds: 0.3, megabytes: 100 }),
  },
];
