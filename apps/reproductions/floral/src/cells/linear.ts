/** E1: one method on linear regressions of two hidden groups; and the synthetic perceptron of four. */
import type { CellContext, Json } from '@assay-ml/claims';
import { softmax, train } from '@assay-ml/floral';
import { linearFederation, reluFederation } from '../data/federation.js';
import { type Common, type Setting, trainingOf } from '../methods.js';

export type LinearConfig = Setting & {
  readonly problem: 'linear' | 'relu';
  /** Training examples a client. */
  readonly samples: number;
  readonly rounds: number;
};

/** Rounds between evaluations: purity is looked at as often. */
const EVERY = 10;

const COMMON: Readonly<Record<LinearConfig['problem'], Omit<Common, 'rounds'> & { readonly clients: number }>> = {
  linear: { clients: 10, sizes: [10, 3], loss: 'squared', groups: 2, rate: 0.1, routerRate: 0.1, batch: 4, rank: 1 },
  relu: { clients: 20, sizes: [10, 20, 1], loss: 'squared', groups: 4, rate: 0.03, routerRate: 0.1, batch: 8, rank: 1 },
};

export function run(
  { problem: kind, samples, rounds, ...setting }: LinearConfig,
  seed: number,
  { signal }: CellContext,
): Record<string, Json> {
  // prettier-ignore
  const { clients, ...common } = COMMON[kind];
  const federation = (kind === 'linear' ? linearFederation : reluFederation)(seed, clients, common.groups, samples);
  const { problem, options, method } = trainingOf(setting, { ...common, rounds }, seed);
  const { run: done, store } = train(problem, federation, { ...options, evaluateEvery: EVERY }, undefined, { signal });
  const last = done.reports.at(-1)!;
  const weights = store.clients().map((k) => [...softmax(store.get(k)!.theta, new Float64Array(method.clusters))]);
  return {
    error: last.loss.mean,
    worst: last.loss.worst,
    curve: done.reports.map(({ round, loss }) => [round, loss.mean]),
    purity: done.reports.map(({ round, purity }) => [round, purity]),
    weights: method.clusters > 1 ? weights : [],
  };
}
