/**
 * The paper's data: buildings whose load is made of their own solar profile, so that a perfect battery needs no grid.
 *
 * Of each day's PV generation g_h, sixty per cent are used at once; the rest charges the battery until it is full, what does not
 * fit is used too; after the last sunny hour the battery feeds a constant load until one hour before the day's end:
 *
 *   store_h = min(0.4·g_h, C − stored), load_h = g_h − store_h, then load_h = stored/(24 − last − 1), h = last … 22.
 *
 * So PV = load on every day, and the schedule that is kept beside the data needs no grid: cost and emissions are 0.
 * paper → code: load_ratio .6 → `loadRatio`, selling_margin .4 → `sellingMargin`, C → `capacity`.
 */
import { stream } from '@assay-ml/numerics';
import {
  atLeast,
  fraction,
  integer,
  invalid,
  options as checkOptions,
  positive,
  requireKeys,
} from '@assay-ml/numerics/check';
import type { Battery } from './battery.js';
import { type Building, column, type District } from './district.js';
import { flat } from './curve.js';

/** Options of `netZero`. */
export interface NetZeroOptions {
  /** Seed of forecast noise, shifts and mixtures. Default 0. */
  readonly seed?: number;
  /** How many of the base's buildings, from the first. Default 2, as in the paper (it also has 5). */
  readonly buildings?: number;
  /** PV generates its day's maximum whenever it generates. Default true, as in the paper. */
  readonly simplified?: boolean;
  /** Rolls each building by a whole number of months, 1 to 11, another for each. Default false. */
  readonly shifted?: boolean;
  /** Number of buildings to evaluate on, mixtures of two. Default `buildings`. */
  readonly evaluation?: number;
  /** Part of the generation that is used at once, in [0, 1). Default 0.6. */
  readonly loadRatio?: number;
  /** Selling price: the day's lowest price times 1 − sellingMargin, which is in [0, 1). Default 0.4. */
  readonly sellingMargin?: number;
  /** Of every battery, kWh. Default 1. */
  readonly capacity?: number;
  /** Standard deviation of the forecast noise at the first horizon, kWh; √j times that at the j-th. Default 0.01. */
  readonly noise?: number;
}

const NAMES: Readonly<Record<keyof NetZeroOptions, unknown>> = {
  seed: 1, buildings: 1, simplified: 1, shifted: 1, evaluation: 1, loadRatio: 1, sellingMargin: 1, capacity: 1, noise: 1,
}; // prettier-ignore

/** What a perfect battery does, hour by hour; all of length T. */
export interface Schedule {
  /** Energy at the meter, kWh. */
  readonly battery: Float64Array;
  /** State of charge after the hour. */
  readonly soc: Float64Array;
  /** In parts of the capacity. */
  readonly action: Float64Array;
}

/** Districts to train and to evaluate on, each with its optimal schedules. */
export interface NetZero {
  readonly train: District;
  readonly evaluation: District;
  /** A schedule a building. */
  readonly schedules: { readonly train: readonly Schedule[]; readonly evaluation: readonly Schedule[] };
}

/** Hours of a day. */
const DAY = 24;
const MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Horizons of the load's forecasts, hours. */
const HORIZONS = [4, 6, 12, 24];
/** Counted, not measured: a mixture takes them from its first building. */
const CALENDAR = new Set(['month', 'day_type', 'hour', 'daylight_savings_status']);

/** The ideal battery of the paper: lossless, ageless, full in an hour. */
export const idealBattery = (capacity: number): Battery => ({
  capacity,
  nominalPower: capacity,
  efficiency: 1,
  lossCoefficient: 0,
  capacityLossCoefficient: 0,
  depthOfDischarge: 1,
  initialSoc: 0,
  powerEfficiencyCurve: flat,
  capacityPowerCurve: flat,
});

/**
 * Makes the paper's data from a year of hourly profiles, of which it takes solar generation, prices, carbon intensity, weather and
 * calendar.
 * @param base whole days of one-hour steps with the columns solar_generation, electricity_pricing and carbon_intensity; they
 * are neither changed nor copied
 * @throws TypeError for arguments of another kind; RangeError for an option out of range, a base without whole days, or a day without dark hours before its end
 */
