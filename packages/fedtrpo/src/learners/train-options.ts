/** Options of a training, with their defaults and what they may be. */
import type { Participation } from '@assay-ml/federated';
import { fraction, integer, invalid, oneOf, requireOptions } from '@assay-ml/numerics/check';
import type { District } from '../microgrid/district.js';
import type { CriticOptions } from './critic.js';
import { checkMethod, type Method } from './method.js';
import type { Policy, PolicyOptions } from './policy.js';
import type { EpisodeOptions } from './rollout.js';
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

/** All options, of which episodes are given for each client. */
export type TrainSettings = Required<TrainOptions> & { readonly episodes: readonly number[] };

/**
 * The options with their defaults, checked, but for those of the critic and the policy.
 * @throws RangeError for an option out of range, or two that do not go together
 */
export function trainOptionsOf(given: TrainOptions, clients: number): TrainSettings {
  requireOptions<TrainOptions>('train', given, NAMES);
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
  const { episodes, federation, starts, seed, localUpdates, personalise, participation, dropout } = options;
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
  const counts = typeof episodes === 'number' ? Array<number>(clients).fill(episodes) : episodes;
  if (counts.length !== clients)
    throw invalid('train', 'episodes', episodes, `a number, or one for each of ${clients} buildings`);
  counts.forEach((count, k) => integer('train', `episodes of client ${k}`, count, 1, 'A client without data cannot take part.')); // prettier-ignore
  return { ...options, episodes: counts };
}
