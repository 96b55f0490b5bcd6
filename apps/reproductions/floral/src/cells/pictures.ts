/** Pictures: one method on clients that turn them, shift their labels, or have labels of their own; FedAvg also with copies trained on. */
import type { CellContext, Json } from '@assay-ml/claims';
import { mlp, train } from '@assay-ml/floral';
import { type DataName, pictureFederation, type PictureTask, type Spread } from '../data/pictures.js';
import { mean, tunedAccuracies } from '../evaluate.js';
import { type Common, type Setting, trainingOf } from '../methods.js';

/** `small` fits standard's time; `paper` is of Table 1. */
export type Size = 'small' | 'paper';

export type PicturesConfig = Setting & {
  readonly data: DataName;
  readonly size: Size;
  readonly task: PictureTask;
  /** Training pictures a client. */
  readonly samples: number;
  readonly rounds: number;
};

/** How a data set is spread, and trained on. */
type Bench = Omit<Spread, 'samples'> & Omit<Common, 'rounds'> & { readonly cohort: number };

/** Evaluations of a run, the last among them. */
const LOOKS = 10;
/** Epochs of fine-tuning after FedAvg. */
const EPOCHS = 30;

const MNIST = {
  groups: 4,
  factor: 1,
  model: (options) => mlp([784, 200, 10], options),
  loss: 'cross-entropy',
  rate: 0.1,
  routerRate: 0.3,
  batch: 32,
  rank: 0.1,
} as const satisfies Partial<Bench>;

const BENCHES: Readonly<Partial<Record<`${DataName} ${Size}`, Bench>>> = {
  'mnist small': { ...MNIST, clients: 40, cohort: 20, tests: 100 },
  'mnist paper': { ...MNIST, clients: 300, cohort: 30, tests: 33 },
};

export async function run(
  { data, size, task, samples, rounds, ...setting }: PicturesConfig,
  seed: number,
  { signal }: CellContext,
): Promise<Record<string, Json>> {
  const { clients, groups, tests, factor, cohort, ...common } = BENCHES[`${data} ${size}`]!;
  const federation = await pictureFederation(data, task, seed, { clients, groups, tests, factor, samples });
  const { problem, options } = trainingOf(setting, { ...common, groups, rounds }, seed);
  const trained = train(problem, federation, { ...options, participation: { cohort }, evaluateEvery: rounds / LOOKS }, undefined, { signal }); // prettier-ignore
  const { reports } = trained.run;
  const last = reports.at(-1)!;
  return {
    accuracy: 100 * last.accuracy!.mean,
    worst: 100 * last.accuracy!.worst,
    curve: reports.map(({ round, accuracy }) => [round, 100 * accuracy!.mean]),
    tuned: setting.method === 'FedAvg' ? { [EPOCHS]: mean(tunedAccuracies(problem, options, federation, trained, EPOCHS, signal)) } : {}, // prettier-ignore
    purity: last.purity,
    purities: reports.map(({ round, purity }) => [round, purity]),
    idle: last.idle,
  };
}
