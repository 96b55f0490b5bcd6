/** What a reward sees of a step, and what it is. */

/** One step of all episodes; each array is [episode × building]. Rewards read them and change none. */
export interface StepView {
  readonly episodes: number;
  /** Step of the episodes, from 0. */
  step: number;
  readonly buildings: number;
  /** Net consumption, kWh: imports above 0. */
  readonly net: Float64Array;
  /** Net consumption had the storage not been used, kWh. */
  readonly netWithout: Float64Array;
  /** Battery energy at the meter, kWh: above 0 when charging. */
  readonly meter: Float64Array;
  /** The battery's action as it came, not clipped; 0 without a battery. */
  readonly action: Float64Array;
  /** State of charge before the step, after its standby loss. */
  readonly socBefore: Float64Array;
  /** State of charge after the step. */
  readonly soc: Float64Array;
  /** Capacity, kWh; 0 without a battery. */
  readonly capacity: Float64Array;
  /** What an action of 1 asks of the battery, kWh; 0 without one. */
  readonly unit: Float64Array;
  /** Price of an imported kWh. */
  readonly price: Float64Array;
  /** Price of an exported kWh; 0 without the column selling_pricing. */
  readonly sell: Float64Array;
  /** Carbon intensity, kg a kWh. */
  readonly carbon: Float64Array;
  /** Cost of the step. */
  readonly cost: Float64Array;
  /** Cost had the storage not been used. */
  readonly costWithout: Float64Array;
  /** Emissions of the step, kg: max(net, 0) × carbon. */
  readonly emission: Float64Array;
}

/** Writes the reward of each building into `out`, [episode × building]. */
export type Reward = (step: StepView, out: Float64Array) => void;
