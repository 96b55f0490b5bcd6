/**
 * What a building does in a step, in CityLearn's order: demands, then cooling, heating and hot water, each its device before its
 * tank, then the load that cannot be shifted, then the battery. A battery that discharges goes first of all; a tank that discharges
 * goes before its device. So loads are met before anything is stored, and what is discharged counts as supply.
 *
 * In an outage supply is what PV and battery give: devices and loads get what is left of it, and the net is 0.
 */
import type { Actions } from './actions.js';
import {
  type BatteryState,
  batteryState,
  chargeBattery,
  type Physics,
  type Precision,
  resetBattery,
  standby,
} from './battery.js';
import { type Building, END_USES, type EndUse, type EndUseName } from './district.js';
import { coefficientOfPerformance } from './heat-pump.js';
import { isElectric, type Series } from './series.js';
import { chargeTank, standbyTank } from './tank.js';

/** State of one end use, [episode × building]. */
interface EndUseState {
  /** State of charge of the tank. */
  readonly soc: Float64Array;
  /** Energy into (+) or out of (−) the tank in the step, kWh. */
  readonly balance: Float64Array;
  /** Electricity of the device, kWh. */
  readonly electricity: Float64Array;
  /** What the device gave to the demand, kWh. */
  readonly output: Float64Array;
  /** What was met of the demand, by the device and its tank, kWh. */
  readonly demand: Float64Array;
}

/** State of all that is in buildings, [episode × building]. */
export interface BuildingState {
  readonly battery: BatteryState;
  readonly cooling: EndUseState;
  readonly heating: EndUseState;
  readonly dhw: EndUseState;
  /** The battery's state of charge before the step, after its standby loss. */
  readonly socBefore: Float64Array;
  /** Load that was served, kWh. */
  readonly load: Float64Array;
  /** Indoor temperature, °C. */
  readonly temperature: Float64Array;
}

/** State of `size` buildings, all 0. */
export function buildingState(size: number): BuildingState {
  const filled = () => new Float64Array(size);
  const endUse = () => ({
    soc: filled(),
    balance: filled(),
    electricity: filled(),
    output: filled(),
    demand: filled(),
  });
  return { battery: batteryState(size), cooling: endUse(), heating: endUse(), dhw: endUse(), socBefore: filled(), load: filled(), temperature: filled() }; // prettier-ignore
}

/** What holds for a whole run. */
export interface Setting {
  readonly hours: number;
  readonly physics: Physics;
  readonly precision: Precision;
}

/** Demands of a building that has no end uses. */
const NOTHING = { cooling: 0, heating: 0, dhw: 0 };
/** Demand may exceed what a device can give by this, kWh: CityLearn's tolerance. */
const TOLERANCE = 1e-4;

/** Puts building i to the start of an episode, in the hour of `row`: demands are met, nothing is stored. */
export function resetBuilding(
  state: BuildingState,
  i: number,
  building: Building,
  series: Series,
  row: number,
  { physics, precision }: Setting,
): void {
  if (building.battery) resetBattery(state.battery, i, building.battery, physics, precision);
  state.socBefore[i] = state.battery.soc[i]!;
  state.load[i] = series.load[row]!;
  for (const use of END_USES) {
    const end = building[use];
    const own = state[use];
    const soc = end?.tank?.initialSoc ?? 0;
    own.soc[i] = rounded(soc, precision);
    own.balance[i] = 0;
    own.output[i] = series[use]?.[row] ?? 0;
    own.electricity[i] = end?.device ? rounded(own.output[i]! / performance(end, use, series, row), precision) : 0;
  }
}

/**
 * One step of building i = episode × buildings + building.
 * @param row of the data
 * @param first whether it is the episode's first hour, which has no standby loss before it
 * @throws RangeError for a demand that its device cannot meet
 */
export function operate(
  state: BuildingState,
  i: number,
  building: Building,
  series: Series,
  row: number,
  actions: Actions,
  first: boolean,
  setting: Setting,
): void {
  const { hours, physics, precision } = setting;
  if (isElectric(series)) {
    state.load[i] = series.load[row]!;
    chargeOwn(state, i, building, series, row, actions.battery, NOTHING, first, setting);
    return;
  }
  for (const use of END_USES) {
    const own = state[use];
    own.electricity[i] = 0;
    own.balance[i] = 0;
    own.output[i] = series[use]?.[row] ?? 0;
    const tank = building[use]?.tank;
    if (tank && physics === '3' && !first) standbyTank(own.soc, i, tank, hours, precision);
  }
  state.load[i] = 0;
  state.battery.meter[i] = 0;
  const demands = {
    cooling: demand(building, series, 'cooling', row, actions.coolingDevice, hours),
    heating: demand(building, series, 'heating', row, actions.heatingDevice, hours),
    dhw: series.dhw?.[row] ?? 0,
  };
  const dischargesFirst = actions.battery < 0;
  if (dischargesFirst) chargeOwn(state, i, building, series, row, actions.battery, demands, first, setting);
  for (const use of END_USES) {
    const end = building[use];
    if (!end?.device) continue;
    const action = actions[use];
    if (action < 0) store(state, i, end, use, series, row, action, demands[use], setting);
    meet(state, i, building, end, use, series, row, demands[use], setting);
    if (action >= 0) store(state, i, end, use, series, row, action, demands[use], setting);
  }
  state.load[i] = rounded(Math.min(series.load[row]!, spare(state, i, series, row)), precision);
  if (!dischargesFirst) chargeOwn(state, i, building, series, row, actions.battery, demands, first, setting);
  if (first && physics === '3') recount(state, i, building, series, row, precision);
}

