/**
 * Folders like CityLearn's without any data: sun by latitude and a clear sky (Haurwitz's irradiance), clouds that an AR(1) process
 * draws, temperature by season and hour, household loads with a peak in the morning and one in the evening, a tariff with peak hours, a
 * carbon intensity that is high in the evening. What is drawn is independent by building, sky and temperature are shared.
 */
import { scalar, stream } from '@assay-ml/numerics';
import { integer, invalid, options as checkOptions } from '@assay-ml/numerics/check';
import { formatTable } from './csv.js';
import { type CityLearnDistrict, parseDistrict } from './schema.js';

/** Options of `syntheticFolder` and `syntheticDistrict`. */
export interface SyntheticOptions {
  /** Seed of clouds, temperature and loads. Default 0. */
  readonly seed?: number;
  /** Default 2. */
  readonly buildings?: number;
  /** From the first of January. Default 365. */
  readonly days?: number;
  /** Degrees north; between −60 and 60, so that the sun sets. Default 30. */
  readonly latitude?: number;
  /** Attributes of every battery by CityLearn's names. Default 6.4 kWh, 5 kW, efficiency 0.9, no standby loss, κ = 10⁻⁵, as in its 2022 data. */
  readonly battery?: Readonly<Record<string, unknown>>;
}

const NAMES: Readonly<Record<keyof SyntheticOptions, unknown>> = { seed: 1, buildings: 1, days: 1, latitude: 1, battery: 1 }; // prettier-ignore

const BATTERY = { capacity: 6.4, nominal_power: 5, efficiency: 0.9, loss_coefficient: 0, capacity_loss_coefficient: 1e-5 }; // prettier-ignore
const MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAY = 24;
const RADIANS = Math.PI / 180;
/** Horizons of predictions, hours, by their numbers in names. */
const HORIZONS = { 1: 6, 2: 12, 3: 24 };

/** `syntheticFolder`, read. */
export const syntheticDistrict = (options: SyntheticOptions = {}): CityLearnDistrict =>
  parseDistrict(syntheticFolder(options));

/**
 * Texts of a folder that CityLearn and `parseDistrict` read: schema.json, weather.csv, pricing.csv, carbon_intensity.csv and
 * Building_1.csv, …
 * @throws RangeError for an option out of range
 */
export function syntheticFolder(options: SyntheticOptions = {}): Record<string, string> {
  checkOptions('syntheticFolder', options, NAMES);
  const { seed = 0, buildings = 2, days = 365, latitude = 30, battery = {} } = options;
  integer('syntheticFolder', 'buildings', buildings, 1);
  integer('syntheticFolder', 'days', days, 1);
  if (!(Math.abs(latitude) <= 60)) throw invalid('syntheticFolder', 'latitude', latitude, 'from -60 to 60');
  const steps = days * DAY;
  const by = (of: (hour: number, day: number, t: number) => number) =>
    Float64Array.from({ length: steps }, (_, t) => of(t % DAY, Math.floor(t / DAY), t));
  const sky = autoregressive(seed, 'clouds', 0.92, steps);
  const clearness = sky.map((x) => 0.2 + 0.8 / (1 + scalar.exp(-1.5 * (x + 0.6))));
  const height = by((hour, day) => sineOfHeight(latitude, day, hour));
  const clear = height.map((sine) => (sine > 0.02 ? 1098 * sine * scalar.exp(-0.057 / sine) : 0));
  const direct = clear.map((watt, t) => rounded(0.8 * watt * clearness[t]! * clearness[t]!, 1));
  const diffuse = clear.map((watt, t) => rounded(watt * clearness[t]! * (1 - 0.75 * clearness[t]!), 1));
  const weatherNoise = autoregressive(seed, 'temperature', 0.97, steps);
  const temperature = by((hour, day, t) => {
    const season = Math.sign(latitude || 1) * scalar.cos((2 * Math.PI * (day - 15)) / 365);
    return rounded(25 - Math.abs(latitude) / 4 - 9 * season - 4 * scalar.cos((Math.PI * (hour - 3)) / 12) + 2 * weatherNoise[t]!, 1); // prettier-ignore
  });
  const humidity = temperature.map((degrees, t) => rounded(Math.min(Math.max(75 - degrees + 8 * weatherNoise[t]!, 10), 100), 0)); // prettier-ignore
  const weather = withPredictions({
    outdoor_dry_bulb_temperature: temperature,
    outdoor_relative_humidity: humidity,
    diffuse_solar_irradiance: diffuse,
    direct_solar_irradiance: direct,
  });
  const price = by((hour, day) => {
    const summer = day >= 151 && day < 273;
    if (hour < 16 || hour > 20) return summer ? 0.21 : 0.22;
    return day % 7 > 4 ? 0.4 : summer ? 0.54 : 0.5;
  });
  const carbon = by((hour) => rounded(0.157 - 0.03 * scalar.cos((2 * Math.PI * (hour - 7)) / 12) + (hour > 16 ? 0.03 : 0), 5)); // prettier-ignore
  const files: Record<string, string> = {
    'schema.json': `${JSON.stringify(schema(steps, buildings, { ...BATTERY, ...battery }), null, 2)}\n`,
    'weather.csv': formatTable(weather),
    'pricing.csv': formatTable(withPredictions({ electricity_pricing: price })),
    'carbon_intensity.csv': formatTable({ carbon_intensity: carbon }),
  };
  for (let b = 0; b < buildings; b++) {
    const draws = stream(seed, 'synthetic', 'household', b);
    const size = 0.7 + 0.7 * draws.uniform();
    const [early, late] = [6.5 + 2 * draws.uniform(), 18.5 + 2 * draws.uniform()];
    const noise = draws.fillNormal(new Float64Array(steps));
    const shade = 0.7 + 0.2 * draws.uniform();
    const zeros = new Float64Array(steps);
    files[`Building_${b + 1}.csv`] = formatTable({
      month: by((_hour, day) => monthOf(day)),
      hour: by((hour) => (hour === 0 ? DAY : hour)),
      day_type: by((_hour, day) => 1 + (day % 7)),
      daylight_savings_status: zeros,
      // CityLearn asks for them, and uses none without indoor dynamics.
      indoor_dry_bulb_temperature: zeros.map(() => 21),
      average_unmet_cooling_setpoint_difference: zeros,
      indoor_relative_humidity: zeros.map(() => 50),
      non_shiftable_load: by((hour, day, t) => {
        const shape = 0.3 + 0.5 * bell((hour - early) / 1.5) + bell((hour - late) / 2.5) + (day % 7 > 4 ? 0.2 * bell((hour - 13) / 4) : 0); // prettier-ignore
        return rounded(size * shape * Math.max(1 + 0.25 * noise[t]!, 0.2), 4);
      }),
      dhw_demand: zeros,
      cooling_demand: zeros,
      heating_demand: zeros,
      solar_generation: clear.map((watt, t) => rounded(shade * watt * clearness[t]!, 2)),
    });
  }
  return files;
}

