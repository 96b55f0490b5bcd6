/**
 * CityLearn's folders: a `schema.json` and the CSV files it names, as they are. Where it leaves attributes of devices out they are
 * drawn as CityLearn draws them.
 */
import { mersenneTwister } from '@assay-ml/numerics';
import { invalid, nearest, options as checkOptions, requireKeys, requireText } from '@assay-ml/numerics/check';
import { type Battery, checkBattery } from './battery.js';
import { curve } from './curve.js';
import { parseTable, type Table } from './csv.js';
import type { ActionName, Building, District, EndUse, EndUseName } from './district.js';
import { deviceSeed } from './device-seed.js';
import type { HeatPump } from './heat-pump.js';
import type { Heater } from './heater.js';
import type { Tank } from './tank.js';

/** Options of `parseDistrict` and `loadDistrict`. */
export interface SchemaOptions {
  /** Buildings to take, by name, in the schema's order. Default all that it includes. */
  readonly buildings?: readonly string[];
  /** Leaves out what is not supported, and lists it, in place of refusing it. Default false. */
  readonly ignoreUnsupported?: boolean;
  /** In place of the schema's random_seed, of which drawn attributes depend. */
  readonly randomSeed?: number;
}

/** A district read from a schema. */
export interface CityLearnDistrict extends District {
  /** Whether the schema asks for one agent for all. */
  readonly central: boolean;
  /** Its episode_time_steps; null for all. */
  readonly episodeSteps: number | null;
  /** What was left out, with `ignoreUnsupported`. */
  readonly ignored: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

const FUNCTION = 'parseDistrict';
const STORAGES: readonly EndUseName[] = ['cooling', 'heating', 'dhw'];
const ACTIONS: readonly string[] = [
  ...STORAGES.map((use) => `${use}_storage`),
  'electrical_storage',
  'cooling_device',
  'heating_device',
  'cooling_or_heating_device',
];
const PLAIN_BUILDINGS = ['citylearn.citylearn.Building', 'citylearn.building.Building'];
/** Parts of a building that have no model here. */
const UNSUPPORTED = ['chargers', 'electric_vehicles', 'deferrable_appliances', 'washing_machines', 'escalators', 'occupant', 'dynamics', 'charging_constraints', 'electrical_service']; // prettier-ignore

/**
 * A district from a folder of CityLearn. Node alone; elsewhere `parseDistrict`.
 * @param folder where schema.json lies, or the path of a schema
 * @throws TypeError for arguments of another kind; Error for a file that cannot be read; else what `parseDistrict` throws
 */
export async function loadDistrict(folder: string, options: SchemaOptions = {}): Promise<CityLearnDistrict> {
  requireText('loadDistrict', 'folder', folder, 'Name a folder with a schema.json.');
  const { readFile } = await import('node:fs/promises');
  const { dirname, join } = await import('node:path');
  const path = folder.endsWith('.json') ? folder : join(folder, 'schema.json');
  const read = async (file: string): Promise<string> => {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new Error(`loadDistrict: '${file}' cannot be read (${code}); must be a file of a CityLearn folder. Check the path.`, { cause: error }); // prettier-ignore
    }
  };
  const text = await read(path);
  const names = [...filesOf(parseJson(text, path), options)];
  const texts = await Promise.all(names.map((name) => read(join(dirname(path), name))));
  return parseDistrict({ 'schema.json': text, ...Object.fromEntries(names.map((name, k) => [name, texts[k]!])) }, options); // prettier-ignore
}

/**
 * A district from the texts of a folder.
 * @param files names to texts: 'schema.json' and the CSV files that it names
 * @throws TypeError for arguments of another kind; RangeError for a schema that names a file, a building or a device that is not there, has none of the supported types or
 * attributes out of range, for files that are no tables of numbers, and for buildings of unequal length
 */
