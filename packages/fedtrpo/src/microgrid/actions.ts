/** Actions of a building, by what they drive. */
import type { ActionName } from './district.js';

/** Actions of one building in one step; NaN where a device is not controlled. */
export interface Actions {
  battery: number;
  cooling: number;
  heating: number;
  dhw: number;
  coolingDevice: number;
  heatingDevice: number;
}

/** No action at all. */
export const noActions = (): Actions => ({ battery: 0, cooling: 0, heating: 0, dhw: 0, coolingDevice: NaN, heatingDevice: NaN }); // prettier-ignore

/** Puts a building's actions where they belong; devices follow theirs only where they are driven. */
export function sortActions(
  names: readonly ActionName[],
  actions: ArrayLike<number>,
  at: number,
  driven: boolean,
  now: Actions,
): void {
  now.battery = now.cooling = now.heating = now.dhw = 0;
  now.coolingDevice = now.heatingDevice = NaN;
  for (let k = 0; k < names.length; k++) {
    const action = actions[at + k]!;
    const name = names[k]!;
    if (name === 'electrical_storage') now.battery = action;
    else if (name === 'cooling_storage') now.cooling = action;
    else if (name === 'heating_storage') now.heating = action;
    else if (name === 'dhw_storage') now.dhw = action;
    else if (driven && name === 'cooling_device') now.coolingDevice = action;
    else if (driven && name === 'heating_device') now.heatingDevice = action;
    else if (driven) {
      now.coolingDevice = Math.max(-action, 0);
      now.heatingDevice = Math.max(action, 0);
    }
  }
}
