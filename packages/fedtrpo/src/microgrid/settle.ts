/** What an hour comes to: net, cost and emissions of each building, once all that is in it has acted. */
import type { Physics, Precision } from './battery.js';
import { type BuildingState, performance } from './building.js';
import { type Building, END_USES } from './district.js';
import type { StepView } from './rewards/reward.js';
import { isElectric, type Series } from './series.js';

/** How costs are counted. */
export interface Accounts {
  readonly physics: Physics;
  readonly precision: Precision;
  /** Whether the cost without a battery is net × price, as in the authors' environment. */
  readonly authors: boolean;
}

/**
 * Writes net, cost and emissions of an hour, with and without batteries, to the view, and the demands that were met to the state.
 * @param starts rows where the episodes started
 * @param hour of the episodes
 */
export function settle(
  view: StepView,
  state: BuildingState,
  buildings: readonly Building[],
  series: readonly Series[],
  starts: Uint32Array,
  hour: number,
  { physics, precision, authors }: Accounts,
): void {
  const { net, netWithout, meter, price, sell, carbon, cost, costWithout, emission } = view;
  const { cooling, heating, dhw, load } = state;
  for (let b = 0; b < buildings.length; b++) {
    const own = series[b]!;
    const electric = isElectric(own);
    for (let e = 0, i = b; e < starts.length; e++, i += buildings.length) {
      const row = starts[e]! + hour;
      let sum: number;
      // CityLearn adds in float32, in this order.
      if (precision === 'float64') {
        sum = cooling.electricity[i]! + heating.electricity[i]!;
        sum += dhw.electricity[i]! + load[i]! + meter[i]! - own.pv[row]!;
      } else {
        sum = Math.fround(Math.fround(cooling.electricity[i]! + heating.electricity[i]!) + dhw.electricity[i]!);
        sum = Math.fround(Math.fround(Math.fround(sum + load[i]!) + meter[i]!) - own.pv[row]!);
      }
      if (own.outage?.[row]) sum = 0;
      let without = sum - meter[i]!;
      if (!electric) without -= stored(state, i, buildings[b]!, own, row);
      if (precision === 'citylearn') without = Math.fround(without);
      const buying = own.price[row]!;
      const selling = sellingPrice(own, row, physics);
      net[i] = sum;
      netWithout[i] = without;
      price[i] = buying;
      sell[i] = own.sell === null ? 0 : own.sell[row]!;
      carbon[i] = own.carbon[row]!;
      cost[i] = Math.max(sum, 0) * buying + Math.min(sum, 0) * selling;
      costWithout[i] = authors ? without * buying : Math.max(without, 0) * buying + Math.min(without, 0) * selling;
      emission[i] = Math.max(0, sum * own.carbon[row]!);
    }
    if (electric) continue;
    for (const use of END_USES) {
      const { output, balance, demand } = state[use];
      for (let i = b; i < demand.length; i += buildings.length) demand[i] = output[i]! + Math.max(-balance[i]!, 0);
    }
  }
}

/** With a selling price as the paper has it, else as the release of CityLearn: net metering in 2.2, nothing in 3. */
function sellingPrice({ price, sell }: Series, row: number, physics: Physics): number {
  if (sell !== null) return sell[row]!;
  return physics === '3' ? 0 : price[row]!;
}

/** Electricity of building i that went into tanks, less what their discharge saved, kWh. */
function stored(state: BuildingState, i: number, building: Building, series: Series, row: number): number {
  let total = 0;
  for (const use of END_USES) {
    const end = building[use];
    if (end?.tank && end.device) total += state[use].balance[i]! / performance(end, use, series, row);
  }
  return total;
}