export function parseDistrict(files: Readonly<Record<string, string>>, options: SchemaOptions = {}): CityLearnDistrict {
  checkOptions<SchemaOptions>(FUNCTION, options, { buildings: 1, ignoreUnsupported: 1, randomSeed: 1 });
  requireKeys('parseDistrict', 'files', files, [], "Give texts by their names, 'schema.json' among them.");
  const text = files['schema.json'];
  if (text === undefined) throw invalid(FUNCTION, 'files', Object.keys(files), "a map with 'schema.json'");
  const schema = parseJson(text, 'schema.json');
  const randomSeed = options.randomSeed ?? schema['random_seed'] ?? null;
  if (!(Number.isSafeInteger(randomSeed) && (randomSeed as number) >= 0)) {
    throw invalid(FUNCTION, 'random_seed', randomSeed, 'an integer of at least 0', 'Give one as randomSeed.');
  }
  const ignored: string[] = [];
  const refuse = (what: string): void => {
    if (options.ignoreUnsupported !== true) {
      throw new RangeError(`${FUNCTION}: ${what} is not supported; must be left out. Leave it out of the schema, or set ignoreUnsupported.`); // prettier-ignore
    }
    ignored.push(what);
  };
  const tables = new Map<string, Table>();
  const table = (file: string): Table => {
    const known = tables.get(file);
    if (known) return known;
    const content = files[file];
    if (content === undefined) {
      const candidates = Object.keys(files);
      throw new RangeError(`${FUNCTION}: the schema names the file '${file}', which is not there; must be among ${candidates.length} files. Did you mean '${nearest(file, candidates, 1)[0]}'?`); // prettier-ignore
    }
    const made = parseTable(content, file);
    tables.set(file, made);
    return made;
  };
  const hours = number(schema['seconds_per_time_step'] ?? 3600, 'seconds_per_time_step') / 3600;
  const first = number(schema['simulation_start_time_step'] ?? 0, 'simulation_start_time_step');
  const last = number(schema['simulation_end_time_step'] ?? Infinity, 'simulation_end_time_step');
  const buildings = chosen(schema, options).map(([name, building]): Building => {
    const own = object(building, `buildings.${name}`);
    const columns: Record<string, Float64Array> = {};
    let length: number | null = null;
    for (const part of ['energy_simulation', 'weather', 'pricing', 'carbon_intensity']) {
      const file = own[part];
      if (file === undefined || file === null) continue;
      const read = table(String(file));
      for (const [column, values] of Object.entries(read)) {
        length ??= values.length;
        if (values.length !== length) {
          throw new RangeError(`${FUNCTION}: '${String(file)}' has ${values.length} rows and '${String(own['energy_simulation'])}' ${length}; must be equal.`); // prettier-ignore
        }
        columns[canonical(column)] = values.subarray(first, Math.min(last + 1, length));
      }
    }
    if (length === null) throw invalid(FUNCTION, `buildings.${name}.energy_simulation`, own['energy_simulation'], 'the name of a CSV file'); // prettier-ignore
    const rows = Math.max(Math.min(last + 1, length) - first, 0);
    for (const needed of ['electricity_pricing', 'carbon_intensity']) columns[needed] ??= new Float64Array(rows);
    for (const part of UNSUPPORTED) if (present(own[part])) refuse(`'${part}' of building '${name}'`);
    const type = String(own['type'] ?? PLAIN_BUILDINGS[0]);
    if (!PLAIN_BUILDINGS.includes(type)) refuse(`the type '${type}' of building '${name}'`);
    const device = (kind: string, types: readonly string[]): Device | null => {
      const part = own[kind];
      if (part === undefined || part === null) return null;
      const { type: deviceType, attributes, autosize } = object(part, `buildings.${name}.${kind}`);
      const model = types.find((candidate) => deviceType === `citylearn.energy_model.${candidate}`);
      if (model === undefined) {
        refuse(`the type '${String(deviceType)}' of '${kind}' of building '${name}'`);
        return null;
      }
      if (autosize === true) refuse(`'autosize' of '${kind}' of building '${name}'`);
      const given = object(attributes ?? {}, `buildings.${name}.${kind}.attributes`);
      const seed = given['random_seed'] ?? deviceSeed(randomSeed as number, [name, type, kind, String(deviceType)]);
      return { model, given, where: `buildings.${name}.${kind}`, u: mersenneTwister(number(seed, 'random_seed'))() };
    };
    const endUse = (use: EndUseName): EndUse => ({
      device: heatSource(device(`${use}_device`, ['HeatPump', 'ElectricHeater'])),
      tank: tank(device(`${use}_storage`, ['StorageTank'])),
    });
    const outage = object(own['power_outage'] ?? {}, `buildings.${name}.power_outage`);
    if (outage['stochastic_power_outage'] === true) refuse(`'stochastic_power_outage' of building '${name}'`);
    const pv = device('pv', ['PV']);
    return {
      name,
      columns,
      pv: pv ? attribute(pv, 'nominal_power', 0, 0) : 0,
      battery: battery(device('electrical_storage', ['Battery'])),
      ...Object.fromEntries(STORAGES.map((use) => [use, endUse(use)])),
      outages: outage['simulate_power_outage'] === true && outage['stochastic_power_outage'] !== true,
      observations: active(schema, own, 'observations').map(canonical),
      actions: active(schema, own, 'actions').filter((action): action is ActionName => {
        const known = ACTIONS.includes(action);
        if (!known) refuse(`the action '${action}'`);
        return known;
      }),
    };
  });
  const lengths = buildings.map(({ columns }) => Object.values(columns)[0]!.length);
  const odd = lengths.findIndex((length) => length !== lengths[0]);
  if (odd > 0) {
    throw new RangeError(`${FUNCTION}: building '${buildings[odd]!.name}' has ${lengths[odd]} rows and '${buildings[0]!.name}' ${lengths[0]}; must be equal.`); // prettier-ignore
  }
  const observations = object(schema['observations'] ?? {}, 'observations');
  const episode = schema['episode_time_steps'];
  return {
    buildings,
    steps: lengths[0]!,
    hours,
    shared: Object.keys(observations)
      .filter((name) => object(observations[name], `observations.${name}`)['shared_in_central_agent'] === true)
      .map(canonical),
    central: schema['central_agent'] === true,
    episodeSteps: typeof episode === 'number' ? episode : null,
    ignored,
  };
}

