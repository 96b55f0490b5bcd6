/** A run as CSV, in CityLearn's columns. */
import { requireKeys } from '@assay-ml/numerics/check';
import type { Trajectory } from '../controllers/simulate.js';
import { formatTable } from './csv.js';

/** CityLearn's names of what a run keeps. */
const COLUMNS = {
  net_electricity_consumption: 'net',
  net_electricity_consumption_without_storage: 'netWithout',
  electrical_storage_electricity_consumption: 'meter',
  electrical_storage_soc: 'soc',
  net_electricity_consumption_cost: 'cost',
  net_electricity_consumption_emission: 'emission',
  electricity_pricing: 'price',
  carbon_intensity: 'carbon',
} as const;

/**
 * One building's episode, a line an hour.
 * @param episode default 0
 * @throws TypeError for arguments of another kind
 */
export function episodeCsv(run: Trajectory, building: number, episode = 0): string {
  requireKeys('episodeCsv', 'run', run, ['episodes', 'hours', 'buildings', 'cost'], 'simulate() makes one.');
  const { hours, buildings, starts } = run;
  const of = (values: Float64Array) =>
    Float64Array.from({ length: hours }, (_, h) => values[(episode * hours + h) * buildings + building]!);
  return formatTable({
    time_step: Float64Array.from({ length: hours }, (_, h) => starts[episode]! + h),
    ...Object.fromEntries(Object.entries(COLUMNS).map(([name, quantity]) => [name, of(run[quantity])])),
  });
}
