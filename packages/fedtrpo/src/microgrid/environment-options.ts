/** What an environment takes and gives. Names are those of Gymnasium and of PettingZoo's parallel interface. */
import type { Physics, Precision } from './battery.js';
import type { Reward, StepView } from './rewards/reward.js';

/** Options of `Environment`. */
export interface EnvironmentOptions {
  /** Episodes side by side. Default 1. */
  readonly episodes?: number;
  /** Steps T of an episode, from 2 to the district's. Default the district's. */
  readonly length?: number;
  /** Rows where an episode may start, for `reset` to draw from. Default every `length`-th row from 0. */
  readonly starts?: ArrayLike<number>;
  /** Devices and cost of CityLearn 2.2.0 or 3.0.2. Default '3'. */
  readonly physics?: Physics;
  /** Which hour an action acts on. Default `physics`. */
  readonly timing?: Physics;
  /** Default 'float64'. */
  readonly precision?: Precision;
  /** Default CityLearn's, `gridImport`. */
  readonly reward?: Reward;
  /** Names of observations, in their order. Default what each building says, or `PAPER_OBSERVATIONS` as far as they are there. */
  readonly observations?: readonly string[];
  /** Encodes observations as CityLearn's wrapper does. Default true. */
  readonly normalise?: boolean;
  /** One agent for all: observations that the district calls shared stand in the first building's alone. Default false. */
  readonly central?: boolean;
  /** What `costWithout` is: by the tariff of `cost`, or net × price as in the authors' environment. Default 'consistent'. */
  readonly costWithoutBattery?: 'consistent' | 'authors';
}

/** Names of the options. */
export const ENVIRONMENT_NAMES: Readonly<Record<keyof EnvironmentOptions, unknown>> = {
  episodes: 1, length: 1, starts: 1, physics: 1, timing: 1, precision: 1, reward: 1, observations: 1, normalise: 1, central: 1, costWithoutBattery: 1,
}; // prettier-ignore

/** The seventeen observations of the paper; encoded they are nineteen numbers. */
export const PAPER_OBSERVATIONS: readonly string[] = [
  'hour',
  'day_type',
  'solar_generation',
  'net_electricity_consumption',
  'electrical_storage_soc',
  'non_shiftable_load',
  ...[4, 6, 12, 24].map((k) => `non_shiftable_load_predicted_${k}h`),
  'direct_solar_irradiance',
  ...[1, 2, 3].map((k) => `direct_solar_irradiance_predicted_${k}`),
  'electricity_pricing',
  'selling_pricing',
  'carbon_intensity',
];

/** Where `reset` and `step` write; made by `allocate`. */
export interface StepResult {
  /** [episode × building × observation], each building's where `observationOffsets` says. */
  readonly observations: Float64Array;
  /** [episode × building]; a central agent's is their sum. */
  readonly rewards: Float64Array;
  /** Whether the episodes have ended, all at once. */
  terminated: boolean;
  /** Never: an episode has the length that was asked for. */
  readonly truncated: false;
  /** What happened in the step. */
  readonly info: StepView;
}

/** A box of real numbers, one a name. */
export interface Box {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly names: readonly string[];
}

/** Where to start. */
export interface ResetOptions {
  /** Draws the episodes' starts, without replacement as far as there are enough. Default 0. */
  readonly seed?: number;
  /** Rows where the episodes start, one each, in place of a draw. */
  readonly starts?: ArrayLike<number>;
}
