/** Runs a controller through episodes, and keeps what happened hour by hour. */
import { options as checkOptions, requireKeys } from '@assay-ml/numerics/check';
import type { Environment } from '../microgrid/environment.js';
import type { ResetOptions } from '../microgrid/environment-options.js';
import type { StepView } from '../microgrid/rewards/reward.js';
import type { Controller } from './controller.js';

/** What is kept of each hour. */
export type Quantity = 'net' | 'netWithout' | 'meter' | 'action' | 'soc' | 'cost' | 'costWithout' | 'emission' | 'price' | 'carbon'; // prettier-ignore

const QUANTITIES: readonly Quantity[] = ['net', 'netWithout', 'meter', 'action', 'soc', 'cost', 'costWithout', 'emission', 'price', 'carbon']; // prettier-ignore

/** Episodes hour by hour. */
export type Trajectory = Readonly<Record<Quantity, Float64Array>> & {
  readonly controller: string;
  readonly episodes: number;
  /** Hours that were simulated: T in timing 2.2, of which the first has no action; T − 1 in 3. */
  readonly hours: number;
  readonly buildings: number;
  /** Rows where the episodes started. */
  readonly starts: Uint32Array;
  /** Rewards, [episode × step × building]; there are T − 1 steps. */
  readonly rewards: Float64Array;
};

/**
 * Runs all episodes of an environment from `reset` to their end.
 * @returns arrays [episode × hour × building]
 * @throws TypeError for arguments of another kind
 */
export function simulate(environment: Environment, controller: Controller, options: ResetOptions = {}): Trajectory {
  checkOptions('simulate', options, { seed: 1, starts: 1 });
  requireKeys(
    'simulate',
    'environment',
    environment,
    ['district', 'episodes', 'length'],
    'new Environment() makes one.',
  );
  requireKeys('simulate', 'controller', controller, ['name', 'bind'], 'hourRule(), lp(), learned(), … make one.');
  const { episodes, length } = environment;
  const buildings = environment.district.buildings.length;
  const bound = controller.bind(environment);
  const out = environment.reset(options, environment.allocate());
  const memories = Array.from({ length: episodes }, (_, e) => bound.start(e));
  const first = environment.timing === '3' ? 0 : 1;
  const hours = length - 1 + first;
  const kept = Object.fromEntries(
    QUANTITIES.map((name) => [name, new Float64Array(episodes * hours * buildings)]),
  ) as Record<Quantity, Float64Array>;
  const rewards = new Float64Array(episodes * (length - 1) * buildings);
  const keep = (hour: number, view: StepView): void => {
    for (const name of QUANTITIES) {
      const from = view[name];
      const to = kept[name];
      for (let e = 0; e < episodes; e++) {
        for (let b = 0; b < buildings; b++) to[(e * hours + hour) * buildings + b] = from[e * buildings + b]!;
      }
    }
  };
  if (first === 1) keep(0, out.info);
  const count = environment.actionOffsets.at(-1)!;
  const actions = new Float64Array(episodes * count);
  const width = environment.observationOffsets.at(-1)!;
  const parts = memories.map((memory, e) => ({
    memory,
    observation: out.observations.subarray(e * width, (e + 1) * width),
    action: actions.subarray(e * count, (e + 1) * count),
  }));
  for (let step = 0; step < length - 1; step++) {
    for (const { observation, memory, action } of parts) bound.act(observation, memory, action);
    environment.step(actions, out);
    keep(first + step, out.info);
    for (let e = 0; e < episodes; e++) {
      for (let b = 0; b < buildings; b++) {
        rewards[(e * (length - 1) + step) * buildings + b] = out.rewards[e * buildings + b]!;
      }
    }
  }
  bound.dispose?.();
  return {
    ...kept,
    controller: controller.name,
    episodes,
    hours,
    buildings,
    starts: environment.starts.slice(),
    rewards,
  };
}

/**
 * What results are judged by, of each building: α·cost + (1 − α)·emissions, summed over the hours, without any penalty.
 * @param alpha default 0.4, as in the paper
 * @returns [episode × building]
 * @throws TypeError for arguments of another kind
 */
export function objective(run: Trajectory, alpha = 0.4): Float64Array {
  requireKeys('objective', 'run', run, ['episodes', 'hours', 'buildings', 'cost'], 'simulate() makes one.');
  const { cost, emission, episodes, hours, buildings } = run;
  const out = new Float64Array(episodes * buildings);
  for (let e = 0; e < episodes; e++) {
    for (let h = 0; h < hours; h++) {
      for (let b = 0; b < buildings; b++) {
        const k = (e * hours + h) * buildings + b;
        out[e * buildings + b] = out[e * buildings + b]! + alpha * cost[k]! + (1 - alpha) * emission[k]!;
      }
    }
  }
  return out;
}
