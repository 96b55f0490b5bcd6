/**
 * Episodes of a district side by side: flat state [episode × building], results written where the caller says, nothing
 * allocated in a step. Names are those of Gymnasium and of PettingZoo's parallel interface.
 *
 * Timing. Of the T hours of an episode T − 1 have an action. In '2.2' a step moves on to the next hour and acts on that; what it
 * then shows is that hour, so the load and generation that the next action meets are not known, and the first hour has
 * none. In '3' a step acts on the hour that is shown, then moves on; states that it shows are those after the hour
 * before, and the last hour is not simulated.
 */
import { stream } from '@assay-ml/numerics';
import { integer, invalid, oneOf, options as checkOptions } from '@assay-ml/numerics/check';
import { actionLimit, checkBattery, type Physics, type Precision, unitEnergy } from './battery.js';
import { type Actions, buildingState, type BuildingState, END_USES, isElectric, operate, performance, resetBuilding, type Series, type Setting } from './building.js'; // prettier-ignore
import { type ActionName, actionsOf, type Building, column, type District } from './district.js';
import { encode, type Encoded, type Live } from './observations.js';
import { pvGeneration } from './pv.js';
import { gridImport } from './rewards/grid-import.js';
import type { Reward, StepView } from './rewards/reward.js';

/** Options of `Environment`. */
export interface EnvironmentOptions {
  /** Episodes side by side. Default 1. */
  readonly episodes?: number;
  /** Steps T of an episode, from 2 to the district's. Default the district's. */
  readonly length?: number;
  /** Rows where an episode may start, for `reset` to draw from. Default every `length`-th row from 0. */
  readonly starts?: ArrayLike<number>;
  /** Devices and cost of CityLearn 2.2.0 or 3.0.2. Default '3'. */
  readonly physics?: Physics;
  /** Which hour an action acts on. Default `physics`. */
  readonly timing?: Physics;
  /** Default 'float64'. */
  readonly precision?: Precision;
  /** Default CityLearn's, `gridImport`. */
  readonly reward?: Reward;
  /** Names of observations, in their order. Default what each building says, or `PAPER_OBSERVATIONS` as far as they are there. */
  readonly observations?: readonly string[];
  /** Encodes observations as CityLearn's wrapper does. Default true. */
  readonly normalise?: boolean;
  /** One agent for all: observations that the district calls shared stand in the first building's alone. Default false. */
  readonly central?: boolean;
  /** What `costWithout` is: by the tariff of `cost`, or net × price as in the authors' environment. Default 'consistent'. */
  readonly costWithoutBattery?: 'consistent' | 'authors';
}

const NAMES: Readonly<Record<keyof EnvironmentOptions, unknown>> = {
  episodes: 1, length: 1, starts: 1, physics: 1, timing: 1, precision: 1, reward: 1, observations: 1, normalise: 1, central: 1, costWithoutBattery: 1,
}; // prettier-ignore

/** The seventeen observations of the paper; encoded they are nineteen numbers. */
export const PAPER_OBSERVATIONS: readonly string[] = [
  'hour',
  'day_type',
  'solar_generation',
  'net_electricity_consumption',
  'electrical_storage_soc',
  'non_shiftable_load',
  ...[4, 6, 12, 24].map((k) => `non_shiftable_load_predicted_${k}h`),
  'direct_solar_irradiance',
  ...[1, 2, 3].map((k) => `direct_solar_irradiance_predicted_${k}`),
  'electricity_pricing',
  'selling_pricing',
  'carbon_intensity',
];

/** Where `reset` and `step` write; made by `allocate`. */
export interface StepResult {
  /** [episode × building × observation], each building's where `observationOffsets` says. */
  readonly observations: Float64Array;
  /** [episode × building]; a central agent's is their sum. */
  readonly rewards: Float64Array;
  /** Whether the episodes have ended, all at once. */
  terminated: boolean;
  /** Never: an episode has the length that was asked for. */
  readonly truncated: false;
  /** What happened in the step. */
  readonly info: StepView;
}

/** A box of real numbers, one a name. */
export interface Box {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly names: readonly string[];
}

/** Where to start. */
export interface ResetOptions {
  /** Draws the episodes' starts, without replacement as far as there are enough. Default 0. */
  readonly seed?: number;
  /** Rows where the episodes start, one each, in place of a draw. */
  readonly starts?: ArrayLike<number>;
}

