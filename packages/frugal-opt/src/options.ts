/** The options of FRUGAL, checked and with their defaults. */
import { atLeast, integer, invalid, oneOf, positive, requireOptions } from '@assay-ml/numerics/check';
import { type FreeName, freeOf } from './free/index.js';
import type { FreeRule } from './free/free-rule.js';
import { checkGroups, type Group, type Part } from './groups.js';
import type { BlockOrder } from './projectors/blocks.js';
import type { Side } from './projectors/directions.js';
import { type ProjectorName, PROJECTORS, projectorOf } from './projectors/index.js';
import { type Projector, roundHalfEven, type Rounding } from './projectors/projector.js';
import { type RuleName, type RuleOptions, ruleOf } from './rules/index.js';
import type { Rule } from './rules/rule.js';
import { statesOf, type StatesName } from './states/index.js';
import type { Precision } from './states/precision.js';
import { checkDensity, checkRate, type Density, type Rate } from './schedule.js';

/** Options of {@link frugal}; only `rate` must be given. All are plain data. */
export interface FrugalOptions {
  /** η, a number or a schedule. */
  readonly rate: Rate;
  /** The part of the projectable weights that has state; of blocks, the part of their number. Default 0.25. */
  readonly rho?: Density;
  /** T, the steps between refreshes. Default 200. */
  readonly period?: number;
  /** Default `blocks`. `columns` are those of the tensor's last axis: kernels of TF.js are [in, out], PyTorch's [out, in]. */
  readonly projector?: ProjectorName;
  /** Of `svd` and `random`. Default `std`. */
  readonly side?: Side;
  /** SVD by a full decomposition. Default false: subspace iteration, warm-started. */
  readonly exact?: boolean;
  /** Of `gaussian`: directions, in place of rho. Default: rho's. */
  readonly rank?: number | null;
  /** Of blocks. Default `descending`. */
  readonly order?: BlockOrder;
  /** Of blocks: what is active as one. Default `tensor`. */
  readonly unit?: 'tensor' | 'layer';
  /** Of what has state. Default `adam`. */
  readonly rule?: RuleName;
  readonly ruleOptions?: RuleOptions;
  /** Of tensors that are not split. Default that of `rule`, and `adam` with `muon`, which is for matrices. */
  readonly regularRule?: RuleName;
  readonly regularOptions?: RuleOptions;
  /** Of what has no state. Default `sign`. */
  readonly free?: FreeName;
  /** η of what has no state over that of what has. Default 1. */
  readonly freeScale?: number;
  /** η of projectable tensors over that of the others. Default 1. */
  readonly projectedScale?: number;
  /**
   * What happens to the state when the subspace changes. `reset` (default): it starts from zeros; `keep`: it stays as it is, in
   * coordinates that now mean something else, as in GaLore; `reproject`: it is carried over, s ← P′(P⁻¹ s).
   */
  readonly refresh?: 'reset' | 'keep' | 'reproject';
  /** Decoupled: x ← (1 − η·decay)·x before the step, of every tensor. Default 0. */
  readonly weightDecay?: number;
  /** Largest norm of the whole gradient, which is clipped before it is split. Default null: any. */
  readonly clip?: number | null;
  /** Steps over which η of the state-full part grows to its value after a reset. Default 0. */
  readonly warmUp?: number;
  /** Spread refreshes of the tensors evenly over a period. Default false. */
  readonly stagger?: boolean;
  /** Parts that are projectable. Default ['linear']. */
  readonly project?: readonly Part[];
  /** Exceptions by name. Default none. */
  readonly groups?: readonly Group[];
  /**
   * What moments are kept in between steps: `float32` (default), the weights' own precision; `bf16`; or `int8`, a code for each
   * number and a scale for 256. Rounding is drawn from a stream.
   */
  readonly states?: StatesName;
  /** Of drawn subspaces, and of the rounding of states. Default 0. */
  readonly seed?: number;
  /** As the authors' code where it differs: counts are rounded half to even, and SGDM's buffer starts as the parameter. Default false. */
  readonly repo?: boolean;
}

/** Checked options. */
export interface Settings extends Required<
  Omit<
    FrugalOptions,
    | 'side'
    | 'states'
    | 'ruleOptions'
    | 'regularRule'
    | 'regularOptions'
    | 'rule'
    | 'free'
    | 'projector'
    | 'rank'
    | 'exact'
  >
> {
  readonly rule: Rule;
  readonly regularRule: Rule;
  readonly free: FreeRule;
  /** Null for blocks. */
  readonly projector: Projector | null;
  readonly round: Rounding;
  /** Null for the weights' own. */
  readonly states: Precision | null;
  readonly tag: string;
}

/** Names of all options. */
export const NAMES: Readonly<Record<keyof FrugalOptions, 1>> = {
  ...{
    rate: 1,
    rho: 1,
    period: 1,
    projector: 1,
    side: 1,
    exact: 1,
    rank: 1,
    order: 1,
    unit: 1,
    rule: 1,
    ruleOptions: 1,
  },
  ...{
    regularRule: 1,
    regularOptions: 1,
    free: 1,
    freeScale: 1,
    projectedScale: 1,
    refresh: 1,
    weightDecay: 1,
    clip: 1,
  },
  ...{ warmUp: 1, stagger: 1, project: 1, groups: 1, states: 1, seed: 1, repo: 1 },
};

