/** Random actions, uniform in the action space. */
import { stream } from '@assay-ml/numerics';
import type { Clock, Controller } from './controller.js';

/**
 * Uniform in each building's action space; the numbers depend on seed, episode, hour and building alone.
 * @param seed default 0
 */
export function random(seed = 0): Controller {
  const draws = stream(seed, 'random-controller');
  return {
    name: 'random',
    bind: (environment) => {
      const spaces = environment.agents.map((_, b) => environment.actionSpace(b));
      const low = spaces.flatMap((space) => [...space.low]);
      const high = spaces.flatMap((space) => [...space.high]);
      return {
        start: (episode): Clock => ({ episode, hour: 0 }),
        act: (_observation, memory, action) => {
          const clock = memory as Clock;
          draws.at(clock.episode, clock.hour++);
          for (let k = 0; k < action.length; k++) action[k] = low[k]! + (high[k]! - low[k]!) * draws.uniform();
        },
      };
    },
  };
}