/** Sine of the sun's height in the middle of an hour (Cooper's declination). */
function sineOfHeight(latitude: number, day: number, hour: number): number {
  const declination = 23.45 * RADIANS * scalar.sin((2 * Math.PI * (285 + day)) / 365);
  const angle = (Math.PI / 12) * (hour + 0.5 - 12);
  const phi = latitude * RADIANS;
  return scalar.sin(phi) * scalar.sin(declination) + scalar.cos(phi) * scalar.cos(declination) * scalar.cos(angle);
}

/** x_t = ρ·x_{t−1} + √(1 − ρ²)·ε_t: standard normal at every t. */
function autoregressive(seed: number, name: string, rho: number, steps: number): Float64Array {
  const x = stream(seed, 'synthetic', name).fillNormal(new Float64Array(steps));
  for (let t = 1; t < steps; t++) x[t] = rho * x[t - 1]! + Math.sqrt(1 - rho * rho) * x[t]!;
  return x;
}

/** Columns, and what each is 6, 12 and 24 hours on; the last rows hold their own value. */
function withPredictions(columns: Readonly<Record<string, Float64Array>>): Record<string, Float64Array> {
  const all: Record<string, Float64Array> = { ...columns };
  for (const [name, values] of Object.entries(columns)) {
    for (const [index, ahead] of Object.entries(HORIZONS)) {
      all[`${name}_predicted_${index}`] = values.map((value, t) => values[t + ahead] ?? value);
    }
  }
  return all;
}

const bell = (x: number): number => scalar.exp(-x * x);

function monthOf(day: number): number {
  let left = day % 365;
  return 1 + MONTHS.findIndex((length) => (left -= length) < 0);
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

function schema(steps: number, buildings: number, battery: Readonly<Record<string, unknown>>): unknown {
  const shared = ['month', 'day_type', 'hour', 'direct_solar_irradiance', 'diffuse_solar_irradiance', 'outdoor_dry_bulb_temperature', 'outdoor_relative_humidity', 'carbon_intensity', 'electricity_pricing']; // prettier-ignore
  const predicted = ['direct_solar_irradiance', 'diffuse_solar_irradiance', 'outdoor_dry_bulb_temperature', 'outdoor_relative_humidity', 'electricity_pricing']; // prettier-ignore
  const own = ['non_shiftable_load', 'solar_generation', 'electrical_storage_soc', 'net_electricity_consumption'];
  const all = shared.flatMap((name) => [
    name,
    ...(predicted.includes(name) ? [1, 2, 3].map((k) => `${name}_predicted_${k}`) : []),
  ]);
  const entry = (common: boolean) => (name: string) => [name, { active: true, shared_in_central_agent: common }];
  return {
    random_seed: 2022,
    root_directory: null,
    central_agent: false,
    simulation_start_time_step: 0,
    simulation_end_time_step: steps - 1,
    episode_time_steps: null,
    rolling_episode_split: false,
    random_episode_split: false,
    seconds_per_time_step: 3600,
    observations: Object.fromEntries([...all.map(entry(true)), ...own.map(entry(false))]),
    actions: { electrical_storage: { active: true } },
    agent: { type: 'citylearn.agents.rbc.BasicRBC', attributes: {} },
    reward_function: { type: 'citylearn.reward_function.RewardFunction', attributes: null },
    buildings: Object.fromEntries(
      Array.from({ length: buildings }, (_, b) => [
        `Building_${b + 1}`,
        {
          include: true,
          energy_simulation: `Building_${b + 1}.csv`,
          weather: 'weather.csv',
          carbon_intensity: 'carbon_intensity.csv',
          pricing: 'pricing.csv',
          inactive_observations: [],
          inactive_actions: [],
          electrical_storage: { type: 'citylearn.energy_model.Battery', autosize: false, attributes: battery },
          pv: { type: 'citylearn.energy_model.PV', autosize: false, attributes: { nominal_power: 4 } },
        },
      ]),
    ),
  };
}
