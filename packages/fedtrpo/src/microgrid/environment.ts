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
import { actionLimit, batteryState, chargeBattery, type Physics, type Precision, resetBattery, standby, unitEnergy } from './battery.js'; // prettier-ignore
import { column, type District } from './building.js';
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
  /** Battery and cost of CityLearn 2.2.0 or 3.0.2. Default '3'. */
  readonly physics?: Physics;
  /** Which hour an action acts on. Default `physics`. */
  readonly timing?: Physics;
  /** Default 'float64'. */
  readonly precision?: Precision;
  /** Default CityLearn's: −max(net, 0). */
  readonly reward?: Reward;
  /** Names of observations, in their order. Default `PAPER_OBSERVATIONS` where all its columns are there. */
  readonly observations?: readonly string[];
  /** Encodes observations as CityLearn's wrapper does. Default true. */
  readonly normalise?: boolean;
  /** What `costWithout` is: by the tariff of `cost`, or price × net as in the authors' environment. Default 'consistent'. */
  readonly costWithoutBattery?: 'consistent' | 'authors';
}

const NAMES: Readonly<Record<keyof EnvironmentOptions, unknown>> = {
  episodes: 1, length: 1, starts: 1, physics: 1, timing: 1, precision: 1, reward: 1, observations: 1, normalise: 1, costWithoutBattery: 1,
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
  /** [episode × building × observation]. */
  readonly observations: Float64Array;
  /** [episode × building]. */
  readonly rewards: Float64Array;
  /** Whether the episodes have ended, all at once. */
  terminated: boolean;
  /** Never: an episode has the length that was asked for. */
  readonly truncated: false;
  /** What happened in the step, also to those who look behind the rewards. */
  readonly info: StepView;
}

/** A box of real numbers. */
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

/** What a building's columns say of its balance, as the precision has it; a value a row. */
export interface Series {
  readonly load: Float64Array;
  readonly pv: Float64Array;
  readonly price: Float64Array;
  readonly sell: Float64Array | null;
  readonly carbon: Float64Array;
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
  /** Names of the numbers of an observation, for each building. */
  readonly observationNames: readonly (readonly string[])[];
  /** Where each building's observation begins within an episode's, and at last their total. */
  readonly observationOffsets: Uint32Array;
  /** What an action of 1 asks for, kWh, [building]. */
  readonly unit: Float64Array;
  /** Load, generation, prices and carbon intensity of each building, as rounded. */
  readonly series: readonly Series[];
  /** How each building's observations are made. */
  readonly encoded: readonly Encoded[];
  /** States [episode × building] that an observation can name. */
  readonly live: Live;
  /** Rows where the episodes started, [episode]. */
  readonly starts: Uint32Array;
  readonly #battery;
  readonly #view: StepView;
  readonly #reward: Reward;
  readonly #choices: Uint32Array;
  readonly #authors: boolean;
  #t = -1;

