/** E2: one method on Gaussian classes of four hidden groups; FedAvg also with copies that are trained on. */
import type { CellContext, Json } from '@assay-ml/claims';
import { mlp, softmax, train } from '@assay-ml/floral';
import { CLASSES, classFederation, DIMENSION, type Task } from '../data/federation.js';
import { accuracies, mean, tunedAccuracies } from '../evaluate.js';
import { type Common, type Setting, trainingOf } from '../methods.js';

export type ClassesConfig = Setting & {
  readonly task: Task;
  /** Training examples a client. */
  readonly samples: number;
  readonly rounds: number;
};

const CLIENTS = 20;
/** Rounds between evaluations; where a round is one small step, tests would take longer than the training. */
const [EVERY, EVERY_SMALL] = [20, 100];
/** Epochs of fine-tuning, counted from the shared model. */
const EPOCHS = [1, 10, 30] as const;

const COMMON: Omit<Common, 'rounds'> = {
  model: (options) => mlp([DIMENSION, 32, CLASSES], options),
  loss: 'cross-entropy',
  groups: 4,
  rate: 0.1,
  routerRate: 0.3,
  batch: 20,
  rank: 0.1,
};

export function run(
  { task, samples, rounds, ...setting }: ClassesConfig,
  seed: number,
  { signal }: CellContext,
): Record<string, Json> {
  const federation = classFederation(task, seed, CLIENTS, COMMON.groups, samples);
  const { problem, options, method } = trainingOf(setting, { ...COMMON, rounds }, seed);
  const evaluateEvery = samples < COMMON.batch ? EVERY_SMALL : EVERY;
  const trained = train(problem, federation, { ...options, evaluateEvery }, undefined, { signal });
  const { run: done, store } = trained;
  const last = done.reports.at(-1)!;
  const best = done.reports.reduce((a, b) => (b.accuracy!.mean > a.accuracy!.mean ? b : a));
  // Of a base that is shared whole the clients' models are at hand; those that stay with clients are in the reports alone.
  const tuned = setting.method === 'FedAvg' ? EPOCHS.map((epochs) => tunedAccuracies(problem, options, federation, trained, epochs, signal)) : []; // prettier-ignore
  const own = setting.method.startsWith('FLoRAL')
    ? accuracies(problem, method, options, federation.tests!, (k) => ({ shared: done.shared, state: store.get(k)! }))
    : [];
  return {
    accuracy: 100 * last.accuracy!.mean,
    best: 100 * best.accuracy!.mean,
    bestRound: best.round,
    worst: 100 * last.accuracy!.worst,
    lowestDecile: 100 * last.accuracy!.lowestDecile,
    clusters: last.accuracy!.clusters.map((a) => 100 * a),
    gap: last.gap,
    curve: done.reports.map(({ round, accuracy }) => [round, 100 * accuracy!.mean]),
    tuned: Object.fromEntries(EPOCHS.flatMap((epochs, i) => (tuned[i] ? [[epochs, mean(tuned[i])]] : []))),
    /** Of each client: FLoRAL's, or FedAvg's after the most epochs of fine-tuning. */
    clients: tuned.at(-1) ?? own,
    purity: last.purity,
    purities: done.reports.map(({ round, purity }) => [round, purity]),
    /** The first evaluated round of purity 0.95 or more; null: none. */
    sorted: done.reports.find(({ purity }) => purity !== null && purity >= 0.95)?.round ?? null,
    idle: last.idle,
    entropy: last.entropy,
    weights: method.clusters > 1 ? store.clients().map((k) => [...softmax(store.get(k)!.theta, new Float64Array(method.clusters))]) : [], // prettier-ignore
  };
}
