/**
 * A heat pump: Carnot's coefficient of performance times an efficiency, 20 where that is negative or above 20.
 *
 *   heating: η(T_h + 273.15)/(T_h − T_out), cooling: η(T_c + 273.15)/(T_out − T_c).
 */

/** One heat pump. */
export interface HeatPump {
  readonly kind: 'heat pump';
  /** kW, electric. */
  readonly nominalPower: number;
  /** η in (0, 1]. */
  readonly efficiency: number;
  /** Temperature of the supply when it heats, °C. */
  readonly targetHeatingTemperature: number;
  /** Temperature of the supply when it cools, °C. */
  readonly targetCoolingTemperature: number;
}

const KELVIN = 273.15;
const HIGHEST = 20;

/** Heat or cold a unit of electricity at an outdoor temperature in °C. */
export function coefficientOfPerformance(pump: HeatPump, outdoor: number, heating: boolean): number {
  const target = heating ? pump.targetHeatingTemperature : pump.targetCoolingTemperature;
  const lift = heating ? target - outdoor : outdoor - target;
  const cop = (pump.efficiency * (target + KELVIN)) / lift;
  return cop < 0 || cop > HIGHEST ? HIGHEST : cop;
}
