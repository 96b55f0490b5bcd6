/** Greedy evaluation by day and building, and beside it what no battery costs. */
import { integer, invalid, requireList, requireOptions } from '@assay-ml/numerics/check';
import type { Controller } from '../controllers/controller.js';
import { none } from '../controllers/none.js';
import { objective, simulate } from '../controllers/simulate.js';
import type { District } from '../microgrid/district.js';
import { Environment } from '../microgrid/environment.js';
import type { EpisodeOptions } from './rollout.js';

/** What is evaluated on. */
export interface EvaluateOptions {
  /** Rows where days start. */
  readonly starts: ArrayLike<number>;
  /** Of the environment; `length` is 24 unless set. */
  readonly environment?: EpisodeOptions;
  /** Weight of cost in the objective J; the rest is that of emissions. Default 0.4, the paper's. */
  readonly alpha?: number;
}

/** One day of one building. A type, so that it may be part of a `State`. */
export type DayResult = {
  readonly building: string;
  /** Row where the day starts. */
  readonly start: number;
  /** J = α·cost + (1 − α)·emissions under the controller, and without a battery. */
  readonly objective: number;
  readonly without: number;
};

/**
 * Runs a controller on each day of each building.
 * @returns day after day, in each the buildings in order
 * @throws RangeError for no day, or one outside the data
 */
export function evaluate(controller: Controller, district: District, options: EvaluateOptions): DayResult[] {
  requireOptions<EvaluateOptions>('evaluate', options, { starts: 1, environment: 1, alpha: 1 });
  const { starts, environment: how = {}, alpha = 0.4 } = options;
  integer('evaluate', 'starts.length', starts.length, 1, 'Name at least one day.');
  const environment = new Environment(district, { length: 24, ...how, episodes: starts.length, starts });
  const [own, idle] = [controller, none].map((some) => objective(simulate(environment, some, { starts }), alpha));
  const { buildings } = district;
  return Array.from(own!, (value, i) => ({
    building: buildings[i % buildings.length]!.name,
    start: starts[Math.floor(i / buildings.length)]!,
    objective: value,
    without: idle![i]!,
  }));
}

/**
 * The part of the gap between no battery and the optimum that is closed: 1 − (J − J_opt)/(J_none − J_opt), of all results together.
 * @param optimum Σ J of the optimum over the same days and buildings. Default 0, which it is on net-zero data
 * @throws TypeError for arguments of another kind; RangeError for no result, or where there is no gap
 */
export function gapClosed(results: readonly DayResult[], optimum = 0): number {
  requireList('gapClosed', 'results', results, 'evaluate() gives them.');
  let [own, idle] = [0, 0];
  for (const { objective: value, without } of results) {
    own += value;
    idle += without;
  }
  if (!(idle > optimum)) throw invalid('gapClosed', 'Σ without', idle, `above the optimum, ${optimum}`, 'Without a gap nothing can be closed.'); // prettier-ignore
  return 1 - (own - optimum) / (idle - optimum);
}
