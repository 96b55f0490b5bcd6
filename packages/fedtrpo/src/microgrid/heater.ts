/** An electric heater: output = efficiency × input. */

/** One electric heater. */
export interface Heater {
  readonly kind: 'heater';
  /** kW, electric. */
  readonly nominalPower: number;
  /** In (0, 1]. */
  readonly efficiency: number;
}
