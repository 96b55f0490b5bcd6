/** What other sizes would bring: the dispatch is solved anew for each PV and battery. */
import { atLeast, invalid, options as checkOptions, requireKeys } from '@assay-ml/numerics/check';
import { dispatch, type DispatchOptions } from './dispatch.js';
import type { District } from './district.js';

/** Sizes to try. */
export interface WhatIfOptions extends DispatchOptions {
  /** Nominal powers of every building's PV, kW. Default as they are. */
  readonly pv?: readonly number[];
  /** Capacities of every building's battery, kWh, its power in proportion; 0 is none. Default as they are. */
  readonly battery?: readonly number[];
}

/** What one size would cost. */
export interface WhatIf {
  /** Null: as it is. */
  readonly pv: number | null;
  readonly battery: number | null;
  /** α·cost + (1 − α)·emissions of the optimal dispatch. */
  readonly objective: number;
  /** Imports and exports, kWh. */
  readonly imported: number;
  readonly exported: number;
}

/**
 * The optimal dispatch of a district for each size of PV and each of batteries. It takes the npm package `highs`.
 * @returns one entry a pair, PV by PV
 * @throws TypeError for arguments of another kind; RangeError for a size below 0 or a battery where there is none; what `dispatch` throws
 */
export async function whatIf(district: District, options: WhatIfOptions = {}): Promise<WhatIf[]> {
  checkOptions<WhatIfOptions>('whatIf', options, {
    pv: 1, battery: 1, start: 1, length: 1, alpha: 1, efficiency: 1, initialSoc: 1, finalSoc: 1, exportLimit: 1, physics: 1, idleFirst: 1, coupling: 1,
  }); // prettier-ignore
  requireKeys('whatIf', 'district', district, ['buildings', 'steps', 'hours'], 'loadDistrict() reads one.');
  const { pv, battery, ...rest } = options;
  pv?.forEach((value, k) => atLeast('whatIf', `pv[${k}]`, value, 0));
  battery?.forEach((value, k) => atLeast('whatIf', `battery[${k}]`, value, 0));
  const made: WhatIf[] = [];
  for (const power of pv ?? [null]) {
    for (const capacity of battery ?? [null]) {
      const buildings = district.buildings.map((building) => {
        const own = building.battery;
        if (capacity !== null && own === null) throw invalid('whatIf', 'battery', capacity, `left out: building '${building.name}' has none`); // prettier-ignore
        const sized =
          capacity === null || own === null
            ? own
            : capacity === 0
              ? null
              : { ...own, capacity, nominalPower: (own.nominalPower * capacity) / own.capacity };
        return { ...building, pv: power ?? building.pv, battery: sized };
      });
      const { objective, net } = await dispatch({ ...district, buildings }, rest);
      const sum = (sign: number) => net.reduce((total, value) => total + Math.max(sign * value, 0), 0);
      made.push({ pv: power, battery: capacity, objective, imported: sum(1), exported: sum(-1) });
    }
  }
  return made;
}
