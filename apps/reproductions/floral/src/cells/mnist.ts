/** MNIST at 14 × 14, which is what the perceptron on Float64Arrays can carry: clients turn their pictures or shift their labels. */
import type { CellContext, Json } from '@assay-ml/claims';
import { downsample, type Examples, examples, groupOf, mnist, partitionIid, shiftLabels, turnQuarters } from '@assay-ml/datasets'; // prettier-ignore
import {
  type ClientData,
  fineTune,
  personalOutputs,
  routerOf,
  train,
  trainingOf as checked,
  correct,
} from '@assay-ml/floral';
import { stream } from '@assay-ml/numerics';
import type { Task } from '../data/federation.js';
import { type Common, type Setting, trainingOf } from '../methods.js';

export type MnistConfig = Setting & {
  readonly task: Task;
  /** Training images a client. */
  readonly samples: number;
  readonly rounds: number;
};

const [CLIENTS, COHORT, SIDE, CLASSES, TEST, GROUPS] = [40, 20, 14, 10, 100, 4];
const EVERY = 20;
/** Epochs of fine-tuning after FedAvg. */
const EPOCHS = 30;

const COMMON: Omit<Common, 'rounds'> = {
  ...{
    sizes: [SIDE * SIDE, 64, CLASSES],
    loss: 'cross-entropy',
    groups: GROUPS,
    rate: 0.1,
    routerRate: 0.3,
    batch: 32,
    rank: 0.1,
  },
};

const load = async (split: 'train' | 'test') => downsample(examples(await mnist({ split })), 2);
/** Loaded once a process. */
let loading: Promise<readonly [Examples, Examples]> | null = null;

/** A client's pictures as its group has them. */
export function own(all: Examples, rows: Uint32Array, group: number, task: Task): ClientData {
  const size = SIDE * SIDE;
  const x = new Float64Array(rows.length * size);
  rows.forEach((row, i) => x.set(all.x.subarray(row * size, (row + 1) * size), i * size));
  const y = Array.from(rows, (row) => all.y[row]!);
  return {
    x: task === 'rotation' ? turnQuarters(x, SIDE, 1, group) : x,
    y: shiftLabels(y, task === 'shift' ? group : 0, CLASSES),
  };
}

export async function run(
  { task, samples, rounds, ...setting }: MnistConfig,
  seed: number,
  { signal }: CellContext,
): Promise<Record<string, Json>> {
  // prettier-ignore
  const [training, test] = await (loading ??= Promise.all([load('train'), load('test')]));
  const split = (all: Examples, perClient: number, name: string) =>
    partitionIid(all.count, { clients: CLIENTS, perClient, stream: stream(seed, 'mnist', name) });
  const part = (all: Examples, lists: readonly Uint32Array[]) => lists.map((rows, k) => own(all, rows, groupOf(k, GROUPS), task)); // prettier-ignore
  const federation = {
    clients: part(training, split(training, samples, 'train')),
    tests: part(test, split(test, TEST, 'test')),
    truth: Array.from({ length: CLIENTS }, (_, k) => groupOf(k, GROUPS)),
  };
  const { problem, options, method } = trainingOf(setting, { ...COMMON, rounds }, seed);
  const { run: done, store } = train(problem, federation, { ...options, participation: { cohort: COHORT }, evaluateEvery: EVERY }, undefined, { signal }); // prettier-ignore
  const last = done.reports.at(-1)!;
  let tuned: number | null = null;
  if (setting.method === 'FedAvg') {
    const round = {
      problem,
      method,
      training: checked(options.training),
      router: routerOf({}, 1),
      seed,
      round: rounds,
    };
    const rights = federation.clients.map((data, k) => {
      signal.throwIfAborted();
      const { shared, state } = fineTune(problem, method, done.shared, k, data, store.get(k), { training: options.training, epochs: EPOCHS, seed }); // prettier-ignore
      const { x, y } = federation.tests[k]!;
      const rows = Uint32Array.from({ length: y.length }, (_, i) => i);
      return correct(personalOutputs(round, shared, state.theta, x, rows), y, rows) / rows.length;
    });
    tuned = (100 * rights.reduce((a, b) => a + b, 0)) / rights.length;
  }
  return {
    accuracy: 100 * last.accuracy!.mean,
    worst: 100 * last.accuracy!.worst,
    curve: done.reports.map(({ round, accuracy }) => [round, 100 * accuracy!.mean]),
    tuned,
    purity: last.purity,
    idle: last.idle,
  };
}
