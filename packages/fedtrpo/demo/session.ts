/** A run of the page, told hour by hour: the page draws it, and a test in Node reads it. */
import { type Controller, Environment, hourRule, learned, loadPolicy, mpc, none, parseDistrict, persistence, type Physics, syntheticDistrict } from '../src/index.js'; // prettier-ignore

/** What the page asks for. */
export interface Settings {
  /** Texts of a folder of CityLearn's by name; null for two made-up households. */
  readonly files: Readonly<Record<string, string>> | null;
  readonly controller: keyof typeof CONTROLLERS;
  /** The text of a policy's file, where the controller is 'policy'. */
  readonly policy: string | null;
  readonly physics: Physics;
  /** At most. */
  readonly hours: number;
}

/** What it is told of an hour, of each building or of all together. */
export interface Hour {
  readonly buildings: readonly string[];
  readonly soc: readonly number[];
  readonly net: number;
  readonly netWithout: number;
  /** Since the start. */
  readonly cost: number;
  readonly costWithout: number;
}

const CONTROLLERS = {
  none: () => none,
  rule: () => hourRule(),
  persistence: () => persistence,
  mpc: () => mpc({ forecast: 'persistent' }),
  foresight: () => mpc({ forecast: 'perfect' }),
  policy: ({ policy }: Settings) => learned(loadPolicy(JSON.parse(policy ?? 'null') as Parameters<typeof loadPolicy>[0])),
} as const satisfies Record<string, (settings: Settings) => Controller | Promise<Controller>>; // prettier-ignore

/** @throws RangeError for a folder or a policy that cannot be read */
export async function* session(settings: Settings): AsyncGenerator<Hour> {
  const { files, physics, hours } = settings;
  const district = files === null ? syntheticDistrict({ days: 7 }) : parseDistrict(files);
  const environment = new Environment(district, { physics, length: Math.min(hours + 1, district.steps) });
  const bound = (await CONTROLLERS[settings.controller](settings)).bind(environment);
  const out = environment.reset({ starts: [0] });
  const memory = bound.start(0);
  const actions = new Float64Array(environment.actionOffsets.at(-1)!);
  const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);
  let [cost, costWithout] = [0, 0];
  try {
    while (!out.terminated) {
      bound.act(out.observations, memory, actions);
      environment.step(actions, out);
      const { info } = out;
      cost += total(info.cost);
      costWithout += total(info.costWithout);
      yield { buildings: environment.agents, soc: [...info.soc], net: total(info.net), netWithout: total(info.netWithout), cost, costWithout }; // prettier-ignore
    }
  } finally {
    bound.dispose?.();
  }
}
