/** Photovoltaics: generation is nominal power times what the file says a kW gives. */
import type { Precision } from './battery.js';

/**
 * PV generation, kWh a step.
 * @param solar `solar_generation`, W a kW
 * @param nominalPower kW
 * @param hours length of a step
 * @returns a new array, as long as `solar`
 */
export function pvGeneration(
  solar: Float64Array,
  nominalPower: number,
  hours: number,
  precision: Precision,
): Float64Array {
  if (precision === 'float64') return solar.map((w) => ((nominalPower * w) / 1000) * hours);
  return solar.map((w) => Math.fround(Math.fround(Math.fround(nominalPower * Math.fround(w)) / 1000) * hours));
}