export function netZero(base: District, options: NetZeroOptions = {}): NetZero {
  checkOptions('netZero', options, NAMES);
  requireKeys('netZero', 'base', base, ['buildings', 'steps', 'hours'], 'loadDistrict() reads one.');
  const { seed = 0, buildings = 2, simplified = true, shifted = false, evaluation = buildings } = options;
  const { loadRatio = 0.6, sellingMargin = 0.4, capacity = 1, noise = 0.01 } = options;
  integer('netZero', 'buildings', buildings, 2, 'A mixture takes two.');
  if (buildings > base.buildings.length) {
    throw invalid('netZero', 'buildings', buildings, `at most ${base.buildings.length}, the buildings of the base`);
  }
  integer('netZero', 'evaluation', evaluation, 1);
  fraction('netZero', 'loadRatio', loadRatio);
  fraction('netZero', 'sellingMargin', sellingMargin);
  positive('netZero', 'capacity', capacity);
  atLeast('netZero', 'noise', noise, 0);
  const { steps } = base;
  if (base.hours !== 1 || steps % DAY !== 0 || (shifted && steps !== 365 * DAY)) {
    throw new RangeError(
      `netZero: the base has ${steps} steps of ${base.hours} h; must have whole days of one-hour steps${shifted ? ', a year of 365 where it is shifted' : ''}.`,
    );
  }
  const noises = HORIZONS.map((_, j) => {
    const values = stream(seed, 'netzero', 'forecast', j).fillNormal(new Float64Array(steps));
    return values.map((value) => noise * value);
  });
  const made = base.buildings.slice(0, buildings).map((building, index) => {
    const { load, solar, schedule } = balance(building, simplified, loadRatio, capacity);
    const days = shifted ? cumulativeDays(1 + stream(seed, 'netzero', 'shift', index).integer(11)) : 0;
    const rolled = (values: Float64Array) => roll(values, days * DAY);
    const price = column('netZero', building, 'electricity_pricing');
    const own: Record<string, Float64Array> = {
      ...building.columns,
      solar_generation: solar,
      non_shiftable_load: load,
      selling_pricing: sellingPrice(price, sellingMargin),
    };
    const columns = Object.fromEntries(Object.entries(own).map(([name, values]) => [name, rolled(values)]));
    forecasts(columns, noises);
    return {
      building: { name: building.name, columns, pv: 1, battery: idealBattery(capacity) } satisfies Building,
      schedule: { battery: rolled(schedule.battery), soc: rolled(schedule.soc), action: rolled(schedule.action) },
    };
  });
  const mixed = Array.from({ length: evaluation }, (_, slot) => {
    const draws = stream(seed, 'netzero', 'mixture', slot);
    const alpha = draws.uniform();
    const [a, b] = draws.choice(buildings, new Uint32Array(2));
    return mixture(`Mixture_${slot + 1}`, made[a!]!, made[b!]!, alpha);
  });
  const district = (of: readonly { building: Building }[]): District => ({
    buildings: of.map(({ building }) => building),
    steps,
    hours: 1,
  });
  return {
    train: district(made),
    evaluation: district(mixed),
    schedules: { train: made.map(({ schedule }) => schedule), evaluation: mixed.map(({ schedule }) => schedule) },
  };
}