/** @throws RangeError for an option out of range, or two that make no sense together */
export function settingsOf(where: string, given: FrugalOptions): Settings {
  requireOptions<FrugalOptions>(where, given, NAMES);
  const { projector = 'blocks', side, exact = false, rank = null, rule = 'adam', ruleOptions = {}, free = 'sign' } = given; // prettier-ignore
  const { rho = 0.25, period = 200, refresh = 'reset', clip = null, project = ['linear'], groups = [] } = given;
  const { order = 'descending', unit = 'tensor', freeScale = 1, projectedScale = 1, weightDecay = 0 } = given;
  const { warmUp = 0, stagger = false, states = 'float32', seed = 0, repo = false } = given;
  const regular = given.regularRule ?? (rule === 'muon' ? 'adam' : rule);
  oneOf(where, 'projector', projector, PROJECTORS);
  oneOf(where, 'refresh', refresh, ['reset', 'keep', 'reproject']);
  oneOf(where, 'order', order, ['descending', 'ascending', 'random', 'mirror']);
  oneOf(where, 'unit', unit, ['tensor', 'layer']);
  if (projector !== 'blocks' && (given.order !== undefined || given.unit !== undefined)) {
    throw invalid(where, 'order', order, "left out, unless projector is 'blocks'", 'It says which blocks come next.');
  }
  if (projector === 'blocks' && stagger) throw invalid(where, 'stagger', stagger, "false with 'blocks'", 'They are chosen together.'); // prettier-ignore
  if (regular === 'muon') throw invalid(where, 'regularRule', regular, "'adam', 'lion', 'sgdm' or 'adam-mini'", 'Vectors cannot be orthogonalised.'); // prettier-ignore
  const byMatrix = [rule, free].find((name) => name === 'muon' || name === 'orthogonal');
  if (byMatrix && projector === 'rand-k') throw invalid(where, 'projector', projector, `another than 'rand-k' with '${byMatrix}'`, 'Single entries are no matrix: take columns.'); // prettier-ignore
  if (rule === 'adam-mini' && refresh === 'reproject') throw invalid(where, 'refresh', refresh, "'reset' or 'keep' with 'adam-mini'", 'Its second moments are of rows, not of coordinates.'); // prettier-ignore
  const byChannel = ['fira', 'apollo', 'apollo-mini'].includes(free);
  if (byChannel && !['svd', 'random', 'gaussian', 'permutation'].includes(projector)) {
    throw invalid(where, 'free', free, `another than '${free}' with '${projector}'`, "It scales by channels of 'svd', 'random' or 'gaussian'."); // prettier-ignore
  }
  if (projector === 'gaussian' && !free.startsWith('apollo')) throw invalid(where, 'projector', projector, "left to free rules 'apollo' and 'apollo-mini'", 'Its rows are not orthonormal: P⁻¹P g is no projection.'); // prettier-ignore
  if (byChannel && side === 'full') throw invalid(where, 'side', side, `one side with '${free}'`, 'Rows or columns must stay.'); // prettier-ignore
  if (rank !== null) integer(where, 'rank', rank, 1, 'Give rho instead.');
  checkGroups(where, groups, project);
  const round: Rounding = repo ? roundHalfEven : Math.round;
  return {
    rate: checkRate(where, given.rate),
    rho: checkDensity(where, rho),
    period: integer(where, 'period', period, 1, 'It is T, the steps between refreshes.'),
    order,
    unit,
    freeScale: atLeast(where, 'freeScale', freeScale, 0, "Leave it out for 1, or take free: 'none'."),
    projectedScale: positive(where, 'projectedScale', projectedScale, 'Leave it out for 1.'),
    refresh,
    weightDecay: atLeast(where, 'weightDecay', weightDecay, 0, 'Leave it out for none.'),
    clip: clip === null ? null : positive(where, 'clip', clip, 'Leave it out for none.'),
    warmUp: integer(where, 'warmUp', warmUp, 0, 'Leave it out for none.'),
    stagger,
    project,
    groups,
    seed: integer(where, 'seed', seed, 0, 'Leave it out for 0.'),
    repo,
    round,
    rule: ruleOf(where, rule, ruleOptions),
    regularRule: ruleOf(where, regular, given.regularOptions ?? (regular === rule ? ruleOptions : {})),
    free: freeOf(where, free),
    states: statesOf(where, states),
    projector: projector === 'blocks' ? null : projectorOf(where, projector, { side, exact, rank }, round),
    // Whatever a state's meaning depends on; rates and decay may change in a training.
    tag: `frugal ${JSON.stringify({ projector, side, exact, rank, order, unit, rho, rule, ruleOptions, regular, free, refresh, project, groups, states, seed, repo })}`, // prettier-ignore
  };
}
