/** Actions that the battery can follow: what makes the penalty on actions beyond the state of charge needless. */
import type { Controller } from '../controllers/controller.js';
import type { Environment } from '../microgrid/environment.js';

/** Whether actions are brought into reach before the environment sees them. */
export type Safety = 'none' | 'project';

/**
 * Brings actions to the nearest ones that neither overcharge nor overdraw, [−s, 1 − s] in parts of the capacity with s the state of
 * charge that is shown, in place.
 * @param actions [episode × building], from some episode on
 * @param episode the first one's
 * @returns how many were changed
 */
export function project(environment: Environment, actions: Float64Array, episode = 0): number {
  const { buildings } = environment.district;
  const soc = environment.live['electrical_storage_soc']!.subarray(episode * buildings.length);
  let changed = 0;
  for (let i = 0; i < actions.length; i++) {
    const { battery } = buildings[i % buildings.length]!;
    if (battery === null) continue;
    const reach = battery.capacity / environment.unit[i % buildings.length]!;
    const action = Math.max(-soc[i]! * reach, Math.min((1 - soc[i]!) * reach, actions[i]!));
    if (action !== actions[i]) changed++;
    actions[i] = action;
  }
  return changed;
}

/** How often a controller had to be corrected. */
export interface Corrections {
  actions: number;
  changed: number;
}

/**
 * A controller whose actions are brought into reach.
 * @param counts counted up
 */
export function projected(controller: Controller, counts: Corrections = { actions: 0, changed: 0 }): Controller {
  return {
    name: `${controller.name}, projected`,
    bind: (environment) => {
      const inner = controller.bind(environment);
      return {
        start: (episode) => ({ episode, memory: inner.start(episode) }),
        act: (observation, own, action) => {
          const { episode, memory } = own as { episode: number; memory: unknown };
          inner.act(observation, memory, action);
          counts.actions += action.length;
          counts.changed += project(environment, action, episode);
        },
      };
    },
  };
}