/** A building's load and schedule out of its solar profile. */
function balance(
  building: Building,
  simplified: boolean,
  loadRatio: number,
  capacity: number,
): { load: Float64Array; solar: Float64Array; schedule: Schedule } {
  const source = column('netZero', building, 'solar_generation');
  const steps = source.length;
  const solar = new Float64Array(steps);
  const load = new Float64Array(steps);
  const battery = new Float64Array(steps);
  const soc = new Float64Array(steps);
  for (let start = 0; start < steps; start += DAY) {
    let peak = 0;
    let last = 0;
    for (let h = 0; h < DAY; h++) {
      const watt = source[start + h]!;
      peak = Math.max(peak, watt);
      if (watt > 0) last = h + 1;
    }
    let stored = 0;
    for (let h = 0; h < DAY; h++) {
      const watt = source[start + h]!;
      const g = (simplified && watt > 0 ? peak : watt) / 1000;
      const surplus = (1 - loadRatio) * g;
      const store = Math.min(surplus, capacity - stored);
      solar[start + h] = g * 1000;
      load[start + h] = loadRatio * g + Math.max(0, surplus - store);
      battery[start + h] = store;
      stored += store;
    }
    const dark = DAY - last - 1;
    if (stored > 0 && dark < 1) {
      throw new RangeError(
        `netZero: building '${building.name}' has sun in hour ${last - 1} of the day that starts in row ${start}; must be dark in the last two hours. Let days begin at midnight.`,
      );
    }
    for (let h = last; stored > 0 && h < DAY - 1; h++) {
      load[start + h] = load[start + h]! + stored / dark;
      battery[start + h] = battery[start + h]! - stored / dark;
    }
    for (let h = 0, level = 0; h < DAY; h++) {
      level += battery[start + h]!;
      soc[start + h] = level / capacity;
    }
  }
  return { load, solar, schedule: { battery, soc, action: battery.map((energy) => energy / capacity) } };
}

/** The day's lowest price, less the margin. */
function sellingPrice(price: Float64Array, margin: number): Float64Array {
  const out = new Float64Array(price.length);
  for (let start = 0; start < price.length; start += DAY) {
    out.fill(price.subarray(start, start + DAY).reduce((a, b) => Math.min(a, b)) * (1 - margin), start, start + DAY);
  }
  return out;
}

/**
 * Adds the load's forecasts to the columns: the true load k hours on, with noise that adds up over the horizons and is independent
 * by hour; the last k rows hold the load itself.
 */
function forecasts(columns: Record<string, Float64Array>, noises: readonly Float64Array[]): void {
  const load = columns['non_shiftable_load']!;
  const total = new Float64Array(load.length);
  HORIZONS.forEach((k, j) => {
    const forecast = new Float64Array(load.length);
    for (let t = 0; t < load.length; t++) {
      total[t] = total[t]! + noises[j]![t]!;
      forecast[t] = load[t + k < load.length ? t + k : t]! + total[t]!;
    }
    columns[`non_shiftable_load_predicted_${k}h`] = forecast;
  });
}

const cumulativeDays = (months: number): number => MONTHS.slice(0, months).reduce((a, b) => a + b, 0);

/** Values moved on by `by` rows, the last ones to the front. */
function roll(values: Float64Array, by: number): Float64Array {
  if (by === 0) return values;
  const out = new Float64Array(values.length);
  out.set(values.subarray(0, values.length - by), by);
  out.set(values.subarray(values.length - by), 0);
  return out;
}

/**
 * α of one building and 1 − α of another. All constraints of the schedule are linear, so that the mixed one needs no grid either.
 */
function mixture(
  name: string,
  a: { building: Building; schedule: Schedule },
  b: { building: Building; schedule: Schedule },
  alpha: number,
): { building: Building; schedule: Schedule } {
  const mix = (x: Float64Array, y: Float64Array) => x.map((value, t) => alpha * value + (1 - alpha) * y[t]!);
  const columns = Object.fromEntries(
    Object.entries(a.building.columns).map(([key, values]) => [
      key,
      CALENDAR.has(key) ? values : mix(values, b.building.columns[key]!),
    ]),
  );
  const capacity = (a.building.battery!.capacity + b.building.battery!.capacity) / 2;
  const battery = mix(a.schedule.battery, b.schedule.battery);
  return {
    building: { name, columns, pv: 1, battery: idealBattery(capacity) },
    schedule: {
      battery,
      soc: mix(a.schedule.soc, b.schedule.soc),
      action: battery.map((energy) => energy / capacity),
    },
  };
}
