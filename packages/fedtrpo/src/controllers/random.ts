/** Random actions, uniform in the action space. */
import { stream } from '@assay-ml/numerics';
import type { Controller } from './controller.js';

/**
 * Uniform in each building's action space; the numbers depend on seed, episode, hour and building alone.
 * @param seed default 0
 */
export function random(seed = 0): Controller {
  const draws = stream(seed, 'random-controller');
  return {
    name: 'random',
    bind: (environment) => {
      const limits = environment.district.buildings.map((_, b) => environment.actionSpace(b).high[0]!);
      return {
        start: (episode) => ({ episode, hour: 0 }),
        act: (_observation, memory, action) => {
          const clock = memory as { episode: number; hour: number };
          draws.at(clock.episode, clock.hour++);
          for (let b = 0; b < action.length; b++) action[b] = (2 * draws.uniform() - 1) * limits[b]!;
        },
      };
    },
  };
}
