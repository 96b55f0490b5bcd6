/** A district as CityLearn describes it: buildings on one clock, each with its columns and its devices. */
import type { Battery } from './battery.js';
import type { Dynamics } from './dynamics.js';
import type { HeatPump } from './heat-pump.js';
import type { Heater } from './heater.js';
import type { Tank } from './tank.js';

/** What warms, cools or heats water, and the tank beside it. */
export interface EndUse {
  /** Null where there is none; its demand is then 0. */
  readonly device: HeatPump | Heater | null;
  readonly tank: Tank | null;
}

/** Names of end uses. */
export type EndUseName = 'cooling' | 'heating' | 'dhw';

/** In the order they are served. */
export const END_USES: readonly EndUseName[] = ['cooling', 'heating', 'dhw'];

/** What can be controlled, by CityLearn's names. */
export type ActionName =
  `${EndUseName}_storage` | 'electrical_storage' | 'cooling_device' | 'heating_device' | 'cooling_or_heating_device';

/** One building of a district. */
export interface Building {
  readonly name: string;
  /** Columns by CityLearn's names, a value a step: of the building, its weather, its prices and its carbon intensity. */
  readonly columns: Readonly<Record<string, Float64Array>>;
  /** Nominal power of the PV, kW; 0 without one. `solar_generation` is in W a kW. */
  readonly pv: number;
  readonly battery: Battery | null;
  /** Default none of them. */
  readonly cooling?: EndUse;
  readonly heating?: EndUse;
  readonly dhw?: EndUse;
  /** Indoor temperature; needed where a device is controlled. Default as in the data. */
  readonly dynamics?: Dynamics;
  /** Whether the column power_outage cuts the grid off. Default false. */
  readonly outages?: boolean;
  /** What is controlled, in the order of its actions. Default the battery, if there is one. */
  readonly actions?: readonly ActionName[];
  /** What is observed, in its order. Default `PAPER_OBSERVATIONS`, as far as they are there. */
  readonly observations?: readonly string[];
}

/** Buildings that share a clock. */
export interface District {
  readonly buildings: readonly Building[];
  /** Rows of every column. */
  readonly steps: number;
  /** Length of a step, hours; 1 unless `seconds_per_time_step` says otherwise. */
  readonly hours: number;
  /** Observations that buildings share, which a central agent sees once. Default none. */
  readonly shared?: readonly string[];
}

/** What a building's actions are. */
export const actionsOf = ({ actions, battery }: Building): readonly ActionName[] =>
  actions ?? (battery ? ['electrical_storage'] : []);

/** A column that must be there. @throws RangeError naming building and column */
export function column(where: string, building: Building, name: string): Float64Array {
  const values = building.columns[name];
  if (values === undefined) {
    throw new RangeError(
      `${where}: building '${building.name}' has no column '${name}'; must have one. It has ${Object.keys(building.columns).join(', ')}.`,
    );
  }
  return values;
}
