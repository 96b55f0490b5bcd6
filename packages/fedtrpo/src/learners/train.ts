/**
 * Training of a district's buildings, each a client with an agent of its own, in four kinds of federation:
 *
 * | federation | policies | what is sent |
 * | --- | --- | --- |
 * | `none` | one a client | nothing |
 * | `shared` | one, on the batch of all clients: what the paper's code calls federated | observations, actions and rewards |
 * | `fedsgd` | one, on the sum of the clients' gradients and curvature products; each standardises its own advantages | those |
 * | `fedavg` | one a client, averaged after E local updates, weighted by samples | parameters |
 *
 * With TRPO, `fedavg` is the paper's recommended federated TRPO.
 */
import {
  aggregate,
  chargeTraffic,
  cohorts,
  emptyTraffic,
  type Participation,
  runRounds,
  type State,
  survivors,
  type Traffic,
} from '@assay-ml/federated';
import { type Stream, stream } from '@assay-ml/numerics';
import { fraction, integer, invalid, oneOf, requireOptions } from '@assay-ml/numerics/check';
import type { District } from '../microgrid/district.js';
import { Environment } from '../microgrid/environment.js';
import { weightedCostEmissions } from '../microgrid/rewards/weighted-cost-emissions.js';
import { type Actor, startActor } from './actor.js';
import { gae, standardise } from './advantages.js';
import { NO_VARIANCE, stayed, type StepReport } from './batch.js';
import { criticOf, type CriticOptions, type CriticState, fitCritic, startCritic, valuesOf } from './critic.js';
import { evaluate, gapClosed } from './evaluate.js';
import {
  checkObservations,
  codeOf,
  copyFilter,
  type Encoding,
  type Filter,
  mergedFilter,
  signatureOf,
  startFilter,
} from './features.js';
import { learned } from './learned.js';
import { checkMethod, type Method, type MethodState, policyStep, startMethod } from './method.js';
import { headOf, mlp, type Network, type Tape, tapesOf } from './network.js';
import { actorFor, groupingOf, optionsOf, type Policy, policyOf, type PolicyOptions } from './policy.js';
import { type Collected, drawStarts, type EpisodeOptions, rollout } from './rollout.js';
import type { Safety } from './safety.js';

/** How clients work together. */
export type Federation = 'none' | 'shared' | 'fedsgd' | 'fedavg';

/** Which days of which buildings the best iteration is chosen on. */
export interface Selection {
  /** 'test' is what the paper's code does; every result then says so. */
  readonly selectOn: 'validation' | 'test';
  readonly district: District;
  readonly starts: ArrayLike<number>;
  /** Iterations between two looks. Default 5. */
  readonly every?: number;
}

/** Options of {@link train}. */
export interface TrainOptions {
  readonly method: Method;
  readonly iterations: number;
  /** Rows where training days start; each iteration draws from them by permutation. */
  readonly starts: ArrayLike<number>;
  /** Episodes of a client in an iteration, one number for all or one each. Default 16. */
  readonly episodes?: number | readonly number[];
  /** Default 'shared'. */
  readonly federation?: Federation;
  /** E of `fedavg`: iterations of a client between two averages. Default 1. */
  readonly localUpdates?: number;
  /** Clients of a round, of `fedsgd` and `fedavg`. Default 'full'. */
  readonly participation?: Participation;
  /** Probability that a client drops out of a round. Default 0. */
  readonly dropout?: number;
  /** A round that all have dropped out of. Default 'stop': an error; 'skip': it changes nothing. */
  readonly emptyRound?: 'stop' | 'skip';
  /** Critics of `fedavg`. Default 'averaged'. */
  readonly critics?: 'local' | 'averaged';
  /** What stays with each client of `fedavg`. Default 'nothing'; 'head' is the last layer and log σ. */
  readonly personalise?: 'nothing' | 'head';
  /** Default: two hidden layers of 32, clipped actions, no encoding. */
  readonly policy?: PolicyOptions;
  /** Default: Adam on standardised returns, with the policy's hidden layers. */
  readonly critic?: CriticOptions;
  /** Default 1: an episode is a day. */
  readonly gamma?: number;
  /** λ of GAE. Default 0.97. */
  readonly lambda?: number;
  /** Standardises advantages: over the batch in `shared`, over each client's elsewhere. Default true. */
  readonly standardise?: boolean;
  /** Default: episodes of 24 hours, physics 2.2, the paper's reward. */
  readonly environment?: EpisodeOptions;
  /** Default 'none'. */
  readonly safety?: Safety;
  /** Default null: the last iteration is the result. */
  readonly select?: Selection | null;
  /** A policy to begin from, for fine-tuning: its network, encoding and filter stay, and `policy` is not read. Default null. */
  readonly initial?: Policy | null;
  /** Of parameters, days, exploration, minibatches and cohorts. Default 0. */
  readonly seed?: number;
}

