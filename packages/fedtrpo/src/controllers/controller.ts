/** One interface for all that decides: a rule, a plan or a learned policy. */
import type { Environment } from '../microgrid/environment.js';

/** What controls a district. It is bound to an environment before a run. */
export interface Controller {
  readonly name: string;
  /** @throws RangeError where the environment lacks what it needs */
  bind(environment: Environment): Bound;
}

/**
 * A controller that knows its environment. What it remembers of an episode stands in that episode's memory alone, so one
 * serves any number of episodes side by side.
 */
export interface Bound {
  /** Memory at the start of an episode. */
  start(episode: number): unknown;
  /**
   * Decides for all buildings of one episode.
   * @param observation [building × observation], in the environment's layout
   * @param memory that of the episode; may be changed
   * @param action where the actions go, [action] in the environment's layout
   */
  act(observation: Float64Array, memory: unknown, action: Float64Array): void;
  /** Gives back what it holds beyond JavaScript's memory, where it holds any. */
  dispose?(): void;
}

/** Hours between what an observation shows and the hour that the next action acts on. */
export const lead = (environment: Environment): 0 | 1 => (environment.timing === '3' ? 0 : 1);

/** The memory of a controller that counts the hours of its episode. */
export interface Clock {
  readonly episode: number;
  hour: number;
}

/** The row of the data that is shown; counts it. */
export const shownRow = (environment: Environment, clock: Clock): number =>
  environment.starts[clock.episode]! + clock.hour++;

/** Decides for each battery; other actions are 0. */
export function setBatteries(
  { batteryActions }: Environment,
  action: Float64Array,
  decide: (building: number) => number,
): void {
  action.fill(0);
  for (let b = 0; b < batteryActions.length; b++) {
    if (batteryActions[b]! >= 0) action[batteryActions[b]!] = decide(b);
  }
}

/** Reads an observation of a district by name; a central agent's shared ones are the first building's. */
const place = (environment: Environment, building: number, name: string): readonly [building: number, at: number] => {
  const own = environment.encoded[building]!.names.indexOf(name);
  if (own >= 0 || !environment.district.shared?.includes(name)) return [building, own];
  return [0, environment.encoded[0]!.names.indexOf(name)];
};

/**
 * Reads an observation by name, in the data's units.
 * @throws RangeError where a building does not observe it
 */
export function reader(
  where: string,
  environment: Environment,
  name: string,
): (observation: Float64Array, building: number) => number {
  const places = environment.encoded.map((_, b) => {
    const [of, k] = place(environment, b, name);
    const { names, low, scale } = environment.encoded[of]!;
    if (k < 0) {
      throw new RangeError(
        `${where}: building '${environment.district.buildings[b]!.name}' does not observe '${name}'; must observe it. It observes ${names.join(', ')}.`,
      );
    }
    return { at: environment.observationOffsets[of]! + k, low: low[k]!, range: scale[k] === 0 ? 0 : 1 / scale[k]! };
  });
  return (observation, building) => {
    const { at, low, range } = places[building]!;
    return low + observation[at]! * range;
  };
}