/** Episodes of a district side by side. */
export class Environment {
  readonly district: District;
  readonly episodes: number;
  /** Steps T of an episode; T − 1 have an action. */
  readonly length: number;
  readonly physics: Physics;
  readonly timing: Physics;
  readonly precision: Precision;
  /** Names of agents: of the buildings. */
  readonly agents: readonly string[];
  /** Where each building's observations begin within an episode's, and at last how many there are. */
  readonly observationOffsets: Uint32Array;
  /** Where each building's actions begin within an episode's, and at last how many there are. */
  readonly actionOffsets: Uint32Array;
  /** Which of an episode's actions is each building's battery; −1 where it is not controlled. */
  readonly batteryActions: Int32Array;
  /** What an action of 1 asks of each battery, kWh. */
  readonly unit: Float64Array;
  /** Load, generation, prices and carbon intensity of each building, rounded as the precision has it. */
  readonly series: readonly Series[];
  /** How each building's observations are made. */
  readonly encoded: readonly Encoded[];
  /** Rows where the episodes started, [episode]. */
  readonly starts: Uint32Array;
  /** Which buildings have no more than PV, load and battery. */
  readonly #electric: readonly boolean[];
  readonly #setting: Setting;
  readonly #actions: readonly (readonly ActionName[])[];
  readonly #state: BuildingState;
  readonly #demands: Readonly<Record<(typeof END_USES)[number], Float64Array>>;
  readonly #view: StepView;
  readonly #reward: Reward;
  readonly #choices: Uint32Array;
  readonly #authors: boolean;
  readonly #now: Actions = { battery: 0, cooling: 0, heating: 0, dhw: 0, coolingDevice: NaN, heatingDevice: NaN };
  #t = -1;

