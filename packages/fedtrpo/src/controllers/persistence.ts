/**
 * The one-line rule that every learned policy stands beside: what the PV gives and the load takes in the hour that is shown will be so
 * in the next one, a = (pv − load)/unit.
 */
import { actionLimit } from '../microgrid/battery.js';
import { type Controller, reader, setBatteries } from './controller.js';

/** Stores the surplus of the hour that is shown. It needs the observations solar_generation and non_shiftable_load. */
export const persistence: Controller = {
  name: 'persistence',
  bind: (environment) => {
    const pv = reader('persistence', environment, 'solar_generation');
    const load = reader('persistence', environment, 'non_shiftable_load');
    const { district, physics } = environment;
    const limits = district.buildings.map(({ battery }) =>
      battery ? actionLimit(battery, physics, district.hours) : 0,
    );
    return {
      start: () => null,
      act: (observation, _memory, action) =>
        setBatteries(environment, action, (b) => {
          const surplus = (pv(observation, b) - load(observation, b)) / environment.unit[b]!;
          return Math.min(Math.max(surplus, -limits[b]!), limits[b]!);
        }),
    };
  },
};
