/** The methods that are compared, from plain data: a name and what differs from the common settings. */
import { alternating, ditto, ensemble, fedAvg, fedEm, fedProx, floralMethod, ifca, type LayoutOptions, localAdaptor, localOnly, type Loss, type Method, type Model, optimal, privateModules, type Problem, type TrainOptions } from '@assay-ml/floral'; // prettier-ignore

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
  'Private head': (_: number, head: readonly string[]) => privateModules(head),
  'Alternating halves': (C: number) => alternating(C),
} as const;

export type MethodName = keyof typeof METHODS;

/** What defines a training beside its data: common settings are left out. */
export type Setting = {
  readonly method: MethodName;
  /** C of the method. Default: the groups there are. */
  readonly C?: number;
  /** Default: that of the family. */
  readonly routerRate?: number;
  /** Default 1. */
  readonly noise?: number;
  /** Default 0.01, not renormalised, as published. */
  readonly clamp?: number;
  /** Default true. */
  readonly preconditioned?: boolean;
  /** Default true. */
  readonly bias?: boolean;
  /** A rank, or a budget below 1. Default: that of the family. */
  readonly rank?: number;
};

/** What a family of trainings has in common. */
export interface Common {
  readonly model: (options: LayoutOptions) => Model;
  readonly loss: Loss;
  readonly groups: number;
  readonly rate: number;
  readonly routerRate: number;
  readonly batch: number;
  readonly rank: number;
  readonly rounds: number;
  /** Default: the averages themselves. */
  readonly server?: NonNullable<TrainOptions['server']>;
}

/** The problem and options of a setting. V is drawn and U zero, clamped weights are not renormalised: as in the runs published. */
export function trainingOf(
  setting: Setting,
  common: Common,
  seed: number,
): { problem: Problem; options: TrainOptions; method: Method } {
  const { method: name, C = common.groups, noise = 1, clamp = 0.01, preconditioned = true, bias = true } = setting;
  const head = common.model({ clusters: 0 }).layout.base.slice(-2);
  const method = METHODS[name](C, head.map((block) => block.name)); // prettier-ignore
  const clusters = method.family === 'adaptors' ? method.clusters : 0;
  const rank = setting.rank ?? common.rank;
  return {
    method,
    problem: {
      model: common.model({ clusters, rank, rankRule: 'official', adaptors: { bias } }),
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
      ...(common.server && { server: common.server }),
      ...(name.endsWith('π*') ? { theta: (k: number) => optimal(k % C, C) } : {}),
    },
  };
}
