/** Indoor temperature: where devices are controlled it depends on them, else it is the data's. */

/** What a building's temperature is computed from. */
export interface DynamicsInput {
  /** Row of the data. */
  readonly row: number;
  readonly columns: Readonly<Record<string, Float64Array>>;
  /** Indoor temperature of the hour before, °C. */
  readonly temperature: number;
  /** Cold and heat that the devices and tanks gave in the hour, kWh. */
  readonly cooling: number;
  readonly heating: number;
}

/** A model of indoor temperature. It holds no state: what it needs of the past it asks for. */
export interface Dynamics {
  readonly name: string;
  /** Whether devices are driven by their actions; else they meet the demand of the data. */
  readonly controlled: boolean;
  /** Hours of an episode before it predicts; until then the data's demand is met and its temperature holds. */
  readonly lookback: number;
  /** Indoor temperature of the hour, °C. */
  next(input: DynamicsInput): number;
}

/** The data's demand is met, so that its temperature holds. */
export const idealLoad: Dynamics = {
  name: 'ideal load',
  controlled: false,
  lookback: 0,
  next: ({ row, columns, temperature }) => columns['indoor_dry_bulb_temperature']?.[row] ?? temperature,
};

/** A temperature that stays what it was when the episode began, whatever devices do. */
export const constantTemperature: Dynamics = {
  name: 'constant temperature',
  controlled: true,
  lookback: 0,
  next: ({ temperature }) => temperature,
};
