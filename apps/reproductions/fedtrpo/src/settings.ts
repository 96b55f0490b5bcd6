/** What is trained, as plain data: a configuration says what differs from the common setting. */
import type { Federation, Method, PolicyOptions, TrainOptions } from '@assay-ml/fedtrpo';
import { PAPER_PPO } from '@assay-ml/fedtrpo';

/** The methods that are compared. 'authors' is what their code calls TRPO, with its constants and its bug. */
export type MethodName = 'TRPO' | 'PPO' | 'authors' | 'paper PPO';

/**
 * Steps, δ of TRPO and Adam's rate of PPO: of five of each, twice as large each time, those that closed most of the gap in the training
 * buildings in the pilot, at 16 episodes an iteration, which `evidence/pilot.md` has.
 */
export const STEPS = { TRPO: 0.04, PPO: 0.0025 } as const;

/** Features of a policy: personal encoding, grouped features. */
export type Features = 'base' | 'pe' | 'gf' | 'both';

/** How clients work together, by the name that claims use. */
const VARIANTS = {
  shared: { federation: 'shared' },
  none: { federation: 'none' },
  fedsgd: { federation: 'fedsgd' },
  'fedavg 1': { federation: 'fedavg' },
  'fedavg 5': { federation: 'fedavg', localUpdates: 5 },
  half: { federation: 'fedavg', participation: 'half' },
  'drop-outs': { federation: 'fedavg', dropout: 0.2 },
  personalised: { federation: 'fedavg', personalise: 'head' },
} as const satisfies Readonly<Record<string, { readonly federation: Federation; readonly participation?: 'half' } & Pick<TrainOptions, 'localUpdates' | 'dropout' | 'personalise'>>>; // prettier-ignore

export type Variant = keyof typeof VARIANTS;

/** A training; what is left out is the common setting. */
export type Setting = {
  readonly method: MethodName;
  readonly buildings: number;
  /** Each building rolled by months of its own. Default false. */
  readonly shifted?: boolean;
  /** Default 'base'. */
  readonly features?: Features;
  /** Default 'shared'. */
  readonly variant?: Variant;
  /** Times the method's own step, δ or rate. Default 1. */
  readonly step?: number;
  /** The step that `step` multiplies. Default `STEPS`. */
  readonly from?: number;
  /** Rewards are multiplied by this. Default 1. */
  readonly scale?: number;
  /** The critic learns returns as they are, as published. Default false: standardised. */
  readonly raw?: boolean;
  /** Units of each of the two hidden layers. Default 32. */
  readonly units?: number;
  /** Of a client in an iteration. */
  readonly episodes: number;
  readonly iterations: number;
};

function methodOf({ method, step = 1, from }: Setting): Method {
  switch (method) {
    case 'TRPO':
      return { name: 'trpo', delta: step * (from ?? STEPS.TRPO) };
    case 'PPO':
      return { name: 'ppo', rate: step * (from ?? STEPS.PPO) };
    case 'paper PPO':
      return { name: 'ppo', ...PAPER_PPO };
    case 'authors':
      return { name: 'newton', authors: true };
  }
}

/** The authors train their critics on returns as they are, at a rate of 1e-4. */
function criticOf({ method, raw = false }: Setting): NonNullable<TrainOptions['critic']> {
  if (method === 'authors') return { standardise: false, rate: 1e-4, epochs: 100 };
  if (method === 'paper PPO') return { standardise: false, rate: 1e-4, epochs: 50, minibatches: 20 };
  return { standardise: !raw };
}

/** Options of a training: all but its days and its seed. */
export function optionsOf(setting: Setting): Omit<TrainOptions, 'starts' | 'seed'> {
  const { method, buildings, features = 'base', variant = 'shared', units = 32, episodes, iterations } = setting;
  const policy: PolicyOptions = {
    hidden: [units, units],
    personal: features === 'pe' || features === 'both',
    groupWidth: features === 'gf' || features === 'both' ? units / 2 : 0,
    squash: method === 'authors' || method === 'paper PPO' ? 'tanh' : 'clip',
  };
  const { federation, ...rest } = VARIANTS[variant] as (typeof VARIANTS)[Variant] & { readonly participation?: 'half'; readonly localUpdates?: number }; // prettier-ignore
  const { participation, localUpdates = 1, ...own } = rest as typeof rest & { readonly localUpdates?: number };
  const plain = method === 'authors' || method === 'paper PPO';
  return {
    method: methodOf(setting),
    // As many iterations of each client, whatever happens between two averages.
    iterations: Math.ceil(iterations / localUpdates),
    episodes,
    federation,
    localUpdates,
    ...(participation === undefined ? {} : { participation: { cohort: Math.ceil(buildings / 2) } }),
    ...own,
    emptyRound: 'skip',
    policy,
    critic: criticOf(setting),
    ...(plain ? { standardise: false, lambda: 1 } : {}),
  };
}