  /** @throws RangeError for an option out of range or a district without the columns it needs */
  constructor(district: District, options: EnvironmentOptions = {}) {
    checkOptions('Environment', options, NAMES);
    const { episodes = 1, length = district.steps, physics = '3', timing = physics, precision = 'float64' } = options;
    const { reward = gridImport(), normalise = true, costWithoutBattery = 'consistent' } = options;
    this.district = district;
    this.episodes = integer('Environment', 'episodes', episodes, 1);
    this.length = integer('Environment', 'length', length, 2);
    if (length > district.steps) {
      throw invalid('Environment', 'length', length, `at most ${district.steps}, the rows of the data`);
    }
    this.physics = oneOf('Environment', 'physics', physics, ['2.2', '3']);
    this.timing = oneOf('Environment', 'timing', timing, ['2.2', '3']);
    this.precision = oneOf('Environment', 'precision', precision, ['float64', 'citylearn']);
    this.#authors =
      oneOf('Environment', 'costWithoutBattery', costWithoutBattery, ['consistent', 'authors']) === 'authors';
    this.#reward = reward;
    const { buildings, hours, steps } = district;
    const starts = options.starts ?? Float64Array.from({ length: Math.floor(steps / length) }, (_, k) => k * length);
    this.#choices = this.#checkStarts(starts);
    this.series = buildings.map((building): Series => {
      const rounded = (name: string) => rounding(column('Environment', building, name), precision);
      return {
        load: rounded('non_shiftable_load'),
        pv: pvGeneration(column('Environment', building, 'solar_generation'), building.pv, precision),
        price: rounded('electricity_pricing'),
        sell: building.columns['selling_pricing'] ?? null,
        carbon: rounded('carbon_intensity'),
      };
    });
    const size = episodes * buildings.length;
    const filled = () => new Float64Array(size);
    this.#battery = batteryState(size);
    this.#view = {
      episodes, buildings: buildings.length, net: filled(), netWithout: filled(), meter: this.#battery.meter, action: filled(), socBefore: filled(), soc: this.#battery.soc,
      capacity: filled().map((_, i) => buildings[i % buildings.length]!.battery?.capacity ?? 0), price: filled(), sell: filled(), carbon: filled(), cost: filled(), costWithout: filled(), emission: filled(),
    }; // prettier-ignore
    this.unit = Float64Array.from(buildings, ({ battery }) => (battery ? unitEnergy(battery, physics, hours) : 0));
    this.live = {
      electrical_storage_soc: this.#battery.soc,
      electrical_storage_electricity_consumption: this.#battery.meter,
      net_electricity_consumption: this.#view.net,
    };
    this.encoded = buildings.map((building) => {
      const names = options.observations ?? PAPER_OBSERVATIONS.filter((name) => name in this.live || name in building.columns); // prettier-ignore
      return encode('Environment', building, names, this.live, normalise, precision, hours);
    });
    this.observationNames = this.encoded.map(({ names }) => names);
    this.observationOffsets = new Uint32Array(buildings.length + 1);
    this.encoded.forEach(({ names }, b) => {
      this.observationOffsets[b + 1] = this.observationOffsets[b]! + names.length;
    });
    this.starts = new Uint32Array(episodes);
  }

  /** The hour of the episodes, from 0: that of the observations. */
  get hour(): number {
    return this.#t;
  }

  /** Limits of a building's actions: ±min(P·hours/C, 1) in physics 2.2, ±1 in 3. */
  actionSpace(building: number): Box {
    const { battery } = this.district.buildings[building]!;
    const limit = battery ? actionLimit(battery, this.physics, this.district.hours) : 0;
    return { low: Float64Array.of(-limit), high: Float64Array.of(limit), names: ['electrical_storage'] };
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
   * @returns `out`, with the first observations and rewards of 0
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
      this.starts.set(this.#checkStarts(starts));
    }
    const { buildings } = this.district;
    this.#view.action.fill(0);
    for (let i = 0; i < this.#view.net.length; i++) {
      const { battery } = buildings[i % buildings.length]!;
      if (battery) resetBattery(this.#battery, i, battery, this.precision);
    }
    this.#view.socBefore.set(this.#battery.soc);
    this.#t = 0;
    this.#settle(0);
    out.rewards.fill(0);
    out.terminated = false;
    this.#observe(out.observations);
    return out;
  }

  /**
   * One step of all episodes.
   * @param actions [episode × building]; an action of a building without a battery is ignored
   * @returns `out`
   * @throws RangeError for actions of another length or not finite, before anything has changed; Error before `reset` and after the end
   */
  step(actions: ArrayLike<number>, out: StepResult = this.allocate()): StepResult {
    if (this.#t < 0 || this.#t >= this.length - 1) {
      throw new Error(
        `Environment.step: the episodes ${this.#t < 0 ? 'have not begun' : `have ended after ${this.length} hours`}; must be running. Call reset().`,
      );
    }
    const size = this.#view.net.length;
    if (actions.length !== size) {
      throw invalid('Environment.step', 'actions', actions, `an array of ${size}, episodes × buildings`);
    }
    for (let i = 0; i < size; i++) {
      if (!Number.isFinite(actions[i])) throw invalid('Environment.step', `actions[${i}]`, actions[i], 'finite');
    }
    const acted = this.timing === '3' ? this.#t : this.#t + 1;
    this.#act(actions, acted);
    this.#settle(acted);
    this.#t++;
    this.#reward(this.#view, out.rewards);
    out.terminated = this.#t === this.length - 1;
    this.#observe(out.observations);
    return out;
  }

  /** Charges all batteries in an hour of the episodes. */
  #act(actions: ArrayLike<number>, hour: number): void {
    const { buildings, hours } = this.district;
    const { action, socBefore, soc } = this.#view;
    for (let i = 0, b = 0; i < action.length; i++, b = b + 1 === buildings.length ? 0 : b + 1) {
      const { battery } = buildings[b]!;
      if (!battery) continue;
      const a = actions[i]!;
      if (this.physics === '3' && hour > 0) standby(this.#battery, i, battery, hours, this.precision);
      action[i] = a;
      socBefore[i] = soc[i]!;
      const bounded = this.physics === '3' ? Math.min(Math.max(a, -1), 1) : a;
      chargeBattery(this.#battery, i, battery, bounded * this.unit[b]!, hours, this.physics, this.precision);
    }
  }

  /** Net, cost and emissions of an hour of the episodes. */
  #settle(hour: number): void {
    const v = this.#view;
    const exact = this.precision === 'float64';
    let i = 0;
    for (let e = 0; e < this.episodes; e++) {
      const row = this.starts[e]! + hour;
      for (let b = 0; b < v.buildings; b++, i++) {
        const { load, pv, price, sell, carbon } = this.series[b]!;
        const meter = v.meter[i]!;
        // In CityLearn's order, and its roundings.
        const net = exact ? load[row]! + meter - pv[row]! : Math.fround(Math.fround(load[row]! + meter) - pv[row]!);
        v.net[i] = net;
        v.netWithout[i] = exact ? load[row]! - pv[row]! : Math.fround(net - meter);
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
  }

  /** With a selling price as the paper has it, else as the release of CityLearn: net metering in 2.2, imports alone in 3. */
  #costOf(net: number, price: number, sell: number | null): number {
    if (sell !== null) return Math.max(net, 0) * price + Math.min(net, 0) * sell;
    return (this.physics === '3' ? Math.max(net, 0) : net) * price;
  }

  #observe(out: Float64Array): void {
    let at = 0;
    let i = 0;
    for (let e = 0; e < this.episodes; e++) {
      const row = this.starts[e]! + this.#t;
      for (const { names, rows, live, low, scale } of this.encoded) {
        const width = names.length;
        const from = row * width;
        for (let k = 0; k < width; k++) out[at + k] = rows[from + k]!;
        for (const { at: k, values } of live) out[at + k] = (values[i]! - low[k]!) * scale[k]!;
        at += width;
        i++;
      }
    }
  }

  #draw(seed: number): void {
    const draws = stream(seed, 'environment', 'starts');
    const order = draws.permutation(new Uint32Array(this.#choices.length));
    for (let e = 0; e < this.episodes; e++) this.starts[e] = this.#choices[order[e % order.length]!]!;
  }

  #checkStarts(starts: ArrayLike<number>): Uint32Array {
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

const rounding = (values: Float64Array, precision: Precision): Float64Array =>
  precision === 'citylearn' ? values.map(Math.fround) : values;
