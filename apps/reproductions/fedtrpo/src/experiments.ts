/** What each tier runs. */
import type { Experiment, Json, Tier } from '@assay-ml/claims';
import type { ExactConfig } from './cells/exact.js';
import type { LearnersConfig } from './cells/learners.js';
import type { YearConfig, YearController } from './cells/year.js';
import { citylearnMissing } from './data.js';
import {
  DAY_COUNTS,
  DAYS,
  INITIALISATIONS,
  initialised,
  METHODS,
  onDays,
  sourceOf,
  sweeps,
  trainings,
  year,
} from './plan.js';

/** A seed draws its day and its initialisation together, but in C8. */
const SEEDS: Readonly<Record<Tier, number>> = { quick: 2, standard: 5, full: 5 };
/** Of trainings on many days. */
const SPLITS = 3;

const across = (configs: readonly (LearnersConfig | ExactConfig | YearConfig)[], seeds: number, first = 0) =>
  configs.flatMap((config) => Array.from({ length: seeds }, (_, k) => ({ config: config as Json, seed: first + k })));

/** Processor seconds of a training: by its rows, and by its units between their number and its square. */
function cost(config: Json): { readonly seconds: number; readonly megabytes: number } {
  const { buildings, episodes, iterations, units = 32, method } = config as LearnersConfig;
  const rows = 23 * buildings * episodes * iterations;
  return {
    seconds: 0.5 + 6e-5 * rows * (units / 32) * Math.sqrt(units / 32) * (method === 'authors' ? 4 : 1),
    megabytes: 200,
  };
}

/** Processor seconds of a year. */
const YEAR_SECONDS: Readonly<Record<YearController, number>> = { none: 3, 'hour rule': 3, persistence: 3, 'MPC, persistent': 180, 'MPC, perfect': 180, LP: 30, TRPO: 40 }; // prettier-ignore

/** Trainings on synthetic profiles (quick) and on real ones; they differ in where their data come from alone. */
const learners = (id: string, title: string, tiers: readonly Tier[], cells: Experiment['cells']): Experiment => ({
  id,
  title,
  module: import.meta.resolve('./cells/learners.js'),
  cells: (tier, seeds, first) => (tiers.includes(tier) ? cells(tier, seeds, first) : []),
  cost,
});

/** C4's points are run at one seed at quick. */
const grid: Experiment['cells'] = (tier, seeds = SEEDS[tier], first) => [
  ...across(trainings(tier), seeds, first),
  ...across(sweeps(tier), tier === 'quick' ? 1 : seeds, first),
];

export const experiments: readonly Experiment[] = [
  learners('synthetic', 'One training on synthetic net-zero data', ['quick'], grid),
  {
    ...learners('profiles', 'One training on net-zero data from CityLearn’s profiles', ['standard', 'full'], grid),
    missing: citylearnMissing,
  },
  {
    ...learners('initialisations', 'One training on a day that stays, from an initialisation of the seed', ['standard'], (tier, seeds = INITIALISATIONS, first) => // prettier-ignore
      across(METHODS.flatMap((method) => DAYS.map((day) => initialised(tier, method, day))), seeds, first)), // prettier-ignore
    missing: citylearnMissing,
  },
  {
    ...learners('days', 'One training on many days, judged on thirty others', ['standard'], (tier, seeds = SPLITS, first) => // prettier-ignore
      across(DAY_COUNTS.map((days) => onDays(tier, 'TRPO', days)), seeds, first)), // prettier-ignore
    missing: citylearnMissing,
  },
  {
    id: 'year',
    title: 'One controller through the real year of 17 buildings',
    module: import.meta.resolve('./cells/year.js'),
    cells: (tier, seeds = 1, first) => (tier === 'standard' ? across(year(), seeds, first) : []),
    cost: (config) => ({ seconds: YEAR_SECONDS[(config as YearConfig).controller], megabytes: 700 }),
    missing: citylearnMissing,
  },
  {
    id: 'exact',
    title: 'Schedules, greedy and lossy batteries on days of the seed',
    module: import.meta.resolve('./cells/exact.js'),
    cells: (_tier, seeds = 1, first) =>
      across([false, true].map((shifted) => ({ source: 'synthetic', buildings: 3, shifted, days: 100 })), seeds, first), // prettier-ignore
    cost: () => ({ seconds: 4, megabytes: 300 }),
  },
  {
    id: 'steps',
    title: 'Policy steps on batches of the seed',
    module: import.meta.resolve('./cells/steps.js'),
    cells: (_tier, seeds = 3, first = 0) =>
      Array.from({ length: seeds }, (_, k) => ({ config: { rows: 200 }, seed: first + k })),
    cost: () => ({ seconds: 1, megabytes: 200 }),
  },
];

/** Where a tier's trainings are. */
export const trainedIn = (tier: Tier): string => (sourceOf(tier) === 'synthetic' ? 'synthetic' : 'profiles');
