/**
 * CityLearn's key performance indicators: each of what was controlled over that of a baseline, by default the same buildings without their
 * storage. Those of a building: Σ max(net, 0), Σ net, Σ emissions, Σ cost. Those of the district are of its summed net, and the mean over
 * buildings of the buildings' ratios.
 */
import { integer, invalid, oneOf, options as checkOptions, requireKeys, requireList } from '@assay-ml/numerics/check';
import type { Trajectory } from '../controllers/simulate.js';

/** Options of `kpis`. */
export interface KpiOptions {
  /** What to compare with: another run of the same hours. Default this one without storage. */
  readonly baseline?: Trajectory;
  /** Whether ramps count upwards alone, as CityLearn has it, or by size, as its text says. Default 'up'. */
  readonly ramp?: 'up' | 'absolute';
  /** Which of the run's episodes. Default 0. */
  readonly episode?: number;
}

/** One indicator. */
export interface Kpi {
  /** CityLearn's name; `cost_total` clips export income hour by hour, `cost_total_unclipped` does not. */
  readonly kpi: string;
  /** A building's name, or District. */
  readonly name: string;
  /** Value over that of the baseline; null where that is 0. */
  readonly ratio: number | null;
  /** Of the run; NaN for means of ratios. */
  readonly value: number;
  readonly baseline: number;
}

/** Hours of a day, and of what CityLearn calls a month. */
const DAY = 24;
const MONTH = 730;

/**
 * Indicators of an episode.
 * @param names of the buildings
 * @throws TypeError for arguments of another kind; RangeError for an episode or a baseline of other hours, an unknown ramp
 */
export function kpis(run: Trajectory, names: readonly string[], options: KpiOptions = {}): Kpi[] {
  checkOptions('kpis', options, { baseline: 1, ramp: 1, episode: 1 });
  requireKeys('kpis', 'run', run, ['episodes', 'hours', 'buildings', 'cost'], 'simulate() makes one.');
  requireList('kpis', 'names', names, 'Name the buildings.');
  const { baseline, ramp = 'up', episode = 0 } = options;
  oneOf('kpis', 'ramp', ramp, ['up', 'absolute']);
  const { hours, buildings } = run;
  if (integer('kpis', 'episode', episode, 0) >= run.episodes) throw invalid('kpis', 'episode', episode, `below ${run.episodes}`); // prettier-ignore
  if (names.length !== buildings) throw invalid('kpis', 'names', names, `${buildings} names`);
  if (
    baseline &&
    (baseline.hours !== hours || baseline.buildings !== buildings || baseline.episodes !== run.episodes)
  ) {
    throw invalid('kpis', 'baseline.hours', baseline.hours, `a run of the same ${hours} hours and ${buildings} buildings`); // prettier-ignore
  }
  const of = (values: Float64Array, b: number) =>
    Float64Array.from({ length: hours }, (_, h) => values[(episode * hours + h) * buildings + b]!);
  const total = (values: Float64Array) =>
    Float64Array.from({ length: hours }, (_, h) => {
      let sum = 0;
      for (let b = 0; b < buildings; b++) sum += values[(episode * hours + h) * buildings + b]!;
      return sum;
    });
  const other = baseline ? baseline.net : run.netWithout;
  const otherCost = baseline ? baseline.cost : run.costWithout;
  const made: Kpi[] = [];
  const add = (kpi: string, name: string, value: number, base: number) =>
    made.push({ kpi, name, value, baseline: base, ratio: base === 0 ? null : value / base });
  for (let b = 0; b < buildings; b++) {
    const name = names[b]!;
    const [net, base] = [of(run.net, b), of(other, b)];
    const [cost, baseCost] = [of(run.cost, b), of(otherCost, b)];
    const carbon = of(run.carbon, b);
    add('electricity_consumption_total', name, imports(net), imports(base));
    add('zero_net_energy', name, sum(net), sum(base));
    add('carbon_emissions_total', name, imports(net.map((x, h) => x * carbon[h]!)), imports(base.map((x, h) => x * carbon[h]!))); // prettier-ignore
    add('cost_total', name, imports(cost), imports(baseCost));
    add('cost_total_unclipped', name, sum(cost), sum(baseCost));
  }
  const [net, base] = [total(run.net), total(other)];
  const district = (kpi: string, indicator: (values: Float64Array) => number) =>
    add(kpi, 'District', indicator(net), indicator(base));
  district('ramping_average', (values) => ramping(values, ramp));
  district('daily_one_minus_load_factor_average', (values) => oneMinusLoadFactor(values, DAY));
  district('monthly_one_minus_load_factor_average', (values) => oneMinusLoadFactor(values, MONTH));
  district('daily_peak_average', (values) => peak(values, DAY));
  district('all_time_peak_average', (values) => peak(values, hours));
  for (const kpi of new Set(made.filter(({ name }) => name !== 'District').map((entry) => entry.kpi))) {
    const ratios = made.filter((entry) => entry.kpi === kpi).map(({ ratio }) => ratio);
    const known = ratios.filter((ratio) => ratio !== null);
    const ratio = known.length === 0 ? null : known.reduce((a, r) => a + r, 0) / known.length;
    made.push({ kpi, name: 'District', value: NaN, baseline: NaN, ratio });
  }
  return made;
}

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
const imports = (values: Float64Array): number => values.reduce((a, b) => a + Math.max(b, 0), 0);

/** Sum of increases, or of all changes by size, from hour to hour. */
function ramping(values: Float64Array, ramp: 'up' | 'absolute'): number {
  let total = 0;
  for (let h = 1; h < values.length; h++) {
    const change = values[h]! - values[h - 1]!;
    total += ramp === 'up' ? Math.max(change, 0) : Math.abs(change);
  }
  return total;
}

/** Mean over windows of an indicator; the last window may be shorter. */
function byWindow(values: Float64Array, window: number, indicator: (part: Float64Array) => number): number {
  let total = 0;
  let count = 0;
  for (let from = 0; from < values.length; from += window, count++) {
    total += indicator(values.subarray(from, from + window));
  }
  return total / count;
}

const highest = (values: Float64Array): number => values.reduce((a, b) => Math.max(a, b), -Infinity);
const peak = (values: Float64Array, window: number): number => byWindow(values, window, highest);
const oneMinusLoadFactor = (values: Float64Array, window: number): number =>
  byWindow(values, window, (part) => 1 - sum(part) / part.length / highest(part));
