/** E1: one method on linear regressions of two hidden groups; and the synthetic perceptron of four. */
import type { CellContext, Json } from '@assay-ml/claims';
import { type ClientState, mlp, softmax, train } from '@assay-ml/floral';
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
/** Rounds between looks at the routers, as long as they sort. */
const [LOOK, LOOK_UNTIL] = [20, 300];

const COMMON: Readonly<Record<LinearConfig['problem'], Omit<Common, 'rounds'> & { readonly clients: number }>> = {
  linear: {
    clients: 10,
    model: (options) => mlp([10, 3], options),
    loss: 'squared',
    groups: 2,
    rate: 0.1,
    routerRate: 0.1,
    batch: 4,
    rank: 1,
  },
  relu: {
    clients: 20,
    model: (options) => mlp([10, 20, 1], options),
    loss: 'squared',
    groups: 4,
    rate: 0.03,
    routerRate: 0.1,
    batch: 8,
    rank: 1,
  },
};

export function run(
  { problem: kind, samples, rounds, ...setting }: LinearConfig,
  seed: number,
  { signal }: CellContext,
): Record<string, Json> {
  const { clients, ...common } = COMMON[kind];
  const federation = (kind === 'linear' ? linearFederation : reluFederation)(seed, clients, common.groups, samples);
  const { problem, options, method } = trainingOf(setting, { ...common, rounds }, seed);
  const weights = (state: ClientState) => [...softmax(state.theta, new Float64Array(method.clusters))];
  const looks: number[] = [];
  for (let r = LOOK; r < Math.min(rounds, LOOK_UNTIL + 1); r += LOOK) looks.push(r);
  // A run that goes on has the bits of one that never stopped.
  let trained: ReturnType<typeof train> | undefined;
  const routers: Json[] = [];
  for (const until of [...looks, rounds]) {
    const so = { ...options, rounds: until, evaluateEvery: EVERY, ...(trained && { store: trained.store }) };
    trained = train(problem, federation, so, trained?.run, { signal });
    const { store } = trained;
    if (method.clusters > 1) routers.push([until, store.clients().map((k) => weights(store.get(k)!))]);
  }
  const { reports } = trained!.run;
  const last = reports.at(-1)!;
  return {
    error: last.loss.mean,
    worst: last.loss.worst,
    curve: reports.map(({ round, loss }) => [round, loss.mean]),
    purity: reports.map(({ round, purity }) => [round, purity]),
    /** Weights of each client at some rounds, the last among them. */
    routers,
  };
}
