export { aggregate, checkWeights } from './aggregate.js';
export { memoryStore, type ClientStore } from './client-store.js';
export { evaluation, type Evaluation, type EvaluationOptions } from './evaluation.js';
export { folderStore } from './folder-store.js';
export { bytes, chargeRound, emptyLedger, type Ledger } from './ledger.js';
export { cohorts, cohortSize, heldOut, survivors, type Participation } from './participation.js';
export { privatise, type PrivatiseOptions } from './privatise.js';
export { runRounds, type Watch } from './rounds.js';
export {
  serverOf,
  serverStep,
  startServer,
  type ServerOptimizerName,
  type ServerOptions,
  type ServerState,
} from './server-optimizer.js';
export { loadState, saveState, type Json, type State } from './state.js';
export { chargeTraffic, emptyTraffic, trafficBytes, type Dtype, type Traffic } from './traffic.js';
export { weightedSums, type Numbers } from './weighted-sums.js';