const NAMES: Readonly<Record<keyof TrainOptions, unknown>> = {
  method: 1, iterations: 1, starts: 1, episodes: 1, federation: 1, localUpdates: 1, participation: 1, dropout: 1, emptyRound: 1,
  critics: 1, personalise: 1, policy: 1, critic: 1, gamma: 1, lambda: 1, standardise: 1, environment: 1, safety: 1, select: 1, initial: 1, seed: 1,
}; // prettier-ignore

/** Parameters that are trained together, and what belongs to them: plain data. */
export type Model = {
  readonly theta: Float64Array;
  readonly critic: CriticState;
  readonly method: MethodState;
};

/** What an iteration did: means over its updates. */
export type IterationReport = {
  /** Clients that took part. */
  readonly clients: number;
  /** Reward of an episode. */
  readonly reward: number;
  /** Part of the updates that moved the policy, and why the others did not ('' where all did). */
  readonly stepped: number;
  readonly why: string;
  readonly kl: number;
  /** Part of the actions that were brought into reach. */
  readonly projected: number;
};

/** The best iteration, by the days that it was selected on. */
export type Selected = {
  readonly selectedOn: 'validation' | 'test';
  readonly iteration: number;
  /** Gap closed there. */
  readonly gap: number;
  readonly thetas: readonly Float64Array[];
};

/** A training: plain data, which `saveState` of federated writes and `train` goes on with. */
export type Training = {
  iteration: number;
  /** One, or in `none` and `fedavg` one a client. */
  readonly models: readonly Model[];
  /** The average of `fedavg`, [policy, critic]; null elsewhere. */
  server: Float64Array | null;
  /** One a client; null without. */
  readonly filters: readonly (Filter | null)[];
  readonly traffic: Traffic;
  readonly reports: IterationReport[];
  selected: Selected | null;
};

/** How a training is watched. */
export interface TrainWatch {
  /** Looked at before each iteration. */
  readonly signal?: AbortSignal;
  /** Told of each iteration that is done; the training may be saved then. */
  readonly onProgress?: (done: number, planned: number, training: Training) => void;
}

/** A training and the policies it has made. */
export interface Trained {
  readonly training: Training;
  /** One a client, in their order; the same one in `shared` and `fedsgd`. */
  readonly policies: readonly Policy[];
  /** For a building that was not trained on: the shared or averaged policy; null in `none`, which has no such. */
  readonly general: Policy | null;
  /** What the policies were selected on; null: nothing, they are the last. */
  readonly selectedOn: 'validation' | 'test' | null;
}

/** What does not change while a training runs. */
interface Setting {
  readonly options: Required<TrainOptions>;
  readonly clients: readonly Client[];
  readonly observations: readonly string[];
  readonly encoding: Encoding | null;
  readonly policy: Required<PolicyOptions>;
  readonly critic: Required<CriticOptions>;
  readonly actor: Actor;
  readonly criticNetwork: Network;
  readonly actorTapes: (rows: number) => Tape;
  readonly criticTapes: (rows: number) => Tape;
}

interface Client {
  readonly environment: Environment;
  readonly code: Float64Array;
}

