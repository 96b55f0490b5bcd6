/**
 * Foresight of one hour: a = clip((pv − load)/unit, −soc, 1 − soc) with the generation and load of the hour that the action acts
 * on. On net-zero data it needs no grid. Where an observation shows that hour already (timing '3') it is no foresight.
 */
import { type Clock, type Controller, lead, reader, setBatteries, shownRow } from './controller.js';

/** Stores the surplus of the hour acted on, within the state of charge. It needs the observation electrical_storage_soc. */
export const greedy: Controller = {
  name: 'greedy',
  bind: (environment) => {
    const soc = reader('greedy', environment, 'electrical_storage_soc');
    const { series, unit } = environment;
    const capacities = environment.district.buildings.map(({ battery }) => battery?.capacity ?? 0);
    return {
      start: (episode): Clock => ({ episode, hour: 0 }),
      act: (observation, memory, action) => {
        const row = shownRow(environment, memory as Clock) + lead(environment);
        setBatteries(environment, action, (b) => {
          const store = soc(observation, b) * capacities[b]!;
          const surplus = series[b]!.pv[row]! - series[b]!.load[row]!;
          return Math.min(Math.max(surplus, -store), capacities[b]! - store) / unit[b]!;
        });
      },
    };
  },
};
