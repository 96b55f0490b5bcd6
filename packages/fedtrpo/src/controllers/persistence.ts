/**
 * The one-line rule that every learned policy stands beside: what the PV gives and the load takes in the hour that is shown will be so
 * in the next one, a = (pv − load)/unit.
 */
import { type Controller, reader } from './controller.js';

/** Stores the surplus of the hour that is shown. It needs the observations solar_generation and non_shiftable_load. */
export const persistence: Controller = {
  name: 'persistence',
  bind: (environment) => {
    const pv = reader('persistence', environment, 'solar_generation');
    const load = reader('persistence', environment, 'non_shiftable_load');
    const limits = environment.district.buildings.map((_, b) => environment.actionSpace(b).high[0]!);
    return {
      start: () => null,
      act: (observation, _memory, action) => {
        for (let b = 0; b < action.length; b++) {
          const a = environment.unit[b] === 0 ? 0 : (pv(observation, b) - load(observation, b)) / environment.unit[b]!;
          action[b] = Math.min(Math.max(a, -limits[b]!), limits[b]!);
        }
      },
    };
  },
};
