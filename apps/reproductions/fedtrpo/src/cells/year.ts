/** One controller through the real year: 17 buildings of CityLearn's 2022 data with their batteries, hour after hour. */
import type { CellContext, Json } from '@assay-ml/claims';
import { type Controller, Environment, hourRule, kpis, learned, lp, mpc, none, objective, persistence, type Physics, simulate, train, weightedCostEmissions } from '@assay-ml/fedtrpo'; // prettier-ignore
import { daysOf, profiles, rowOf } from '../data.js';
import { STEPS } from '../settings.js';

export type YearController = 'none' | 'hour rule' | 'persistence' | 'MPC, perfect' | 'MPC, persistent' | 'LP' | 'TRPO';

export type YearConfig = { readonly controller: YearController; readonly physics: Physics };

/** TRPO is trained on the first five buildings and on this many days; it is judged on the others. */
const [BUILDINGS, TRAINING_DAYS] = [5, 243];
/** The week that is shown, in summer as in winter: the 100th day on. */
const WEEK = 100;

export async function run(
  { controller, physics }: YearConfig,
  seed: number,
  { signal }: CellContext,
): Promise<Record<string, Json>> {
  const district = await profiles();
  const order = daysOf(seed);
  const training = order.slice(0, TRAINING_DAYS);
  const made = await controllerOf();
  const environment = new Environment(district, { physics });
  const year = simulate(environment, made);
  const { hours, buildings } = year;
  const total = (values: Float64Array, from: number, to: number) => values.subarray(from * buildings, to * buildings).reduce((sum, value) => sum + value, 0); // prettier-ignore
  // A day's objective, over all buildings: what `objective` sums over an episode.
  const day = (d: number) => {
    const [from, to] = [24 * d, Math.min(24 * (d + 1), hours)];
    return 0.4 * total(year.cost, from, to) + 0.6 * total(year.emission, from, to);
  };
  const indicators = kpis(
    year,
    district.buildings.map(({ name }) => name),
  ).filter(({ name }) => name === 'District');
  return {
    objective: objective(year).reduce((sum, value) => sum + value, 0),
    days: Array.from({ length: 365 }, (_, d) => day(d)),
    held: order.slice(TRAINING_DAYS).sort((a, b) => a - b),
    kpis: Object.fromEntries(indicators.map(({ kpi, ratio }) => [kpi, ratio])),
    week: Array.from({ length: 168 }, (_, h) => total(year.net, 24 * WEEK + h, 24 * WEEK + h + 1)),
  };

  async function controllerOf(): Promise<Controller> {
    switch (controller) {
      case 'none':
        return none;
      case 'hour rule':
        return hourRule();
      case 'persistence':
        return persistence;
      case 'MPC, perfect':
        return mpc({ forecast: 'perfect' });
      case 'MPC, persistent':
        return mpc({ forecast: 'persistent' });
      case 'LP':
        return lp();
      case 'TRPO': {
        const some = { ...district, buildings: district.buildings.slice(0, BUILDINGS) };
        const options = {
          method: { name: 'trpo', delta: STEPS.TRPO },
          iterations: 150,
          episodes: 16,
          starts: training.map(rowOf),
          environment: { physics, reward: weightedCostEmissions() },
          seed,
        } as const;
        return learned(train(some, options, undefined, { signal }).general!, 'TRPO');
      }
    }
  }
}
