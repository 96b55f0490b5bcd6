export { nearest } from '@assay-ml/numerics/check';
export type * from './types.js';
export { codeVersion, type CodeVersion } from './code-version.js';
export { environment, type Environment } from './environment.js';
export {
  inProcessExecutor,
  localExecutor,
  type Executor,
  type ExecutorOptions,
  type LocalOptions,
} from './executors.js';
export { intervalErrors, type IntervalErrors } from './interval-errors.js';
export { DATA_MISSING, expectation, judge, type JudgeOptions } from './judge.js';
export { merge, type MergeOptions } from './merge.js';
export { inPaperOrder } from './paper-order.js';
export { paceOf } from './pace.js';
export {
  cellId,
  chooseClaims,
  plan,
  TIERS,
  WASM,
  type Plan,
  type PlannedCell,
  type PlanOptions,
  type Shard,
} from './plan.js';
export { checkReproduction, isKey, REPRODUCTION_SCHEMA } from './reproduction.js';
export { askedFor, runReproduction, type Progress, type RunOptions, type RunResult } from './run.js';
export { StoreError, type StoreProblem } from './store-error.js';
export { readRecords, readRun, readVerdicts, resultsFolder, RUN_SCHEMA, type RunFile } from './store.js';
export {
  exitCode,
  resultHash,
  VERDICTS_SCHEMA,
  verdictsJsonSchema,
  verdictsSchema,
  type ExitCode,
  type VerdictsFile,
} from './verdicts.js';
export { ENOUGH_BLOCKS } from './weigh.js';
export { ONE_THREAD, type CellLimits } from './worker-process.js';
