/** E2: one method on Gaussian classes of four hidden groups; FedAvg also with copies that are trained on. */
import type { CellContext, Json } from '@assay-ml/claims';
import { fineTune, personalOutputs, routerOf, softmax, train, trainingOf as checked, correct } from '@assay-ml/floral';
import { CLASSES, classFederation, DIMENSION, type Task } from '../data/federation.js';
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
  ...{
    sizes: [DIMENSION, 32, CLASSES],
    loss: 'cross-entropy',
    groups: 4,
    rate: 0.1,
    routerRate: 0.3,
    batch: 20,
    rank: 0.1,
  },
};

export function run(
  { task, samples, rounds, ...setting }: ClassesConfig,
  seed: number,
  { signal }: CellContext,
): Record<string, Json> {
  // prettier-ignore
  const federation = classFederation(task, seed, CLIENTS, COMMON.groups, samples);
  const { problem, options, method } = trainingOf(setting, { ...COMMON, rounds }, seed);
  const evaluateEvery = samples < COMMON.batch ? EVERY_SMALL : EVERY;
  const { run: done, store } = train(problem, federation, { ...options, evaluateEvery }, undefined, { signal });
  const last = done.reports.at(-1)!;
  const sorted = done.reports.find(({ purity }) => purity !== null && purity >= 0.95);
  const best = done.reports.reduce((a, b) => (b.accuracy!.mean > a.accuracy!.mean ? b : a));
  const tuned: Record<string, number> = {};
  if (setting.method === 'FedAvg') {
    for (const epochs of EPOCHS) {
      signal.throwIfAborted();
      const round = {
        problem,
        method,
        training: checked(options.training),
        router: routerOf({}, 1),
        seed,
        round: rounds,
      };
      const rights = federation.clients.map((data, k) => {
        const { shared, state } = fineTune(problem, method, done.shared, k, data, store.get(k), { training: options.training, epochs, seed }); // prettier-ignore
        const { x, y } = federation.tests![k]!;
        const rows = Uint32Array.from({ length: y.length }, (_, i) => i);
        return correct(personalOutputs(round, shared, state.theta, x, rows), y, rows) / rows.length;
      });
      tuned[epochs] = (100 * rights.reduce((a, b) => a + b, 0)) / rights.length;
    }
  }
  return {
    accuracy: 100 * last.accuracy!.mean,
    best: 100 * best.accuracy!.mean,
    bestRound: best.round,
    worst: 100 * last.accuracy!.worst,
    lowestDecile: 100 * last.accuracy!.lowestDecile,
    clusters: last.accuracy!.clusters.map((a) => 100 * a),
    gap: last.gap,
    curve: done.reports.map(({ round, accuracy }) => [round, 100 * accuracy!.mean]),
    tuned,
    purity: last.purity,
    /** The first evaluated round of purity 0.95 or more; null: none. */
    sorted: sorted?.round ?? null,
    idle: last.idle,
    entropy: last.entropy,
    weights: method.clusters > 1 ? store.clients().map((k) => [...softmax(store.get(k)!.theta, new Float64Array(method.clusters))]) : [], // prettier-ignore
  };
}
