/**
 * Observations of a building by CityLearn's names, in the order they are asked for, raw or as its wrapper encodes them: hour, day_type
 * and month as cosine and sine of 2πx/x_max, then everything scaled to [0, 1] by its limits over all data; 0 where the two
 * limits are equal.
 */
import { scalar } from '@assay-ml/numerics';
import { nearest } from '@assay-ml/numerics/check';
import { unitEnergy } from './battery.js';
import { performance } from './building.js';
import { type Building, END_USES, type EndUseName } from './district.js';
import type { Series } from './series.js';

/** What changes with control: arrays [episode × building] that the environment keeps, by observation name. */
export type Live = Readonly<Record<string, Float64Array>>;

/** Observations of one building, ready to be copied. */
export interface Encoded {
  /** A name a number, `hour_cos` and `hour_sin` for hour. */
  readonly names: readonly string[];
  /** Scale of each number: it is (what the data says − low)·scale; 0 where all are equal. */
  readonly low: Float64Array;
  readonly scale: Float64Array;
  /** What each number may be: 0 to 1 where they are normalised, else its limits. */
  readonly space: { readonly low: Float64Array; readonly high: Float64Array };
  /** [T × names], with 0 where a number is live. */
  readonly rows: Float64Array;
  /** Live numbers: where they stand and what they are. */
  readonly live: readonly { readonly at: number; readonly values: Float64Array }[];
}

/** Observations that repeat, with their largest value. */
const PERIODS: Readonly<Record<string, number>> = { hour: 24, day_type: 7, month: 12 };

/** @throws RangeError for a name that the building has no column for */
export function encode(
  where: string,
  building: Building,
  series: Series,
  names: readonly string[],
  live: Live,
  normalise: boolean,
  hours: number,
): Encoded {
  const parts = names.flatMap((name): Part[] => {
    const values = live[name];
    if (values !== undefined) {
      const [low, high] = liveLimits(building, series, name, hours);
      return [{ name, live: values, low, high }];
    }
    const fixed = fixedValues(building, series, name);
    if (fixed === undefined) {
      const known = [...Object.keys(live), ...Object.keys(building.columns)];
      throw new RangeError(
        `${where}: building '${building.name}' has no observation '${name}'; must be a column or a state of it. Did you mean '${nearest(name, known, 1)[0]}'?`,
      );
    }
    const period = PERIODS[name];
    if (!normalise || period === undefined) {
      return [{ name, fixed, low: minimum(fixed), high: maximum(fixed) }];
    }
    return [wave(`${name}_cos`, scalar.cos, fixed, period), wave(`${name}_sin`, scalar.sin, fixed, period)];
  });
  const width = parts.length;
  const steps = series.load.length;
  const rows = new Float64Array(steps * width);
  const low = Float64Array.from(parts, (part) => (normalise ? part.low : 0));
  const scale = Float64Array.from(parts, (part) => {
    if (!normalise) return 1;
    return part.high > part.low ? 1 / (part.high - part.low) : 0;
  });
  parts.forEach(({ fixed }, at) => {
    if (fixed) for (let t = 0; t < steps; t++) rows[t * width + at] = (fixed[t]! - low[at]!) * scale[at]!;
  });
  return {
    names: parts.map(({ name }) => name),
    low,
    scale,
    space: {
      low: Float64Array.from(parts, (part) => (normalise ? 0 : part.low)),
      high: Float64Array.from(parts, (part) => (normalise ? 1 : part.high)),
    },
    rows,
    live: parts.flatMap((part, at) => (part.live ? [{ at, values: part.live }] : [])),
  };
}

interface Part {
  readonly name: string;
  readonly live?: Float64Array;
  readonly fixed?: Float64Array;
  readonly low: number;
  readonly high: number;
}

/** One of the two waves of a periodic observation; its limits are those over the values 1 to the period. */
function wave(name: string, of: (angle: number) => number, values: Float64Array, period: number): Part {
  const at = (value: number) => of((2 * Math.PI * value) / period);
  const all = Float64Array.from({ length: period }, (_, k) => at(k + 1));
  return { name, fixed: values.map(at), low: minimum(all), high: maximum(all) };
}

/** What the data alone decides. */
function fixedValues(building: Building, series: Series, name: string): Float64Array | undefined {
  if (name === 'solar_generation') return series.pv;
  if (name === 'power_outage') return series.outage ?? new Float64Array(series.load.length);
  const use = END_USES.find((candidate) => name === `${candidate}_device_efficiency`);
  if (use === undefined) return building.columns[name];
  const end = building[use];
  return end?.device ? series.load.map((_, row) => performance(end, use, series, row)) : undefined;
}

/** The largest demand is taken to be this much above that of the data. */
const DEMAND_FACTOR = 1.15;
/** Indoor temperature may leave the data's range by this, °C. */
const TEMPERATURE_DELTA = 20;

/** CityLearn's limits of what depends on control. */
function liveLimits(building: Building, series: Series, name: string, hours: number): readonly [number, number] {
  if (name.endsWith('_soc')) return [0, 1];
  const storage = building.battery === null ? 0 : unitEnergy(building.battery, '3', hours);
  if (name === 'electrical_storage_electricity_consumption') return [-storage, storage];
  const nominal = (use: EndUseName) => (building[use]?.device?.nominalPower ?? 0) * hours;
  if (name === 'net_electricity_consumption') {
    const devices = nominal('cooling') + nominal('heating') + nominal('dhw');
    const { load, pv } = series;
    return [
      Math.min(minimum(load.map((value, t) => value - (storage + pv[t]!))), 0),
      maximum(load.map((value, t) => value + devices + storage - pv[t]!)),
    ];
  }
  if (name === 'indoor_dry_bulb_temperature') {
    const values = building.columns[name] ?? Float64Array.of(0);
    return [minimum(values) - TEMPERATURE_DELTA, maximum(values) + TEMPERATURE_DELTA];
  }
  const use = END_USES.find((candidate) => name.startsWith(candidate))!;
  if (name === `${use}_demand`) return [0, DEMAND_FACTOR * maximum(series[use] ?? Float64Array.of(0))];
  return [0, nominal(use)];
}

function minimum(values: Float64Array): number {
  let least = Infinity;
  for (let i = 0; i < values.length; i++) least = Math.min(least, values[i]!);
  return least;
}

function maximum(values: Float64Array): number {
  let most = -Infinity;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]!);
  return most;
}