  /** @throws RangeError for an option out of range, a battery out of range, or a district without the columns it needs */
  constructor(district: District, options: EnvironmentOptions = {}) {
    checkOptions('Environment', options, NAMES);
    const { episodes = 1, length = district.steps, physics = '3', timing = physics, precision = 'float64' } = options;
    const { reward = gridImport(), normalise = true, central = false, costWithoutBattery = 'consistent' } = options;
    const { buildings, hours, steps } = district;
    this.district = district;
    this.episodes = integer('Environment', 'episodes', episodes, 1);
    this.length = integer('Environment', 'length', length, 2);
    if (length > steps) throw invalid('Environment', 'length', length, `at most ${steps}, the rows of the data`);
    this.physics = oneOf('Environment', 'physics', physics, ['2.2', '3']);
    this.timing = oneOf('Environment', 'timing', timing, ['2.2', '3']);
    this.precision = oneOf('Environment', 'precision', precision, ['float64', 'citylearn']);
    this.#authors = oneOf('Environment', 'costWithoutBattery', costWithoutBattery, ['consistent', 'authors']) === 'authors'; // prettier-ignore
    this.#reward = reward;
    const every = Float64Array.from({ length: Math.floor(steps / length) }, (_, k) => k * length);
    this.#choices = this.#rows(options.starts ?? every);
    this.agents = buildings.map(({ name }) => name);
    for (const { battery } of buildings) if (battery) checkBattery('Environment', battery);
    this.series = buildings.map((building) => seriesOf(building, hours, precision));
    this.#electric = this.series.map(isElectric);
    this.#setting = { hours, physics, precision };
    this.#actions = buildings.map(actionsOf);
    this.actionOffsets = offsets(this.#actions.map((names) => names.length));
    this.batteryActions = Int32Array.from(this.#actions, (names, b) => {
      const k = names.indexOf('electrical_storage');
      return k < 0 || buildings[b]!.battery === null ? -1 : this.actionOffsets[b]! + k;
    });
    this.unit = Float64Array.from(buildings, ({ battery }) => (battery ? unitEnergy(battery, physics, hours) : 0));
    const size = episodes * buildings.length;
    const filled = () => new Float64Array(size);
    this.#state = buildingState(size);
    this.#demands = { cooling: filled(), heating: filled(), dhw: filled() };
    const { battery } = this.#state;
    this.#view = {
      episodes, step: 0, buildings: buildings.length, net: filled(), netWithout: filled(), meter: battery.meter, action: filled(), socBefore: this.#state.socBefore, soc: battery.soc,
      capacity: filled().map((_, i) => buildings[i % buildings.length]!.battery?.capacity ?? 0), unit: filled().map((_, i) => this.unit[i % buildings.length]!), price: filled(), sell: filled(), carbon: filled(), cost: filled(), costWithout: filled(), emission: filled(),
    }; // prettier-ignore
    const live = this.#live();
    this.encoded = buildings.map((building, b) => {
      const asked = options.observations ?? building.observations;
      const names = asked ?? PAPER_OBSERVATIONS.filter((name) => name in live || name in building.columns);
      const own = central && b > 0 ? names.filter((name) => !district.shared?.includes(name)) : names;
      return encode('Environment', building, this.series[b]!, own, live, normalise, hours);
    });
    this.observationOffsets = offsets(this.encoded.map(({ names }) => names.length));
    this.starts = new Uint32Array(episodes);
  }

  /** The hour of the episodes, from 0: that of the observations; −1 before the first `reset`. */
  get hour(): number {
    return this.#t;
  }

  /** Names and limits of a building's observations; of the net they are estimates, as in CityLearn. */
  observationSpace(building: number): Box {
    const { names, space } = this.encoded[building]!;
    return { names, low: space.low.slice(), high: space.high.slice() };
  }

  /**
   * Names and limits of a building's actions. Of a battery ±min(P·hours/C, 1) in physics 2.2 and ±1 in 3, of a tank the same with the
   * power of its device.
   */
  actionSpace(building: number): Box {
    const { district, physics } = this;
    const own = district.buildings[building]!;
    const names = this.#actions[building]!;
    const high = Float64Array.from(names, (name) => {
      if (name === 'electrical_storage') return own.battery ? actionLimit(own.battery, physics, district.hours) : 0;
      const use = END_USES.find((candidate) => name === `${candidate}_storage`);
      if (use === undefined || physics === '3') return 1;
      const { device, tank } = own[use] ?? { device: null, tank: null };
      return device && tank ? Math.min((device.nominalPower * district.hours) / tank.capacity, 1) : 0;
    });
    const low = high.map((limit, k) => (/^(cooling|heating)_device$/.test(names[k]!) ? 0 : -limit));
    return { names, low, high };
  }

  /** Room for what `reset` and `step` write. */
  allocate(): StepResult {
    return {
      observations: new Float64Array(this.episodes * this.observationOffsets.at(-1)!),
      rewards: new Float64Array(this.episodes * this.district.buildings.length),
      terminated: false,
      truncated: false,
      info: this.#view,
    };
  }

  /**
   * Starts all episodes anew.
   * @returns `out`, with the first observations and rewards of 0; `info` is the first hour without any action
   * @throws RangeError for a start outside the data
   */
  reset(options: ResetOptions = {}, out: StepResult = this.allocate()): StepResult {
    checkOptions('Environment.reset', options, { seed: 1, starts: 1 });
    const { seed = 0, starts } = options;
    if (starts === undefined) this.#draw(seed);
    else {
      if (starts.length !== this.episodes) {
        throw invalid('Environment.reset', 'starts', starts, `an array of ${this.episodes} rows, one an episode`);
      }
      this.starts.set(this.#rows(starts));
    }
    const { buildings } = this.district;
    this.#view.action.fill(0);
    for (let e = 0, i = 0; e < this.episodes; e++) {
      const row = this.starts[e]!;
      for (let b = 0; b < buildings.length; b++, i++) {
        resetBuilding(this.#state, i, buildings[b]!, this.series[b]!, row, this.#setting);
        this.#state.temperature[i] = buildings[b]!.columns['indoor_dry_bulb_temperature']?.[row] ?? 0;
      }
    }
    this.#t = 0;
    this.#settle(0);
    out.rewards.fill(0);
    out.terminated = false;
    this.#observe(out.observations);
    return out;
  }

  /**
   * One step of all episodes.
   * @param actions [episode × action], each building's where `actionOffsets` says
   * @returns `out`
   * @throws RangeError for actions of another length or not finite, before anything has changed; Error before `reset` and after the end
   */
  step(actions: ArrayLike<number>, out: StepResult = this.allocate()): StepResult {
    if (this.#t < 0 || this.#t >= this.length - 1) {
      throw new Error(
        `Environment.step: the episodes ${this.#t < 0 ? 'have not begun' : `have ended after ${this.length} hours`}; must be running. Call reset().`,
      );
    }
    const count = this.episodes * this.actionOffsets.at(-1)!;
    if (actions.length !== count) {
      throw invalid('Environment.step', 'actions', actions, `an array of ${count}, episodes × actions`);
    }
    for (let k = 0; k < count; k++) {
      if (!Number.isFinite(actions[k])) throw invalid('Environment.step', `actions[${k}]`, actions[k], 'finite');
    }
    const hour = this.timing === '3' ? this.#t : this.#t + 1;
    this.#act(actions, hour);
    this.#settle(hour);
    this.#view.step = this.#t++;
    this.#reward(this.#view, out.rewards);
    out.terminated = this.#t === this.length - 1;
    this.#observe(out.observations);
    return out;
  }

  /** All buildings act in an hour of the episodes. */
  #act(actions: ArrayLike<number>, hour: number): void {
    const { buildings } = this.district;
    const now = this.#now;
    let at = 0;
    for (let e = 0, i = 0; e < this.episodes; e++) {
      const row = this.starts[e]! + hour;
      for (let b = 0; b < buildings.length; b++, i++) {
        const building = buildings[b]!;
        const names = this.#actions[b]!;
        const driven = building.dynamics?.controlled === true && hour >= building.dynamics.lookback;
        sort(names, actions, at, driven, now);
        at += names.length;
        this.#view.action[i] = now.battery;
        operate(this.#state, i, building, this.series[b]!, row, now, hour === 0, this.#setting);
        this.#warm(i, building, row, hour);
      }
    }
  }

  /** Indoor temperature of building i after an hour. */
  #warm(i: number, building: Building, row: number, hour: number): void {
    const { columns, dynamics } = building;
    const { temperature, cooling, heating } = this.#state;
    if (dynamics === undefined || hour < dynamics.lookback) {
      const known = columns['indoor_dry_bulb_temperature'];
      if (known) temperature[i] = known[row]!;
      return;
    }
    temperature[i] = dynamics.next({
      row,
      columns,
      temperature: temperature[i]!,
      cooling: cooling.output[i]! + Math.max(-cooling.balance[i]!, 0),
      heating: heating.output[i]! + Math.max(-heating.balance[i]!, 0),
    });
  }

  /** Net, cost and emissions of an hour of the episodes. */
  #settle(hour: number): void {
    const v = this.#view;
    const { cooling, heating, dhw, load } = this.#state;
    const exact = this.precision === 'float64';
    for (let e = 0, i = 0; e < this.episodes; e++) {
      const row = this.starts[e]! + hour;
      for (let b = 0; b < v.buildings; b++, i++) {
        const series = this.series[b]!;
        const { price, sell, carbon, outage } = series;
        const generated = series.pv[row]!;
        const meter = v.meter[i]!;
        let net = cooling.electricity[i]! + heating.electricity[i]!;
        // CityLearn adds in float32, in this order.
        if (exact) net += dhw.electricity[i]! + load[i]! + meter - generated;
        else {
          net = Math.fround(Math.fround(net) + dhw.electricity[i]!);
          net = Math.fround(Math.fround(Math.fround(net + load[i]!) + meter) - generated);
        }
        if (outage?.[row]) net = 0;
        const without = this.#electric[b] ? net - meter : net - meter - this.#stored(i, b, row);
        v.net[i] = net;
        v.netWithout[i] = exact ? without : Math.fround(without);
        v.price[i] = price[row]!;
        v.sell[i] = sell ? sell[row]! : 0;
        v.carbon[i] = carbon[row]!;
        v.cost[i] = this.#costOf(net, price[row]!, sell ? sell[row]! : null);
        v.costWithout[i] = this.#authors
          ? v.netWithout[i]! * price[row]!
          : this.#costOf(v.netWithout[i]!, price[row]!, sell ? sell[row]! : null);
        v.emission[i] = Math.max(0, net * carbon[row]!);
      }
    }
    if (this.#electric.every(Boolean)) return;
    for (const use of END_USES) {
      const { output, balance } = this.#state[use];
      const demand = this.#demands[use];
      for (let i = 0; i < demand.length; i++) demand[i] = output[i]! + Math.max(-balance[i]!, 0);
    }
  }

  /** Electricity of building i that went into tanks, less what their discharge saved, kWh. */
  #stored(i: number, b: number, row: number): number {
    const building = this.district.buildings[b]!;
    let total = 0;
    for (const use of END_USES) {
      const end = building[use];
      if (end?.tank && end.device) total += this.#state[use].balance[i]! / performance(end, use, this.series[b]!, row);
    }
    return total;
  }

  /** With a selling price as the paper has it, else as the release of CityLearn: net metering in 2.2, imports alone in 3. */
  #costOf(net: number, price: number, sell: number | null): number {
    if (sell !== null) return Math.max(net, 0) * price + Math.min(net, 0) * sell;
    return (this.physics === '3' ? Math.max(net, 0) : net) * price;
  }

  #observe(out: Float64Array): void {
    const { length } = this.encoded;
    let at = 0;
    for (let e = 0, i = 0; e < this.episodes; e++) {
      const row = this.starts[e]! + this.#t;
      for (let b = 0; b < length; b++, i++) {
        const { names, rows, live, low, scale } = this.encoded[b]!;
        const width = names.length;
        const from = row * width;
        for (let k = 0; k < width; k++) out[at + k] = rows[from + k]!;
        for (let l = 0; l < live.length; l++) {
          const { at: k, values } = live[l]!;
          out[at + k] = (values[i]! - low[k]!) * scale[k]!;
        }
        at += width;
      }
    }
  }

  /** States that an observation can name. */
  #live(): Live {
    const { battery, cooling, heating, dhw, temperature } = this.#state;
    return {
      electrical_storage_soc: battery.soc,
      cooling_storage_soc: cooling.soc,
      heating_storage_soc: heating.soc,
      dhw_storage_soc: dhw.soc,
      net_electricity_consumption: this.#view.net,
      electrical_storage_electricity_consumption: battery.meter,
      cooling_electricity_consumption: cooling.electricity,
      heating_electricity_consumption: heating.electricity,
      dhw_electricity_consumption: dhw.electricity,
      cooling_demand: this.#demands.cooling,
      heating_demand: this.#demands.heating,
      dhw_demand: this.#demands.dhw,
      indoor_dry_bulb_temperature: temperature,
    };
  }

  #draw(seed: number): void {
    const draws = stream(seed, 'environment', 'starts');
    const order = draws.permutation(new Uint32Array(this.#choices.length));
    for (let e = 0; e < this.episodes; e++) this.starts[e] = this.#choices[order[e % order.length]!]!;
  }

  #rows(starts: ArrayLike<number>): Uint32Array {
    const last = this.district.steps - this.length;
    for (let k = 0; k < starts.length; k++) {
      const start = starts[k]!;
      if (!(Number.isSafeInteger(start) && start >= 0 && start <= last)) {
        throw invalid('Environment', `starts[${k}]`, start, `a row from 0 to ${last}`, `Episodes have ${this.length} of ${this.district.steps} rows.`); // prettier-ignore
      }
    }
    if (starts.length === 0) throw invalid('Environment', 'starts', starts, 'at least one row');
    return Uint32Array.from(starts);
  }
}

