export type { Battery, BatteryState, Physics, Precision } from './battery.js';
export type { Building, District } from './building.js';
export type { Curve } from './curve.js';
export {
  type Box,
  Environment,
  type EnvironmentOptions,
  PAPER_OBSERVATIONS,
  type ResetOptions,
  type Series,
  type StepResult,
} from './environment.js';
export type { Encoded, Live } from './observations.js';
export { idealBattery, type NetZero, netZero, type NetZeroOptions, type Schedule } from './netzero.js';
export { gridImport } from './rewards/grid-import.js';
export type { Reward, StepView } from './rewards/reward.js';
export { weightedCostEmissions, type WeightedCostEmissionsOptions } from './rewards/weighted-cost-emissions.js';