/**
 * Trains the buildings of a district.
 * @param resumed a training to go on with, under the same options; it is changed. The bits are those of one that never stopped
 * @throws RangeError for an option out of range, or a round that everybody has dropped out of
 * @throws the signal's reason once it is aborted
 */
export function train(district: District, options: TrainOptions, resumed?: Training, watch: TrainWatch = {}): Trained {
  const setting = settingOf(district, options);
  const { federation, iterations, participation, dropout, emptyRound, seed, select } = setting.options;
  requireOptions<TrainWatch>('train', watch, { signal: 1, onProgress: 1 }, 'watch');
  const { clients } = setting;
  const training = resumed ?? start(setting);
  const draw = cohorts(participation, clients.length, seed);
  runRounds(
    training.iteration,
    iterations,
    (r) => {
      const invited = draw(r);
      const cohort = survivors(invited, dropout, seed, r);
      if (cohort.length === 0 && emptyRound === 'stop') {
        throw new RangeError(`train: all ${invited.length} clients of round ${r} have dropped out; must leave one. Lower 'dropout', take more clients, or say emptyRound: 'skip'.`); // prettier-ignore
      }
      const done = cohort.length === 0 ? [] : round(setting, training, cohort, r);
      charge(setting, training, invited.length, cohort, done);
      training.reports.push(summary(done, cohort.length));
      training.iteration = r + 1;
      if (select !== null && (r + 1) % (select.every ?? 5) === 0) look(setting, training, select);
      return true;
    },
    {
      signal: watch.signal,
      onProgress: (done, planned) => watch.onProgress?.(done, planned, training),
    },
  );
  const thetas = training.selected?.thetas ?? thetasOf(setting, training);
  const policyFor = (theta: Float64Array, filter: Filter | null): Policy => policyWith(setting, theta, filter);
  const policies = clients.map((_, k) => policyFor(thetas[federation === 'shared' || federation === 'fedsgd' ? 0 : k]!, training.filters[k]!)); // prettier-ignore
  const general = federation === 'none' ? null : policyFor(thetas.at(-1)!, mergedFilter(training.filters));
  return { training, policies, general, selectedOn: training.selected?.selectedOn ?? null };
}

function policyWith(
  { observations, policy, encoding, actor }: Setting,
  theta: Float64Array,
  filter: Filter | null,
): Policy {
  // prettier-ignore
  return { observations, hidden: policy.hidden, groupWidth: policy.groupWidth, actor, theta: theta.slice(), encoding, filter };
}

/** Parameters by client where they differ, and at last the general ones. */
function thetasOf({ actor, options }: Setting, { models, server }: Training): Float64Array[] {
  if (server === null) return models.map(({ theta }) => theta.slice());
  const general = server.slice(0, actor.size);
  const kept = options.personalise === 'head' ? headOf(actor.network) : actor.size;
  return [...models.map(({ theta }) => concat(general.subarray(0, kept), theta.subarray(kept))), general];
}

