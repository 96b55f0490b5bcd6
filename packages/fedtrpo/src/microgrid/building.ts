/** A building as CityLearn describes it: its columns and its devices. */
import type { Battery } from './battery.js';

/** One building of a district. */
export interface Building {
  readonly name: string;
  /** Columns by CityLearn's names, a value an hour: of the building, its weather, its prices and its carbon intensity. */
  readonly columns: Readonly<Record<string, Float64Array>>;
  /** Nominal power of the PV, kW; 0 without one. `solar_generation` is in W a kW. */
  readonly pv: number;
  readonly battery: Battery | null;
}

/** Buildings that share a clock. */
export interface District {
  readonly buildings: readonly Building[];
  /** Rows of every column. */
  readonly steps: number;
  /** Length of a step, hours; 1 unless `seconds_per_time_step` says otherwise. */
  readonly hours: number;
}

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
