/** The series that a building's balance is made of. */
import type { Precision } from './battery.js';
import { type Building, column, END_USES, type EndUseName } from './district.js';
import { pvGeneration } from './pv.js';

/** A building's series for its balance, rounded as the precision has it. */
export interface Series {
  readonly load: Float64Array;
  readonly pv: Float64Array;
  readonly price: Float64Array;
  /** Null without the column selling_pricing. */
  readonly sell: Float64Array | null;
  readonly carbon: Float64Array;
  readonly outdoor: Float64Array | null;
  readonly outage: Float64Array | null;
  /** Demands, kWh; null where there is neither device nor demand. */
  readonly cooling: Float64Array | null;
  readonly heating: Float64Array | null;
  readonly dhw: Float64Array | null;
}

/** Whether a building has no more than PV, a load and a battery, and its grid. */
export const isElectric = (series: Series): boolean =>
  series.cooling === null && series.heating === null && series.dhw === null && series.outage === null;

/**
 * A building's series: what has a device needs a demand, and the other way round.
 * @throws RangeError for a column that is missing, or a demand without a device
 */
export function seriesOf(building: Building, hours: number, precision: Precision): Series {
  const { columns, pv, outages = false } = building;
  const rounded = (values: Float64Array) => (precision === 'citylearn' ? values.map(Math.fround) : values);
  const needed = (name: string) => rounded(column('Environment', building, name));
  const demand = (use: EndUseName): Float64Array | null => {
    if (building[use]?.device) return needed(`${use}_demand`);
    const row = columns[`${use}_demand`]?.findIndex((value) => value !== 0) ?? -1;
    if (row < 0) return null;
    throw new RangeError(
      `Environment: building '${building.name}' demands ${columns[`${use}_demand`]![row]} kWh of ${use} in row ${row}; must be 0 without a device. Give it one.`,
    );
  };
  const pumps = END_USES.some((use) => building[use]?.device?.kind === 'heat pump');
  return {
    load: needed('non_shiftable_load'),
    pv: pvGeneration(column('Environment', building, 'solar_generation'), pv, hours, precision),
    price: needed('electricity_pricing'),
    sell: columns['selling_pricing'] ? rounded(columns['selling_pricing']) : null,
    carbon: needed('carbon_intensity'),
    outdoor: pumps ? needed('outdoor_dry_bulb_temperature') : null,
    outage: outages ? needed('power_outage') : null,
    cooling: demand('cooling'),
    heating: demand('heating'),
    dhw: demand('dhw'),
  };
}
