export { aggregate, checkWeights } from './aggregate.js';
export { bytes, chargeRound, emptyLedger, type Ledger } from './ledger.js';
export { cohorts, cohortSize, type Participation } from './participation.js';
export { runRounds, type Watch } from './rounds.js';
export { loadState, saveState, type Json, type State } from './state.js';
