export type { Battery, BatteryState, Physics, Precision } from './battery.js';
export type { Series } from './building.js';
export type { ActionName, Building, District, EndUse, EndUseName } from './district.js';
export { constantTemperature, type Dynamics, type DynamicsInput, idealLoad } from './dynamics.js';
export type { Heater } from './heater.js';
export type { HeatPump } from './heat-pump.js';
export type { Tank } from './tank.js';
export type { Curve } from './curve.js';
export {
  type Box,
  Environment,
  type EnvironmentOptions,
  PAPER_OBSERVATIONS,
  type ResetOptions,
  type StepResult,
} from './environment.js';
export type { Encoded, Live } from './observations.js';
export { idealBattery, type NetZero, netZero, type NetZeroOptions, type Schedule } from './netzero.js';
export { gridImport } from './rewards/grid-import.js';
export type { Reward, StepView } from './rewards/reward.js';
export { weightedCostEmissions, type WeightedCostEmissionsOptions } from './rewards/weighted-cost-emissions.js';
export { type CityLearnDistrict, loadDistrict, parseDistrict, type SchemaOptions } from './schema.js';
export { syntheticDistrict, syntheticFolder, type SyntheticOptions } from './synthetic.js';
export { type Kpi, type KpiOptions, kpis } from './kpis.js';
export { ageing, type Ageing } from './ageing.js';
export { cost, type CostOptions } from './rewards/cost.js';
export { costBadAction } from './rewards/cost-bad-action.js';
export { costIdleBattery } from './rewards/cost-idle-battery.js';
export { runningNormalisation, type RunningNormalisationOptions } from './rewards/running-normalisation.js';
export { bill, type Bill, type Tariff, withTariff } from './tariff.js';
export { type Coupling, dispatch, type Dispatch, type DispatchOptions } from './dispatch.js';
export { whatIf, type WhatIf, type WhatIfOptions } from './what-if.js';
