/**
 * What a run costs a battery: equivalent full cycles, and the capacity that CityLearn's ageing takes,
 *
 *   C_deg ← max(C_deg − κ·C·|e|/(2·C_deg), 0) for each hour's energy e at the meter.
 */
import { requireKeys, requireList } from '@assay-ml/numerics/check';
import type { Trajectory } from '../controllers/simulate.js';
import type { Battery } from './battery.js';

/** Of one building's battery over an episode. */
export interface Ageing {
  /** Σ|e|/(2C): an hour's charge and its discharge are one cycle together. */
  readonly equivalentCycles: number;
  /** C_deg at the end over C. */
  readonly remaining: number;
}

/**
 * Ageing of each building's battery in an episode; null without a battery.
 * @param batteries of the district
 * @param episode default 0
 * @throws TypeError for arguments of another kind
 */
export function ageing(run: Trajectory, batteries: readonly (Battery | null)[], episode = 0): (Ageing | null)[] {
  requireKeys('ageing', 'run', run, ['episodes', 'hours', 'buildings', 'cost'], 'simulate() makes one.');
  requireList('ageing', 'batteries', batteries, 'Give the battery of each building.');
  const { hours, buildings, meter } = run;
  return batteries.map((battery, b) => {
    if (!battery) return null;
    const { capacity, capacityLossCoefficient } = battery;
    let exchanged = 0;
    let degraded = capacity;
    for (let h = 0; h < hours; h++) {
      const energy = Math.abs(meter[(episode * hours + h) * buildings + b]!);
      exchanged += energy;
      degraded = Math.max(degraded - (capacityLossCoefficient * capacity * energy) / (2 * Math.max(degraded, 1e-6)), 0);
    }
    return { equivalentCycles: exchanged / (2 * capacity), remaining: degraded / capacity };
  });
}
