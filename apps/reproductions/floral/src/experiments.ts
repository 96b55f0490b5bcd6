/** What each tier runs. */
import type { Backend, Experiment, Json, Tier } from '@assay-ml/claims';
import { howToGet, locate } from '@assay-ml/datasets';
import type { ClassesConfig } from './cells/classes.js';
import type { LinearConfig } from './cells/linear.js';
import type { PicturesConfig } from './cells/pictures.js';
import type { QuadraticConfig } from './cells/quadratics.js';
import type { DataName } from './data/pictures.js';
import { CIFAR_NAMES, cifar, classRuns, linearRuns, mnistRuns, reluRuns, tableRuns } from './plan.js';
import { LEMMAS, QUADRATICS, VARIANCE } from './theory.js';

/** Independent blocks: data, weights, orders and noise are of the seed. */
const SEEDS: Readonly<Record<Tier, { readonly linear: number; readonly classes: number; readonly pictures: number }>> =
  {
    quick: { linear: 3, classes: 2, pictures: 0 },
    standard: { linear: 10, classes: 5, pictures: 5 },
    full: { linear: 20, classes: 20, pictures: 3 },
  };

const across = <C>(configs: readonly C[], seeds: number, first = 0) =>
  configs.flatMap((config) => Array.from({ length: seeds }, (_, k) => ({ config: config as Json, seed: first + k })));

/** How many models one pass goes through. */
const models = ({ method, C = 4 }: { method: string; C?: number }) => (method === 'Ensemble' || method === 'Ensemble, losses' ? C : 1); // prettier-ignore

/** On wasm, which takes many times as long, one seed: seen, not judged. */
const pictureSeeds = (tier: Tier, backend?: Backend) => (backend?.name === 'wasm' && tier !== 'full' ? 1 : SEEDS[tier].pictures); // prettier-ignore

const pictures = (data: DataName, title: string, small: readonly PicturesConfig[]): Experiment => ({
  id: data,
  title,
  module: import.meta.resolve('./cells/pictures.js'),
  tensors: true,
  cells: (tier, seeds, first, backend) =>
    across(tier === 'quick' ? [] : tier === 'standard' ? small : tableRuns(data), seeds ?? pictureSeeds(tier, backend), first), // prettier-ignore
  cost: (config) => pictureCost(config as PicturesConfig),
  missing: () => (locate(data) === null ? howToGet(data) : null),
});

/** Milliseconds of a step of one client, seen natively on a busy machine; with few pictures a round's own work is in it. */
const STEP: Readonly<Record<DataName, number>> = { mnist: 1.7, 'cifar-10': 25, 'cifar-100': 80 };

function pictureCost(config: PicturesConfig) {
  const { data, size, samples, rounds } = config;
  const cohort = size === 'small' ? 20 : { mnist: 30, 'cifar-10': 20, 'cifar-100': 50 }[data];
  const steps = cohort * rounds * Math.ceil(samples / (data === 'mnist' ? 32 : 64));
  return { seconds: 1e-3 * STEP[data] * steps * models(config), megabytes: 1500 };
}

export const experiments: readonly Experiment[] = [
  {
    id: 'linear',
    title: 'E1: one method on linear regressions of two hidden groups',
    module: import.meta.resolve('./cells/linear.js'),
    cells: (tier, seeds = SEEDS[tier].linear, first) => across(linearRuns(tier), seeds, first),
    cost: (config) => ({ seconds: 5e-4 * (config as LinearConfig).rounds, megabytes: 100 }),
  },
  {
    id: 'relu',
    title: 'One method on the synthetic perceptron of four hidden groups',
    module: import.meta.resolve('./cells/linear.js'),
    cells: (tier, seeds = SEEDS[tier].classes, first) => across(reluRuns(tier), seeds, first),
    cost: (config) => ({ seconds: 5e-3 * (config as LinearConfig).rounds * models(config as LinearConfig), megabytes: 100 }), // prettier-ignore
  },
  {
    id: 'classes',
    title: 'E2: one method on Gaussian classes of four hidden groups',
    module: import.meta.resolve('./cells/classes.js'),
    cells: (tier, seeds = SEEDS[tier].classes, first) => across(classRuns(tier), seeds, first),
    cost: (config) => {
      const { rounds, samples } = config as ClassesConfig;
      // Rows of all models are few, so that a pass of four takes little more than twice that of one.
      const step = (samples > 20 ? 1.9e-3 : 1.5e-3) * (models(config as ClassesConfig) > 1 ? 2.5 : 1);
      return { seconds: step * rounds * Math.ceil(samples / 20), megabytes: 100 };
    },
  },
  pictures('mnist', 'MNIST: one method on turned pictures or shifted labels', mnistRuns()),
  pictures('cifar-10', 'CIFAR-10: one method on turned pictures or shifted labels', CIFAR_NAMES.map(cifar)),
  pictures('cifar-100', 'CIFAR-100: one method on groups of labels', []),
  {
    id: 'exact',
    title: 'C8, C10, T8 to T11 on made-up numbers',
    module: import.meta.resolve('./cells/exact.js'),
    cells: (_tier, seeds = 2, first) => across([{ clusters: 4 }], seeds, first),
    cost: () => ({ seconds: 0.5, megabytes: 100 }),
  },
  {
    id: 'quadratics',
    title: 'T1 to T3 and T5: local steps on quadratics with mixed-up routers',
    module: import.meta.resolve('./cells/quadratics.js'),
    cells: (_tier, seeds = 1, first) => across(QUADRATICS, seeds, first),
    cost: (config) => {
      const { T, wrong } = config as QuadraticConfig;
      return { seconds: 1e-5 * T * (wrong === 'noisy' ? 10 : 1), megabytes: 100 };
    },
  },
  {
    id: 'variance',
    title: 'T1 and T7: what averaging does to gradient noise',
    module: import.meta.resolve('./cells/variance.js'),
    cells: (_tier, seeds = 5, first) => across(VARIANCE, seeds, first),
    cost: () => ({ seconds: 0.1, megabytes: 100 }),
  },
  {
    id: 'lemmas',
    title: 'T4, T6 and T7: aggregated gradients, uniform routers',
    module: import.meta.resolve('./cells/lemmas.js'),
    cells: (_tier, seeds = 3, first) => across(LEMMAS, seeds, first),
    cost: () => ({ seconds: 0.1, megabytes: 100 }),
  },
];
