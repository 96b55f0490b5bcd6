/** What a training knows: plain data, which is saved and gone on with. */
import { emptyTraffic, type State, type Traffic } from '@assay-ml/federated';
import { stream } from '@assay-ml/numerics';
import { requireKeys } from '@assay-ml/numerics/check';
import { startActor } from './actor.js';
import { type CriticState, startCritic } from './critic.js';
import { copyFilter, type Filter, startFilter } from './features.js';
import { type MethodState, startMethod } from './method.js';
import type { Setting } from './setting.js';

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

/** Before the first iteration. */
export function startTraining({
  options,
  clients,
  observations,
  policy,
  critic,
  actor,
  criticNetwork,
}: Setting): Training {
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

/** One vector behind the other. */
export function concat(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** A training as a state that `saveState` takes: it is plain data. @throws TypeError for arguments of another kind */
export const trainingState = (training: Training): State => {
  requireKeys('trainingState', 'training', training, [], 'train() gives one.');
  return training as unknown as State;
};
