/**
 * The battery of CityLearn, in the two forms that its releases have had.
 *
 * CityLearn → code: capacity C → `capacity` (kWh), nominal_power P → `nominalPower` (kW), efficiency η → `eta`,
 * round_trip_efficiency ρ = √η → `rho`, loss_coefficient λ → `loss` (an hour), capacity_loss_coefficient κ → `fade`,
 * degraded_capacity → `degraded`, energy_balance = electricity_consumption → `meter` (kWh of the step, + when charging).
 *
 * | | '2.2' | '3' |
 * |---|---|---|
 * | action 1 asks for | C | P · hours |
 * | η | at min(\|E\|, Pmax), before the other limits | at the limited energy, two rounds |
 * | charge limit | C_deg − init | (C_deg − init)/ρ |
 * | discharge limit | (soc − (1 − dod))·C·√η of the step before | (init − (1 − dod)·C)·ρ |
 * | curves | extrapolate beyond the first knot that is not below | clamped |
 *
 * A quirk of 2.2 is kept: where the standby store exceeds C_deg the charge limit is negative, so a charge discharges.
 */
import { invalid } from '@assay-ml/numerics/check';
import type { Curve } from './curve.js';

/** CityLearn 2.2.0, or 3.0.2. */
export type Physics = '2.2' | '3';

/**
 * Of state of charge and energy: `citylearn` rounds both to float32 after each step, as its arrays do; `float64` does
 * not (the net then drifts from CityLearn's by about 2·10⁻⁵ kWh).
 */
export type Precision = 'float64' | 'citylearn';

/** One battery. */
export interface Battery {
  /** C > 0, kWh. */
  readonly capacity: number;
  /** P > 0, kW. */
  readonly nominalPower: number;
  /** η of the first step, in (0, 1]. */
  readonly efficiency: number;
  /** λ in [0, 1]: part of the store that is lost in an hour. */
  readonly lossCoefficient: number;
  /** κ in [0, 1]: part of C lost by a full cycle. */
  readonly capacityLossCoefficient: number;
  /** In [0, 1]: part of C that may be discharged. */
  readonly depthOfDischarge: number;
  /** In [0, 1]. */
  readonly initialSoc: number;
  /** η by |power|/P. */
  readonly powerEfficiencyCurve: Curve;
  /** Limit of the power, in P, by state of charge. */
  readonly capacityPowerCurve: Curve;
}

/** State of [episode × building] batteries. */
export interface BatteryState {
  /** State of charge in parts of C. */
  readonly soc: Float64Array;
  /** η of the last step. */
  readonly eta: Float64Array;
  /** C_deg, kWh. */
  readonly degraded: Float64Array;
  /** Energy at the meter in the last step, kWh: above 0 when charging. */
  readonly meter: Float64Array;
}

const TINY = 1e-6;

/** State of `size` batteries, all 0: `resetBattery` sets it. */
export const batteryState = (size: number): BatteryState => ({
  soc: new Float64Array(size),
  eta: new Float64Array(size),
  degraded: new Float64Array(size),
  meter: new Float64Array(size),
});

/** Puts battery i to the start of an episode; in physics 3 no lower than its depth of discharge lets it go. */
export function resetBattery(
  state: BatteryState,
  i: number,
  battery: Battery,
  physics: Physics,
  precision: Precision,
): void {
  const soc = physics === '3' ? Math.max(battery.initialSoc, 1 - battery.depthOfDischarge) : battery.initialSoc;
  state.soc[i] = precision === 'citylearn' ? Math.fround(soc) : soc;
  state.eta[i] = battery.efficiency;
  state.degraded[i] = battery.capacity;
  state.meter[i] = 0;
}

/** kWh that action 1 asks for: the capacity in 2.2, nominal power × hours in 3. */
export const unitEnergy = (battery: Battery, physics: Physics, hours: number): number =>
  physics === '3' ? battery.nominalPower * hours : battery.capacity;

/** The largest action that the action space allows: min(P·hours/C, 1) in 2.2, 1 in 3. */
export const actionLimit = (battery: Battery, physics: Physics, hours: number): number =>
  physics === '3' ? 1 : Math.min((battery.nominalPower * hours) / battery.capacity, 1);

/**
 * Charges (`energy` > 0) or discharges battery i by at most `energy` kWh at the meter and writes soc, eta, degraded and
 * meter. In physics 3 the standby loss is taken by `standby`, when time advances; in 2.2 here.
 * @param hours length of the step
 */