/** A device of a schema: its model, its attributes, where it stands, and the u of what it leaves out. */
interface Device {
  readonly model: string;
  readonly given: Json;
  readonly where: string;
  readonly u: number;
}

/** An attribute, or what CityLearn has in its place: a number, or one between two. */
function attribute(device: Device, name: string, low: number, high: number): number {
  const given = device.given[name];
  if (given !== undefined && given !== null) return number(given, `${device.where}.${name}`);
  return low === high ? low : low + (high - low) * device.u;
}

function battery(device: Device | null): Battery | null {
  if (!device) return null;
  const { given, where, u } = device;
  const efficiency = attribute(device, 'efficiency', 0.9, 0.98);
  const depthOfDischarge = attribute(device, 'depth_of_discharge', 1, 1);
  const between = (low: number, high: number) => low + (high - low) * u;
  const part = (low: number, high: number) => between(efficiency * low, efficiency * high);
  const knots = (name: string, drawn: [number, number][]) =>
    curve(FUNCTION, `${where}.${name}`, (given[name] as [number, number][] | null | undefined) ?? drawn);
  const made: Battery = {
    capacity: attribute(device, 'capacity', 0, 0),
    nominalPower: attribute(device, 'nominal_power', 0, 0),
    efficiency,
    lossCoefficient: attribute(device, 'loss_coefficient', 0.001, 0.009),
    capacityLossCoefficient: attribute(device, 'capacity_loss_coefficient', 1e-5, 1e-4),
    depthOfDischarge,
    initialSoc: attribute(device, 'initial_soc', 1 - depthOfDischarge, 1 - depthOfDischarge),
    powerEfficiencyCurve: knots('power_efficiency_curve', [
      [0, part(0.85, 0.9)],
      [between(0.25, 0.35), part(0.9, 0.95)],
      [between(0.65, 0.75), part(0.98, 1)],
      [between(0.75, 0.85), efficiency],
      [1, part(0.95, 0.98)],
    ]),
    capacityPowerCurve: knots('capacity_power_curve', [
      [0, between(0.95, 1)],
      [between(0.75, 0.85), between(0.9, 0.95)],
      [1, between(0.2, 0.3)],
    ]),
  };
  checkBattery(`${FUNCTION}: ${where}`, made);
  return made;
}

