/** The methods that are compared, from plain data: a name and what differs from the common settings. */
import { alternating, ditto, ensemble, fedAvg, fedEm, fedProx, floralMethod, ifca, localAdaptor, localOnly, type Method, mlp, optimal, privateModules, type Problem, type Loss, type TrainOptions } from '@assay-ml/floral'; // prettier-ignore

/** By name; `C` is how many adaptors or models. */
const METHODS = {
  FedAvg: () => fedAvg(),
  Local: () => localOnly(),
  'Local Adaptor': () => localAdaptor(),
  FLoRAL: (C: number) => floralMethod(C),
  'FLoRAL, π*': (C: number) => floralMethod(C, 'given'),
  'FLoRAL, losses': (C: number) => floralMethod(C, 'losses'),
  Ensemble: (C: number) => ensemble(C),
  'Ensemble, π*': (C: number) => ensemble(C, 'given'),
  'Ensemble, losses': (C: number) => ensemble(C, 'losses'),
  IFCA: (C: number) => ifca(C),
  FedEM: (C: number) => fedEm(C),
  FedProx: () => fedProx(),
  Ditto: () => ditto(),
  'Private head': (_: number, layers: number) =>
    privateModules([`dense${layers - 1}/kernel`, `dense${layers - 1}/bias`]),
  'Alternating halves': (C: number) => alternating(C),
} as const;

export type MethodName = keyof typeof METHODS;

/** What defines a training beside its data: common settings are left out. */
export type Setting = {
  readonly method: MethodName;
  /** C of the method. Default: the groups there are. */
  readonly C?: number;
  /** Default 0.1 of E1, 0.3 of E2. */
  readonly routerRate?: number;
  /** Default 1. */
  readonly noise?: number;
  /** Default 0.01, not renormalised, as published. */
  readonly clamp?: number;
  /** Default true. */
  readonly preconditioned?: boolean;
  /** Default true. */
  readonly bias?: boolean;
  /** Rank of E1, budget of E2. */
  readonly rank?: number;
};

/** What a family of trainings has in common. */
export interface Common {
  readonly sizes: readonly number[];
  readonly loss: Loss;
  readonly groups: number;
  readonly rate: number;
  readonly routerRate: number;
  readonly batch: number;
  readonly rank: number;
  readonly rounds: number;
}

/** The problem and options of a setting. V is drawn and U zero, clamped weights are not renormalised: as in the runs published. */
export function trainingOf(
  setting: Setting,
  common: Common,
  seed: number,
): { problem: Problem; options: TrainOptions; method: Method } {
  // prettier-ignore
  const { method: name, C = common.groups, noise = 1, clamp = 0.01, preconditioned = true, bias = true } = setting;
  const method = METHODS[name](C, common.sizes.length - 1);
  const adapted = method.family === 'adaptors' ? method.clusters : 0;
  return {
    method,
    problem: {
      model: mlp(common.sizes, {
        clusters: adapted,
        rank: setting.rank ?? common.rank,
        rankRule: 'official',
        adaptors: { bias },
      }),
      loss: common.loss,
    },
    options: {
      method,
      rounds: common.rounds,
      seed,
      training: {
        rate: common.rate,
        routerRate: setting.routerRate ?? common.routerRate,
        batch: common.batch,
        precondition: preconditioned ? 1e-5 : null,
      },
      router: { noise, clamp, renormalise: false },
      drawn: 'in',
      ...(name.endsWith('π*') ? { theta: (k: number) => optimal(k % C, C) } : {}),
    },
  };
}