export function chargeBattery(
  state: BatteryState,
  i: number,
  battery: Battery,
  energy: number,
  hours: number,
  physics: Physics,
  precision: Precision,
): void {
  const { capacity } = battery;
  const soc = state.soc[i]!;
  const degraded = state.degraded[i]!;
  const least = physics === '3' ? (1 - battery.depthOfDischarge) * capacity : 0;
  const init = Math.max(
    least,
    physics === '3' ? soc * capacity : soc * capacity * (1 - battery.lossCoefficient * hours),
  );
  let limited: number;
  let eta: number;
  let rho: number;
  if (physics === '3') {
    const power = battery.nominalPower * clamped(battery.capacityPowerCurve, init / Math.max(capacity, TINY));
    const most = Math.min(Math.abs(energy), Math.max(power, 0) * hours);
    rho = Math.sqrt(efficiencyAt(battery, most, hours));
    eta = efficiencyAt(battery, Math.min(most, roomFor(energy, init, least, degraded, rho)), hours);
    rho = Math.sqrt(eta);
    const size = Math.min(most, roomFor(energy, init, least, degraded, rho));
    limited = energy >= 0 ? size : -size;
  } else {
    const power =
      battery.nominalPower * hours * extrapolated(battery.capacityPowerCurve, init / Math.max(capacity, TINY));
    if (energy >= 0) {
      limited = Math.min(power, battery.nominalPower * hours, degraded - init, energy);
    } else {
      const deepest = Math.max((soc - (1 - battery.depthOfDischarge)) * capacity * Math.sqrt(state.eta[i]!), 0);
      limited = Math.max(-power, -deepest, energy);
    }
    eta = extrapolated(
      battery.powerEfficiencyCurve,
      Math.min(Math.abs(energy), power) / (battery.nominalPower * hours),
    );
    rho = Math.sqrt(eta);
  }
  const final = limited >= 0 ? Math.min(init + limited * rho, capacity) : Math.max(least, init + limited / rho);
  const delta = final - init;
  let meter = delta >= 0 ? delta / rho : delta * rho;
  let next = final / Math.max(capacity, TINY);
  if (precision === 'citylearn') {
    meter = Math.fround(meter);
    next = Math.fround(next);
  }
  const fade = (battery.capacityLossCoefficient * capacity * Math.abs(meter)) / (2 * Math.max(degraded, TINY));
  state.soc[i] = next;
  state.eta[i] = eta;
  state.meter[i] = meter;
  state.degraded[i] = Math.max(degraded - fade, 0);
}

/** Physics 3, when time advances: the store loses λ of itself an hour, down to what may not be discharged. */
export function standby(state: BatteryState, i: number, battery: Battery, hours: number, precision: Precision): void {
  const kept = state.soc[i]! * (1 - battery.lossCoefficient * hours);
  const soc = Math.min(Math.max(kept, 1 - battery.depthOfDischarge), 1);
  state.soc[i] = precision === 'citylearn' ? Math.fround(soc) : soc;
}

/** kWh at the meter that the store has room for, or has. */
function roomFor(energy: number, init: number, least: number, degraded: number, rho: number): number {
  return energy >= 0 ? Math.max(degraded - init, 0) / Math.max(rho, TINY) : Math.max(init - least, 0) * rho;
}

/** η of physics 3 at an energy of a step. */
function efficiencyAt(battery: Battery, energy: number, hours: number): number {
  const power = Math.abs(energy) / Math.max(hours, 1e-12);
  return clamped(battery.powerEfficiencyCurve, Math.min(power / Math.max(battery.nominalPower, TINY), 1), true);
}

/** Segment of x in a curve as physics 3 finds it: the first knot that is not below x ends it; else the last. */
function clamped({ x, y }: Curve, at: number, slopeLast = false): number {
  let k = 0;
  while (k < x.length && x[k]! < at) k++;
  const a = Math.min(x.length - 2, Math.max(0, k - 1));
  const rise = y[a + 1]! - y[a]!;
  const run = x[a + 1]! - x[a]!;
  // The two curves are evaluated in two orders of multiplication there, and bits are compared.
  return slopeLast ? y[a]! + ((at - x[a]!) * rise) / run : y[a]! + (rise * (at - x[a]!)) / run;
}

/** The same in 2.2: where no knot is at or above x, the first segment is drawn on. */
function extrapolated({ x, y }: Curve, at: number): number {
  let k = 0;
  while (k < x.length && x[k]! < at) k++;
  const a = Math.max(0, (k === x.length ? 0 : k) - 1);
  return y[a]! + ((y[a + 1]! - y[a]!) * (at - x[a]!)) / (x[a + 1]! - x[a]!);
}

/** @throws RangeError for a number out of its range, named as CityLearn names it. */
export function checkBattery(where: string, battery: Battery): void {
  const within = (name: string, value: number, low: number, high: number, open: boolean): void => {
    if (typeof value === 'number' && value <= high && (open ? value > low : value >= low)) return;
    throw invalid(
      where,
      name,
      value,
      `${open ? 'above' : 'from'} ${low} ${high === Infinity ? 'and finite' : `to ${high}`}`,
    );
  };
  within('capacity', battery.capacity, 0, Number.MAX_VALUE, true);
  within('nominal_power', battery.nominalPower, 0, Number.MAX_VALUE, true);
  within('efficiency', battery.efficiency, 0, 1, true);
  within('loss_coefficient', battery.lossCoefficient, 0, 1, false);
  within('capacity_loss_coefficient', battery.capacityLossCoefficient, 0, 1, false);
  within('depth_of_discharge', battery.depthOfDischarge, 0, 1, false);
  within('initial_soc', battery.initialSoc, 0, 1, false);
}
