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
import { integer, invalid, oneOf, options as checkOptions, requireKeys } from '@assay-ml/numerics/check';
import { noActions, sortActions } from './actions.js';
import { actionLimit, checkBattery, type Physics, type Precision, unitEnergy } from './battery.js';
import { buildingState, type BuildingState, operate, resetBuilding, type Setting } from './building.js';
import { type ActionName, actionsOf, type District, END_USES } from './district.js';
import { type Box, ENVIRONMENT_NAMES, type EnvironmentOptions, PAPER_OBSERVATIONS, type ResetOptions, type StepResult } from './environment-options.js'; // prettier-ignore
import { encode, type Encoded, type Live } from './observations.js';
import { gridImport } from './rewards/grid-import.js';
import type { Reward, StepView } from './rewards/reward.js';
import { type Series, seriesOf } from './series.js';
import { type Accounts, settle } from './settle.js';

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
  /** Indoor temperature of the data, where there is one. */
  readonly #indoor: readonly (Float64Array | null)[];
  readonly #setting: Setting;
  readonly #actions: readonly (readonly ActionName[])[];
  readonly #state: BuildingState;
  readonly #view: StepView;
  readonly #reward: Reward;
  readonly #choices: Uint32Array;
  readonly #accounts: Accounts;
  readonly #now = noActions();
  #t = -1;

  /** @throws RangeError for an option out of range, a battery out of range, or a district without the columns it needs */
  constructor(district: District, options: EnvironmentOptions = {}) {
    checkOptions('Environment', options, ENVIRONMENT_NAMES);
    requireKeys('Environment', 'district', district, ['buildings', 'steps', 'hours'], 'loadDistrict() reads one.');
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
    oneOf('Environment', 'costWithoutBattery', costWithoutBattery, ['consistent', 'authors']);
    this.#accounts = { physics, precision, authors: costWithoutBattery === 'authors' };
    this.#reward = reward;
    const every = Float64Array.from({ length: Math.floor(steps / length) }, (_, k) => k * length);
    this.#choices = this.#rows(options.starts ?? every);
    this.agents = buildings.map(({ name }) => name);
    for (const { battery } of buildings) if (battery) checkBattery('Environment', battery);
    this.series = buildings.map((building) => seriesOf(building, hours, precision));
    this.#indoor = buildings.map(({ columns }) => columns['indoor_dry_bulb_temperature'] ?? null);
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
        this.#state.temperature[i] = this.#indoor[b]?.[row] ?? 0;
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
        sortActions(names, actions, at, driven, now);
        at += names.length;
        this.#view.action[i] = now.battery;
        operate(this.#state, i, building, this.series[b]!, row, now, hour === 0, this.#setting);
        this.#warm(i, b, row, hour);
      }
    }
  }

  /** Indoor temperature of building i after an hour. */
  #warm(i: number, b: number, row: number, hour: number): void {
    const { columns, dynamics } = this.district.buildings[b]!;
    const { temperature, cooling, heating } = this.#state;
    if (dynamics === undefined || hour < dynamics.lookback) {
      const known = this.#indoor[b]!;
      if (known !== null) temperature[i] = known[row]!;
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

  #settle(hour: number): void {
    settle(this.#view, this.#state, this.district.buildings, this.series, this.starts, hour, this.#accounts);
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
      cooling_demand: cooling.demand,
      heating_demand: heating.demand,
      dhw_demand: dhw.demand,
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

/** Sums of what came before, and at last of all. */
function offsets(counts: readonly number[]): Uint32Array {
  const out = new Uint32Array(counts.length + 1);
  counts.forEach((count, b) => {
    out[b + 1] = out[b]! + count;
  });
  return out;
}