/** Checks the options, and makes what does not change. */
function settingOf(district: District, given: TrainOptions): Setting {
  requireOptions<TrainOptions>('train', given, NAMES);
  const n = integer('train', 'district.buildings.length', district.buildings.length, 1);
  const options: Required<TrainOptions> = {
    episodes: 16,
    federation: 'shared',
    localUpdates: 1,
    participation: 'full',
    dropout: 0,
    emptyRound: 'stop',
    critics: 'averaged',
    personalise: 'nothing',
    policy: {},
    critic: {},
    gamma: 1,
    lambda: 0.97,
    standardise: true,
    environment: {},
    safety: 'none',
    select: null,
    initial: null,
    seed: 0,
    ...given,
  };
  const { episodes, federation, starts, environment, seed, localUpdates, personalise, participation, dropout } =
    options;
  checkMethod('train', options.method);
  integer('train', 'iterations', options.iterations, 1);
  integer('train', 'seed', seed, 0);
  integer('train', 'localUpdates', localUpdates, 1);
  integer('train', 'starts.length', starts.length, 1, 'Name at least one training day.');
  fraction('train', 'dropout', dropout);
  oneOf('train', 'federation', federation, ['none', 'shared', 'fedsgd', 'fedavg']);
  oneOf('train', 'emptyRound', options.emptyRound, ['stop', 'skip']);
  oneOf('train', 'critics', options.critics, ['local', 'averaged']);
  oneOf('train', 'personalise', personalise, ['nothing', 'head']);
  oneOf('train', 'safety', options.safety, ['none', 'project']);
  if (options.select !== null) {
    requireOptions<Selection>('train', options.select, { selectOn: 1, district: 1, starts: 1, every: 1 }, 'select');
    oneOf('train', 'select.selectOn', options.select.selectOn, ['validation', 'test']);
    integer('train', 'select.every', options.select.every ?? 5, 1);
  }
  if (federation !== 'fedavg' && (localUpdates !== 1 || personalise !== 'nothing')) {
    throw invalid('train', 'federation', federation, "'fedavg' where clients update more than once or keep a part to themselves"); // prettier-ignore
  }
  if ((federation === 'none' || federation === 'shared') && (participation !== 'full' || dropout > 0)) {
    throw invalid('train', 'federation', federation, "'fedsgd' or 'fedavg' where clients are sampled or drop out");
  }
  const counts = typeof episodes === 'number' ? Array<number>(n).fill(episodes) : episodes;
  if (counts.length !== n) throw invalid('train', 'episodes', episodes, `a number, or one for each of ${n} buildings`);
  counts.forEach((count, k) => integer('train', `episodes of client ${k}`, count, 1, 'A client without data cannot take part.')); // prettier-ignore
  const { initial } = options;
  const policy = policyOf(initial === null ? options.policy : optionsOf(initial), 'train');
  const critic = criticOf(options.critic, 'train');
  const environments = district.buildings.map((building, k) => new Environment({ ...district, buildings: [building] }, { length: 24, physics: '2.2', reward: weightedCostEmissions(), ...environment, episodes: counts[k]!, starts })); // prettier-ignore
  const observations = environments[0]!.encoded[0]!.names;
  environments.forEach((own, k) => {
    checkObservations('train', initial?.observations ?? observations, own);
    const { names } = own.actionSpace(0);
    const { name, battery } = district.buildings[k]!;
    if (names.length !== 1 || own.batteryActions[0] !== 0) {
      throw new RangeError(`train: building '${name}' has ${battery ? 'a' : 'no'} battery and the actions [${names.join(', ')}]; must have one and electrical_storage alone. Leave out the others.`); // prettier-ignore
    }
  });
  const encoding: Encoding | null =
    initial !== null
      ? initial.encoding
      : policy.personal
        ? {
            buildings: district.buildings.map(({ name }) => name),
            unseen: policy.unseen,
            signatures: Float64Array.from(environments.flatMap((own) => [...signatureOf(own, 0)])),
          }
        : null;
  const clients = environments.map((own): Client => ({ environment: own, code: encoding === null ? new Float64Array(0) : codeOf(encoding, own, 0) })); // prettier-ignore
  const codes = encoding?.buildings.length ?? 0;
  const actor = actorFor(observations, codes, policy);
  const criticNetwork = mlp(actor.network.inputs, policy.hidden, 1, groupingOf(observations, codes, policy.groupWidth));
  return {
    options,
    clients,
    observations,
    encoding,
    policy,
    critic,
    actor,
    criticNetwork,
    actorTapes: tapesOf(actor.network),
    criticTapes: tapesOf(criticNetwork),
  };
}

function start({ options, clients, observations, policy, critic, actor, criticNetwork }: Setting): Training {
  const { federation, method, seed } = options;
  const apart = federation === 'none' || federation === 'fedavg';
  // Independent clients begin where shared ones do: federations are compared from the same parameters.
  const model = (): Model => ({
    theta: options.initial?.theta.slice() ?? startActor(actor, stream(seed, 'actor'), policy.logStd),
    critic: startCritic(criticNetwork, stream(seed, 'critic'), critic.standardise),
    method: startMethod(method, actor),
  });
  const models = Array.from({ length: apart ? clients.length : 1 }, model);
  return {
    iteration: 0,
    models,
    server: federation === 'fedavg' ? concat(models[0]!.theta, models[0]!.critic.theta) : null,
    filters: clients.map(() =>
      policy.filter === 'none'
        ? null
        : options.initial?.filter
          ? copyFilter(options.initial.filter)
          : startFilter(observations.length),
    ),
    traffic: emptyTraffic({ policy: 'float64', critic: 'float64', data: 'float64' }),
    reports: [],
    selected: null,
  };
}

