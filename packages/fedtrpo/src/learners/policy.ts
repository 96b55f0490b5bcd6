/** A policy that stands by itself: what it observes, its network and parameters, its encoding and its filter. As JSON and back. */
import { type Json, loadState, saveState, type State } from '@assay-ml/federated';
import { integer, invalid, oneOf, requireKeys, requireOptions } from '@assay-ml/numerics/check';
import { type Actor, actorOf, type Squash } from './actor.js';
import { type Encoding, type Filter, groupsOf, type Unseen } from './features.js';
import { type Grouping, mlp } from './network.js';

/** What a policy's network is like. */
export interface PolicyOptions {
  /** Units of the hidden layers. Default [32, 32]; the paper has [256, 256], its predecessor [64, 256, 64]. */
  readonly hidden?: readonly number[];
  /** Default 'clip'. */
  readonly squash?: Squash;
  /** log σ at the start. Default −0.5. */
  readonly logStd?: number;
  /** Least log σ. Default −5. */
  readonly floor?: number;
  /** Units of the two layers that each group of features passes first: the paper's grouped features. Default 0: no groups. */
  readonly groupWidth?: number;
  /** Appends the one-hot number of the training building. Default false. */
  readonly personal?: boolean;
  /** Encoding of other buildings. Default 'zeros'. */
  readonly unseen?: Unseen;
  /** Default 'none': observations as the environment encodes them. 'zscore' is the predecessor's. */
  readonly filter?: 'none' | 'zscore';
}

const NAMES: Readonly<Record<keyof PolicyOptions, unknown>> = { hidden: 1, squash: 1, logStd: 1, floor: 1, groupWidth: 1, personal: 1, unseen: 1, filter: 1 }; // prettier-ignore

/** @throws RangeError for an option out of range */
export function policyOf(options: PolicyOptions, where = 'policyOf'): Required<PolicyOptions> {
  requireOptions<PolicyOptions>(where, options, NAMES, 'policy');
  const { hidden = [32, 32], squash = 'clip', logStd = -0.5, floor = -5, groupWidth = 0, personal = false, unseen = 'zeros', filter = 'none' } = options; // prettier-ignore
  for (const [name, value] of [['logStd', logStd], ['floor', floor]] as const) if (!Number.isFinite(value)) throw invalid(where, name, value, 'finite'); // prettier-ignore
  return {
    hidden,
    squash: oneOf(where, 'squash', squash, ['clip', 'tanh']),
    logStd,
    floor,
    groupWidth: integer(where, 'groupWidth', groupWidth, 0),
    personal,
    unseen: oneOf(where, 'unseen', unseen, ['zeros', 'uniform', 'nearest']),
    filter: oneOf(where, 'filter', filter, ['none', 'zscore']),
  };
}

/** A policy. */
export interface Policy {
  /** Numbers it observes of a building, by the environment's names. */
  readonly observations: readonly string[];
  readonly hidden: readonly number[];
  readonly groupWidth: number;
  readonly actor: Actor;
  readonly theta: Float64Array;
  readonly encoding: Encoding | null;
  readonly filter: Filter | null;
}

/** The options that a policy was made with. */
export function optionsOf({ hidden, groupWidth, actor, encoding, filter }: Policy): PolicyOptions {
  const { squash, floor } = actor;
  return {
    hidden,
    groupWidth,
    squash,
    floor,
    personal: encoding !== null,
    filter: filter === null ? 'none' : 'zscore',
  };
}

/** The groups of features of a policy; undefined without. */
export function groupingOf(observations: readonly string[], buildings: number, width: number): Grouping | undefined {
  if (width === 0) return undefined;
  const codes = Array.from({ length: buildings }, (_, k) => `personal_encoding_${k}`);
  return { groups: groupsOf([...observations, ...codes]), width };
}

/** An actor that sees these observations and the encoding of so many buildings. */
export function actorFor(
  observations: readonly string[],
  buildings: number,
  { hidden, groupWidth, floor, squash }: Pick<Required<PolicyOptions>, 'hidden' | 'groupWidth' | 'floor' | 'squash'>,
): Actor {
  const grouping = groupingOf(observations, buildings, groupWidth);
  return actorOf(mlp(observations.length + buildings, hidden, 1, grouping), floor, squash);
}

/** The version of the text that `savePolicy` writes. */
const SCHEMA = 1;

/** A policy as JSON: every digit survives. @throws TypeError for arguments of another kind */
export function savePolicy(policy: Policy): Json {
  requireKeys(
    'savePolicy',
    'policy',
    policy,
    ['observations', 'actor', 'theta', 'encoding'],
    'train() or loadPolicy() gives one.',
  );
  const { observations, hidden, groupWidth, actor, theta, encoding, filter } = policy;
  return saveState({
    schema: SCHEMA,
    observations,
    hidden,
    groupWidth,
    floor: actor.floor,
    squash: actor.squash,
    theta,
    encoding: encoding as unknown as State,
    filter,
  });
}

/**
 * The policy that `savePolicy` wrote.
 * @throws TypeError for no object; RangeError for another file
 */
export function loadPolicy(json: Json): Policy {
  if (json !== null) requireKeys('loadPolicy', 'json', json, [], 'It must be what savePolicy wrote.');
  const read = loadState(json) as unknown as (Omit<Policy, 'actor'> & { schema: number; floor: number; squash: Squash }) | null; // prettier-ignore
  if (read?.schema !== SCHEMA) throw invalid('loadPolicy', 'schema', read?.schema, `${SCHEMA}`, 'It must be what savePolicy wrote.'); // prettier-ignore
  const { observations, hidden, groupWidth, floor, squash, theta, encoding, filter } = read;
  const damaged = (name: string, value: unknown, allowed: string) => invalid('loadPolicy', name, value, allowed, 'The file is damaged.'); // prettier-ignore
  if (!isNames(observations)) throw damaged('observations', observations, 'names');
  if (!Array.isArray(hidden)) throw damaged('hidden', hidden, 'units of layers');
  if (encoding !== null && !isNames(encoding?.buildings)) throw damaged('encoding', encoding, 'null, or with the names of buildings'); // prettier-ignore
  if (filter !== null && filter?.mean?.length !== observations.length) throw damaged('filter', filter, `null, or of ${observations.length} observations`); // prettier-ignore
  const actor = actorFor(observations, encoding?.buildings.length ?? 0, { hidden, groupWidth, floor, squash });
  if (!(theta instanceof Float64Array) || theta.length !== actor.size || !theta.every(Number.isFinite)) {
    throw damaged('theta', theta, `${actor.size} finite numbers`);
  }
  return { observations, hidden, groupWidth, actor, theta, encoding, filter };
}

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string');