/** The device's part of the demand: in a controlled building what its share of nominal power gives, else the data's. */
function demand(
  building: Building,
  series: Series,
  use: 'cooling' | 'heating',
  row: number,
  action: number,
  hours: number,
): number {
  const given = series[use]?.[row] ?? 0;
  const end = building[use];
  if (Number.isNaN(action) || !end?.device) return given;
  return Math.max(action, 0) * end.device.nominalPower * hours * performance(end, use, series, row);
}

/** The battery, within what an outage leaves. */
function chargeOwn(
  state: BuildingState,
  i: number,
  building: Building,
  series: Series,
  row: number,
  action: number,
  demands: Readonly<Record<EndUseName, number>>,
  first: boolean,
  { hours, physics, precision }: Setting,
): void {
  const { battery } = building;
  if (!battery) return;
  if (physics === '3' && !first) standby(state.battery, i, battery, hours, precision);
  state.socBefore[i] = state.battery.soc[i]!;
  let energy =
    physics === '3' ? Math.min(Math.max(action, -1), 1) * battery.nominalPower * hours : action * battery.capacity;
  energy = Math.min(energy, spare(state, i, series, row));
  if (physics === '3' && series.outage?.[row] && energy < 0) {
    let needed = series.load[row]! - series.pv[row]!;
    for (const use of END_USES) {
      if (building[use]?.device) needed += demands[use] / performance(building[use], use, series, row);
    }
    energy = Math.max(energy, -Math.max(needed, 0));
  }
  chargeBattery(state.battery, i, battery, energy, hours, physics, precision);
}

/** A device meets the demand, less what its tank gave. */
function meet(
  state: BuildingState,
  i: number,
  building: Building,
  end: EndUse,
  use: EndUseName,
  series: Series,
  row: number,
  wanted: number,
  { precision }: Setting,
): void {
  const own = state[use];
  const cop = performance(end, use, series, row);
  const most = Math.min(spare(state, i, series, row), end.device!.nominalPower - own.electricity[i]!) * cop;
  if (!series.outage?.[row] && wanted > most + TOLERANCE) {
    throw new RangeError(
      `Environment: building '${building.name}' demands ${wanted} kWh of ${use} in row ${row}; must be at most ${most}, what its device gives. Raise its nominal power.`,
    );
  }
  const output = Math.min(wanted - Math.max(-own.balance[i]!, 0), most);
  own.output[i] = rounded(output, precision);
  own.electricity[i] = rounded(own.electricity[i]! + Math.max(0, output / cop), precision);
}

/** A tank is charged by its device, or discharged by the demand. */
function store(
  state: BuildingState,
  i: number,
  end: EndUse,
  use: EndUseName,
  series: Series,
  row: number,
  action: number,
  wanted: number,
  { hours, physics, precision }: Setting,
): void {
  const { tank, device } = end;
  if (!tank) return;
  const own = state[use];
  const cop = performance(end, use, series, row);
  const asked = action * tank.capacity * (physics === '3' ? hours : 1);
  const most = Math.min(spare(state, i, series, row), device!.nominalPower - own.electricity[i]!) * cop;
  chargeTank(own.soc, own.balance, i, tank, asked > 0 ? Math.min(most, asked) : Math.max(-wanted, asked), hours, physics, precision); // prettier-ignore
  own.electricity[i] = rounded(own.electricity[i]! + Math.max(own.balance[i]!, 0) / cop, precision);
}

/** CityLearn 3 computes the first hour's electricity anew, from output and balance; a discharge counts twice there. */
function recount(
  state: BuildingState,
  i: number,
  building: Building,
  series: Series,
  row: number,
  precision: Precision,
): void {
  for (const use of END_USES) {
    const end = building[use];
    if (!end?.device) continue;
    const own = state[use];
    own.electricity[i] = rounded((own.output[i]! + own.balance[i]!) / performance(end, use, series, row), precision);
  }
}

/** Output a unit of electricity. */
export function performance({ device }: EndUse, use: EndUseName, series: Series, row: number): number {
  if (device!.kind === 'heater') return device!.efficiency;
  return coefficientOfPerformance(device!, series.outdoor![row]!, use !== 'cooling');
}

/** Electricity that is left in an outage, kWh; without one all there is. */
function spare(state: BuildingState, i: number, { outage, pv }: Series, row: number): number {
  if (!outage?.[row]) return Infinity;
  const used = state.cooling.electricity[i]! + state.heating.electricity[i]! + state.dhw.electricity[i]!;
  return Math.max(0, pv[row]! - (used + state.load[i]! + state.battery.meter[i]!));
}

const rounded = (value: number, precision: Precision): number =>
  precision === 'citylearn' ? Math.fround(value) : value;