function concat(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** What an update of one model did. */
interface Done {
  readonly step: StepReport;
  /** Means over the episodes and actions of its clients. */
  readonly reward: number;
  readonly projected: number;
  readonly rows: number;
}

/** One iteration of the clients of a cohort. */
function round(setting: Setting, training: Training, cohort: Uint32Array, r: number): Done[] {
  const { federation, localUpdates, critics } = setting.options;
  const { models, server } = training;
  if (federation === 'shared' || federation === 'fedsgd') return [update(setting, training, models[0]!, [...cohort], r, 0)]; // prettier-ignore
  if (federation === 'none') return [...cohort].map((k) => update(setting, training, models[k]!, [k], r, 0));
  const { actor } = setting;
  const shared = setting.options.personalise === 'head' ? headOf(actor.network) : actor.size;
  const done: Done[] = [];
  const rows: Float64Array[] = [];
  for (const k of cohort) {
    const { theta, critic } = models[k]!;
    theta.set(server!.subarray(0, shared));
    if (critics === 'averaged') critic.theta.set(server!.subarray(actor.size));
    for (let e = 0; e < localUpdates; e++) done.push(update(setting, training, models[k]!, [k], r, e));
    rows.push(concat(theta, critic.theta));
  }
  const sizes = Float64Array.from(setting.clients, ({ environment }) => environment.episodes);
  const d = server!.length;
  const all = new Float64Array(rows.length * d);
  rows.forEach((row, s) => all.set(row, s * d));
  aggregate(all, cohort, server!, sizes);
  return done;
}

/** Episodes of some clients under one model, and its policy step and its critic's fit on them. */
function update(
  setting: Setting,
  training: Training,
  model: Model,
  members: readonly number[],
  r: number,
  e: number,
): Done {
  // prettier-ignore
  const { options, clients, actor, criticNetwork, actorTapes, criticTapes, critic } = setting;
  const { seed, starts, safety, gamma, lambda, method, federation } = options;
  const collected = members.map((k) => {
    const { environment, code } = clients[k]!;
    const days = drawStarts(starts, environment.episodes, stream(seed, 'days').at(r, k, e));
    return rollout(environment, actor, model.theta, code, training.filters[k]!, days, { seed, iteration: r, client: k, update: e }, actorTapes, safety); // prettier-ignore
  });
  const rows = collected.reduce((sum, part) => sum + part.rows, 0);
  const joined = (of: (part: Collected) => Float64Array): Float64Array => collected.map(of).reduce(concat);
  const observations = joined((part) => part.observations);
  const rewards = joined((part) => part.rewards);
  const values = valuesOf(criticNetwork, model.critic, observations, criticTapes(rows));
  const [advantages, returns] = [new Float64Array(rows), new Float64Array(rows)];
  gae(rewards, values, collected[0]!.steps, gamma, lambda, advantages, returns);
  const key = (name: string): Stream => stream(seed, name).at(r, members[0], e);
  const varied = !options.standardise || standardised(advantages, federation === 'shared' ? [rows] : collected.map((part) => part.rows)); // prettier-ignore
  const batch = { rows, observations, actions: joined((part) => part.actions), logDensities: joined((part) => part.logDensities), advantages }; // prettier-ignore
  const step = varied ? policyStep(method, actor, model.theta, batch, model.method, key('minibatches'), actorTapes) : stayed(NO_VARIANCE); // prettier-ignore
  fitCritic(criticNetwork, model.critic, observations, returns, key('critic minibatches'), criticTapes, critic);
  const episodes = rows / collected[0]!.steps;
  return {
    step,
    rows,
    reward: rewards.reduce((sum, reward) => sum + reward, 0) / episodes,
    projected: collected.reduce((sum, part) => sum + part.projected * part.rows, 0) / rows,
  };
}

/** Standardises parts of so many rows each; those that do not vary count nothing. False where none does. */
function standardised(advantages: Float64Array, parts: readonly number[]): boolean {
  let [at, any] = [0, false];
  for (const count of parts) {
    const part = advantages.subarray(at, (at += count));
    if (standardise(part)) any = true;
    else part.fill(0);
  }
  return any;
}

function summary(done: readonly Done[], clients: number): IterationReport {
  const mean = (of: (one: Done) => number): number => done.reduce((sum, one) => sum + of(one), 0) / Math.max(1, done.length); // prettier-ignore
  return {
    clients,
    reward: mean(({ reward }) => reward),
    stepped: mean(({ step }) => Number(step.stepped)),
    why: done.find(({ step }) => !step.stepped)?.step.why ?? '',
    kl: mean(({ step }) => step.kl),
    projected: mean(({ projected }) => projected),
  };
}

/** What the round has sent. */
function charge(
  setting: Setting,
  { traffic }: Training,
  invited: number,
  cohort: Uint32Array,
  done: readonly Done[],
): void {
  // prettier-ignore
  const { options, actor, criticNetwork, critic } = setting;
  const { federation, critics, personalise } = options;
  if (federation === 'fedavg') {
    const policy = personalise === 'head' ? headOf(actor.network) : actor.size;
    const value = critics === 'averaged' ? criticNetwork.size + 2 : 0;
    // All that are invited are sent the average; those that drop out send nothing back. Heads go up, too: a building that nobody
    // trained on gets their mean.
    chargeTraffic(traffic, 'policy', invited, 0, policy);
    chargeTraffic(traffic, 'policy', cohort.length, actor.size, 0);
    chargeTraffic(traffic, 'critic', invited, 0, value);
    chargeTraffic(traffic, 'critic', cohort.length, value, 0);
  }
  if (federation === 'fedsgd') {
    const { gradients, evaluations } = done[0]?.step ?? stayed('');
    const fits = critic.method === 'adam' ? critic.epochs * critic.minibatches : critic.iterations;
    // A vector each way for each gradient or product; for an evaluation a point comes down and a number goes up.
    chargeTraffic(traffic, 'policy', cohort.length, gradients * actor.size + evaluations, (gradients + evaluations) * actor.size); // prettier-ignore
    chargeTraffic(traffic, 'critic', cohort.length, fits * criticNetwork.size, fits * criticNetwork.size);
  }
  if (federation === 'shared') {
    // Features, action, density and reward of each row.
    chargeTraffic(traffic, 'data', 1, done[0]!.rows * (actor.network.inputs + 3), 0);
    chargeTraffic(traffic, 'policy', cohort.length, 0, actor.size);
  }
}

/** Evaluates what there is, and keeps it where it is the best so far. */
function look(setting: Setting, training: Training, { selectOn, district, starts }: Selection): void {
  const thetas = thetasOf(setting, training);
  const { federation, environment } = setting.options;
  const options = { starts, environment: { physics: '2.2', ...environment } } as const;
  const general = policyWith(setting, thetas.at(-1)!, mergedFilter(training.filters));
  // Independent agents: the mean over them, each in all buildings.
  const tried = federation === 'none' ? thetas.map((theta, k) => policyWith(setting, theta, training.filters[k]!)) : [general]; // prettier-ignore
  const gap = tried.reduce((sum, policy) => sum + gapClosed(evaluate(learned(policy), district, options)), 0) / tried.length; // prettier-ignore
  if (training.selected !== null && gap <= training.selected.gap) return;
  training.selected = { selectedOn: selectOn, iteration: training.iteration, gap, thetas };
}

/** A training as a state that `saveState` takes: it is plain data. */
export const trainingState = (training: Training): State => training as unknown as State;
