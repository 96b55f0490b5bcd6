/** Actions that the battery can follow: what makes the penalty on actions beyond the state of charge needless. */
import { requireKeys } from '@assay-ml/numerics/check';
import { type Controller, reader } from '../controllers/controller.js';
import type { Environment } from '../microgrid/environment.js';

/** Whether actions are brought into reach before the environment sees them. */
export type Safety = 'none' | 'project';

/**
 * The nearest action of a battery that neither overcharges nor overdraws: [−s, 1 − s] in parts of the capacity.
 * @param soc s, the state of charge that is shown
 * @throws TypeError for arguments of another kind
 */
export function project(environment: Environment, building: number, soc: number, action: number): number {
  requireKeys(
    'project',
    'environment',
    environment,
    ['district', 'episodes', 'length'],
    'new Environment() makes one.',
  );
  return inReach(environment, building, soc, action);
}

/** `project` of what has been checked: it is called for each action. */
export function inReach({ district, unit }: Environment, building: number, soc: number, action: number): number {
  const reach = district.buildings[building]!.battery!.capacity / unit[building]!;
  return Math.max(-soc * reach, Math.min((1 - soc) * reach, action));
}

/** How often a controller had to be corrected. */
export interface Corrections {
  actions: number;
  changed: number;
}

/**
 * A controller whose battery actions are brought into reach. It needs the observation electrical_storage_soc.
 * @param counts counted up
 * @throws TypeError for arguments of another kind
 */
export function projected(controller: Controller, counts: Corrections = { actions: 0, changed: 0 }): Controller {
  requireKeys('projected', 'controller', controller, ['name', 'bind'], 'hourRule(), lp(), learned(), … make one.');
  return {
    name: `${controller.name}, projected`,
    bind: (environment) => {
      const inner = controller.bind(environment);
      const soc = reader('projected', environment, 'electrical_storage_soc');
      return {
        start: (episode) => inner.start(episode),
        act: (observation, memory, action) => {
          inner.act(observation, memory, action);
          environment.batteryActions.forEach((at, b) => {
            if (at < 0) return;
            const asked = action[at]!;
            action[at] = inReach(environment, b, soc(observation, b), asked);
            counts.actions++;
            if (action[at] !== asked) counts.changed++;
          });
        },
      };
    },
  };
}
