/** What each tier runs. */
import type { Experiment, Json, Tier } from '@assay-ml/claims';
import { howToGet, locate } from '@assay-ml/datasets';
import type { ClassesConfig } from './cells/classes.js';
import type { LinearConfig } from './cells/linear.js';
import type { MnistConfig } from './cells/mnist.js';
import type { QuadraticConfig } from './cells/quadratics.js';
import { classRuns, linearRuns, mnistRuns } from './plan.js';
import { LEMMAS, QUADRATICS, VARIANCE } from './theory.js';

/** Independent blocks: data, weights, orders and noise are of the seed. */
const SEEDS: Readonly<Record<Tier, { readonly linear: number; readonly classes: number }>> = {
  quick: { linear: 3, classes: 2 },
  standard: { linear: 10, classes: 5 },
  full: { linear: 20, classes: 20 },
};

const across = <C>(configs: readonly C[], seeds: number, first = 0) =>
  configs.flatMap((config) => Array.from({ length: seeds }, (_, k) => ({ config: config as Json, seed: first + k })));

export const experiments: readonly Experiment[] = [
  {
    id: 'linear',
    title: 'E1: one method on linear regressions of two hidden groups, or on perceptrons of four',
    module: import.meta.resolve('./cells/linear.js'),
    cells: (tier, seeds = SEEDS[tier].linear, first) => across(linearRuns(tier), seeds, first),
    cost: (config) => ({ seconds: 0.0015 * (config as LinearConfig).rounds, megabytes: 100 }),
  },
  {
    id: 'classes',
    title: 'E2: one method on Gaussian classes of four hidden groups',
    module: import.meta.resolve('./cells/classes.js'),
    cells: (tier, seeds = SEEDS[tier].classes, first) => across(classRuns(tier), seeds, first),
    cost: (config) => {
      const { rounds, samples, method, C = 4 } = config as ClassesConfig;
      const steps = rounds * Math.ceil(samples / 20);
      return { seconds: 2e-4 * steps * Math.min(20, samples) ** 0.5 * (method.startsWith('Ensemble') ? C : 1), megabytes: 100 }; // prettier-ignore
    },
  },
  {
    id: 'mnist',
    title: 'MNIST at 14 × 14: one method on turned pictures or shifted labels',
    module: import.meta.resolve('./cells/mnist.js'),
    cells: (tier, seeds = SEEDS[tier].classes, first) => across(mnistRuns(tier), seeds, first),
    cost: (config) => {
      const { method, samples } = config as MnistConfig;
      return { seconds: (samples > 32 ? 14 : 6) * (method.startsWith('Ensemble') ? 4 : 1), megabytes: 700 };
    },
    missing: () => (locate('mnist') === null ? howToGet('mnist') : null),
  },
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