/** Puts a building's actions where they belong; devices follow theirs only where they are driven. */
function sort(
  names: readonly ActionName[],
  actions: ArrayLike<number>,
  at: number,
  driven: boolean,
  now: Actions,
): void {
  now.battery = now.cooling = now.heating = now.dhw = 0;
  now.coolingDevice = now.heatingDevice = NaN;
  for (let k = 0; k < names.length; k++) {
    const action = actions[at + k]!;
    const name = names[k]!;
    if (name === 'electrical_storage') now.battery = action;
    else if (name === 'cooling_storage') now.cooling = action;
    else if (name === 'heating_storage') now.heating = action;
    else if (name === 'dhw_storage') now.dhw = action;
    else if (driven && name === 'cooling_device') now.coolingDevice = action;
    else if (driven && name === 'heating_device') now.heatingDevice = action;
    else if (driven) {
      now.coolingDevice = Math.max(-action, 0);
      now.heatingDevice = Math.max(action, 0);
    }
  }
}

/** Sums of what came before, and at last of all. */
function offsets(counts: readonly number[]): Uint32Array {
  const out = new Uint32Array(counts.length + 1);
  counts.forEach((count, b) => {
    out[b + 1] = out[b]! + count;
  });
  return out;
}

/** A building's series, checked: what has a device needs a demand, and the other way round. */
function seriesOf(building: Building, hours: number, precision: Precision): Series {
  const { columns, pv, outages = false } = building;
  const rounded = (values: Float64Array) => (precision === 'citylearn' ? values.map(Math.fround) : values);
  const needed = (name: string) => rounded(column('Environment', building, name));
  const demand = (use: (typeof END_USES)[number]): Float64Array | null => {
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
