/** CityLearn's rule for batteries beside PV (its BasicBatteryRBC): charge by day, discharge by night. */
import { invalid, options as checkOptions } from '@assay-ml/numerics/check';
import { column } from '../microgrid/district.js';
import { type Clock, type Controller, setBatteries, shownRow } from './controller.js';

/** Options of `hourRule`. */
export interface HourRuleOptions {
  /**
   * Actions by the hour that is shown, 1 to 24. Default 0.11 in hours 6 to 14 and −0.067 otherwise, CityLearn's. The action is
   * a part of the capacity in physics 2.2, of the nominal power in 3.
   */
  readonly actions?: ArrayLike<number>;
}

/**
 * Acts by the hour alone.
 * @throws RangeError unless there are 24 finite actions; when bound, for a building without the column hour
 */
export function hourRule(options: HourRuleOptions = {}): Controller {
  checkOptions('hourRule', options, { actions: 1 });
  const actions = Float64Array.from(
    options.actions ?? Array.from({ length: 24 }, (_, k) => (k + 1 >= 6 && k + 1 <= 14 ? 0.11 : -0.067)),
  );
  if (actions.length !== 24 || !actions.every(Number.isFinite)) {
    throw invalid('hourRule', 'actions', options.actions, '24 finite numbers, for the hours 1 to 24');
  }
  return {
    name: 'hour rule',
    bind: (environment) => {
      const hours = environment.district.buildings.map((building) => column('hourRule', building, 'hour'));
      return {
        start: (episode): Clock => ({ episode, hour: 0 }),
        act: (_observation, memory, action) => {
          const row = shownRow(environment, memory as Clock);
          setBatteries(environment, action, (b) => actions[(hours[b]![row]! + 23) % 24]!);
        },
      };
    },
  };
}
