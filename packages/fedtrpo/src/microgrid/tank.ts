/**
 * A tank of heat, cold or hot water: CityLearn's store without ageing, with the same rule as the battery's and a constant η.
 *
 *   init = soc·C less the standby loss; final = min(init + e·√η, C) or max(0, init + e/√η).
 */
import type { Physics, Precision } from './battery.js';

/** One tank. */
export interface Tank {
  /** C > 0, kWh. */
  readonly capacity: number;
  /** η in (0, 1], round trip. */
  readonly efficiency: number;
  /** In [0, 1]: part of the store that is lost in an hour. */
  readonly lossCoefficient: number;
  /** In [0, 1]. */
  readonly initialSoc: number;
  /** kW; Infinity without a limit. */
  readonly maxInputPower: number;
  /** kW; Infinity without a limit. */
  readonly maxOutputPower: number;
}

const TINY = 1e-6;

/**
 * Charges (`energy` > 0) or discharges tank i; writes its state of charge and its balance, the energy at its inlet or outlet.
 * @param hours length of the step
 */
export function chargeTank(
  soc: Float64Array,
  balance: Float64Array,
  i: number,
  tank: Tank,
  energy: number,
  hours: number,
  physics: Physics,
  precision: Precision,
): void {
  const { capacity } = tank;
  const limited =
    energy >= 0 ? Math.min(energy, tank.maxInputPower * hours) : Math.max(energy, -tank.maxOutputPower * hours);
  const kept = physics === '3' ? 1 : 1 - tank.lossCoefficient * hours;
  const init = Math.max(0, soc[i]! * capacity * kept);
  const rho = Math.sqrt(tank.efficiency);
  const final = limited >= 0 ? Math.min(init + limited * rho, capacity) : Math.max(0, init + limited / rho);
  const delta = final - init;
  const exchanged = delta >= 0 ? delta / rho : delta * rho;
  const next = final / Math.max(capacity, TINY);
  soc[i] = precision === 'citylearn' ? Math.fround(next) : next;
  balance[i] = precision === 'citylearn' ? Math.fround(exchanged) : exchanged;
}

/** Physics 3, when time advances. */
export function standbyTank(soc: Float64Array, i: number, tank: Tank, hours: number, precision: Precision): void {
  const next = Math.min(Math.max(soc[i]! * (1 - tank.lossCoefficient * hours), 0), 1);
  soc[i] = precision === 'citylearn' ? Math.fround(next) : next;
}