function heatSource(device: Device | null): HeatPump | Heater | null {
  if (!device) return null;
  const nominalPower = attribute(device, 'nominal_power', 0, 0);
  if (device.model === 'ElectricHeater') {
    return { kind: 'heater', nominalPower, efficiency: attribute(device, 'efficiency', 0.9, 0.99) };
  }
  return {
    kind: 'heat pump',
    nominalPower,
    efficiency: attribute(device, 'efficiency', 0.2, 0.3),
    targetHeatingTemperature: attribute(device, 'target_heating_temperature', 45, 50),
    targetCoolingTemperature: attribute(device, 'target_cooling_temperature', 7, 10),
  };
}

function tank(device: Device | null): Tank | null {
  if (!device) return null;
  return {
    capacity: attribute(device, 'capacity', 0, 0),
    efficiency: attribute(device, 'efficiency', 0.9, 0.98),
    lossCoefficient: attribute(device, 'loss_coefficient', 0.001, 0.009),
    initialSoc: attribute(device, 'initial_soc', 0, 0),
    maxInputPower: attribute(device, 'max_input_power', Infinity, Infinity),
    maxOutputPower: attribute(device, 'max_output_power', Infinity, Infinity),
  };
}

function parseJson(text: string, file: string): Json {
  try {
    return object(JSON.parse(text), file);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RangeError(`${FUNCTION}: '${file}' is no JSON (${error.message}); must be a schema of CityLearn.`, { cause: error }); // prettier-ignore
  }
}

function object(value: unknown, name: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw invalid(FUNCTION, name, value, 'an object');
}

function number(value: unknown, name: string): number {
  if (typeof value === 'number' && !Number.isNaN(value)) return value;
  throw invalid(FUNCTION, name, value, 'a number');
}

const present = (value: unknown): boolean =>
  value !== undefined && value !== null && (typeof value !== 'object' || Object.keys(value).length > 0);

/** The schema's buildings that are to be taken, in its order. */
function chosen(schema: Json, { buildings }: SchemaOptions): readonly (readonly [string, unknown])[] {
  const all = Object.entries(object(schema['buildings'], 'buildings'));
  if (buildings === undefined) {
    const included = all.filter(([name, building]) => object(building, `buildings.${name}`)['include'] !== false);
    if (included.length === 0) throw new RangeError(`${FUNCTION}: the schema includes no building; must include one.`);
    return included;
  }
  const names = all.map(([name]) => name);
  for (const name of buildings) {
    if (!names.includes(name)) throw invalid(FUNCTION, 'buildings', name, `among ${names.join(', ')}`);
  }
  if (buildings.length === 0) throw invalid(FUNCTION, 'buildings', buildings, 'at least one name');
  return all.filter(([name]) => buildings.includes(name));
}

/** The files that the chosen buildings need. */
const filesOf = (schema: Json, options: SchemaOptions): Set<string> =>
  new Set(
    chosen(schema, options).flatMap(([name, building]) => {
      const own = object(building, `buildings.${name}`);
      return ['energy_simulation', 'weather', 'pricing', 'carbon_intensity'].flatMap((part) =>
        typeof own[part] === 'string' ? [own[part]] : [],
      );
    }),
  );

/** Names that are active in a building, in the schema's order. */
function active(schema: Json, building: Json, kind: 'observations' | 'actions'): string[] {
  const all = object(schema[kind] ?? {}, kind);
  const left = building[`inactive_${kind}`];
  const inactive: readonly unknown[] = Array.isArray(left) ? left : [];
  return Object.keys(all).filter(
    (name) => object(all[name], `${kind}.${name}`)['active'] === true && !inactive.includes(name),
  );
}

/** Older files name predictions by hours, newer ones by number; of loads hours are more than three, and stay. */
const canonical = (name: string): string =>
  name.startsWith('non_shiftable_load')
    ? name
    : name.replace(
        /_predicted_(6|12|24)h$/,
        (_, hours: string) => `_predicted_${{ 6: 1, 12: 2, 24: 3 }[hours as '6']}`,
      );
