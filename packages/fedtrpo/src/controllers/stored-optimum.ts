/** The schedule that net-zero data is made with. */
import { invalid, requireList } from '@assay-ml/numerics/check';
import type { Schedule } from '../microgrid/netzero.js';
import { type Clock, type Controller, lead, setBatteries, shownRow } from './controller.js';

/**
 * Plays the stored schedules, an optimum where episodes are whole days.
 * @param schedules of `netZero`, one a building
 * @throws TypeError for arguments of another kind; RangeError when bound to an environment of other buildings
 */
export const storedOptimum = (schedules: readonly Schedule[]): Controller => {
  requireList('storedOptimum', 'schedules', schedules, 'Give one schedule a building.');
  return {
    name: 'stored optimum',
    bind: (environment) => {
      const { buildings } = environment.district;
      if (schedules.length !== buildings.length) {
        throw invalid('storedOptimum', 'schedules.length', schedules.length, `${buildings.length}, one a building`);
      }
      return {
        start: (episode): Clock => ({ episode, hour: 0 }),
        act: (_observation, memory, action) => {
          const row = shownRow(environment, memory as Clock) + lead(environment);
          setBatteries(environment, action, (b) => schedules[b]!.battery[row]! / environment.unit[b]!);
        },
      };
    },
  };
};
