export { classMethods, estimate, fit, fitCovariance, type Estimate, type Fit, type FitOptions } from './fit.js';
export { methods, type Method, type Sparsify } from './learn.js';
export {
  bootstrap, type Bootstrap, type BootstrapOptions, type EdgeConfidence, type FailedResample,
} from './bootstrap.js'; // prettier-ignore
export { parseArrow, type ArrowOptions } from './arrow.js';
export { parseCsv, type CsvOptions, type CsvTable, type Table } from './csv.js';
export {
  AUTHORS, oracleRadius, PsiDag, psiDag, ridgeRadius, type PsiDagOptions, type PsiDagResult, type StageEnd,
} from './psi-dag.js'; // prettier-ignore
export { UniversalSgd, type Averaging, type UniversalSgdOptions } from './universal-sgd.js';
export { type Precision } from './strips.js';
export { rowSource, type BatchSource } from './sources.js';
export { projectOrder } from './project.js';
export {
  expectedLoss, fitOrder, fitParents, orderLoss, parentsOf, unconstrained, type OrderFit,
} from './exact.js'; // prettier-ignore
export { boss, type BossOptions, type BossResult } from './boss.js';
export { searchOrder, type SearchOptions, type SearchResult } from './order-search.js';
export { centred, correlation, moments, RunningMoments, type Moments } from './covariance.js';
export {
  findCycle, isDag, keepForward, placesOf, repair, topologicalOrder, type Repaired, type RepairOptions,
} from './graph.js'; // prettier-ignore
export {
  constraintsOf, type Constraints, type Knowledge, type OrderOptions, type Precedence, type SoftKnowledge,
} from './knowledge.js'; // prettier-ignore
export { adaptiveLasso, bicPrune, refit, type EdgeOptions } from './sparsify.js';
export { compareGraphs, cpdagDistance, type GraphComparison } from './metrics.js';
export { cpdag } from './cpdag.js';
export { classMembers, effectRange, type EffectRange } from './class-effects.js';
export { sid } from './sid.js';
export { dSeparated } from './separation.js';
export { adjustedEffect, adjustmentSet, isBackdoorSet, totalEffect } from './adjustment.js';
export { intervene } from './intervene.js';
export { diagnose, r2Sortability, sortability, varsortability, type Diagnostics } from './diagnostics.js';
export { edgesOf, toDot, toGraphMl, toMermaid, toNodeLink, toSvg, type Edge } from './export.js';
export {
  linearSem, simulateDag, type DagOptions, type GraphKind, type LinearSem, type NoiseKind, type SemOptions,
} from './simulate.js'; // prettier-ignore
export {
  exponentialAcyclicity,
  leastSquares,
  notears,
  polynomialAcyclicity,
  type NotearsOptions,
  type SoftResult,
} from './baselines/notears.js';
export { golem, golemObjective, type GolemObjectiveOptions, type GolemOptions } from './baselines/golem.js';
export { dagma, logDetAcyclicity, type DagmaOptions } from './baselines/dagma.js';
export { nocurl, type NocurlOptions } from './baselines/nocurl.js';
export { eqVarBottomUp, eqVarTopDown } from './baselines/eqvar.js';
export { directLingam } from './baselines/direct-lingam.js';
export { varianceOrder } from './baselines/sortnregress.js';
export { r2Order, r2Scores } from './baselines/r2-sort.js';
export { randomOrder } from './baselines/random-order.js';
