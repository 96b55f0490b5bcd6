/** Pictures: one method on clients that turn them, shift their labels, or have labels of their own; FedAvg also with copies trained on. */
import type { CellContext, Json } from '@assay-ml/claims';
import { type Federation, type LayoutOptions, train } from '@assay-ml/floral';
import { floralNetwork } from '@assay-ml/floral/networks';
import { cifarCnn, mlp, type Network, vgg8 } from '@assay-ml/networks';
import { type BackendName, useBackend } from '@assay-ml/tensors';
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
const LOOKS = 5;
/** Epochs of fine-tuning after FedAvg. */
const EPOCHS = 30;

/** Of the paper's runs; each network once. */
const common = { loss: 'cross-entropy', rank: 0.1, routerRate: 0.3 } as const;
const of = (network: Network) => (options: LayoutOptions) => floralNetwork(network, options);
const MNIST = { ...common, groups: 4, factor: 1, model: of(mlp({ inputs: 784, hidden: [200], classes: 10 })), rate: 0.1, batch: 32 }; // prettier-ignore
const CIFAR = { ...common, groups: 4, clients: 20, cohort: 20, batch: 64 };

const BENCHES: Readonly<Partial<Record<`${DataName} ${Size}`, Bench>>> = {
  'mnist small': { ...MNIST, clients: 40, cohort: 20, tests: 100 },
  'mnist paper': { ...MNIST, clients: 300, cohort: 30, tests: 33 },
  // A rate of 0.03 is at chance for the rounds that standard's time allows.
  'cifar-10 small': { ...CIFAR, factor: 2, tests: 100, model: of(cifarCnn({ inputs: [16, 16, 3], classes: 10 })), rate: 0.1 }, // prettier-ignore
  'cifar-10 paper': { ...CIFAR, factor: 1, tests: 500, model: of(cifarCnn({ classes: 10 })), rate: 0.03 },
  'cifar-100 paper': {
    ...common,
    groups: 10,
    factor: 1,
    clients: 100,
    cohort: 50,
    tests: 100,
    model: of(vgg8({ classes: 100 })),
    rate: 0.001,
    batch: 64,
    server: { optimizer: 'adam', rate: 0.001 },
  },
};

/** One training on clients' pictures, and how everybody fares along it. */
export function trainedOn(
  federation: Federation,
  common: Omit<Common, 'rounds'> & { readonly cohort: number },
  rounds: number,
  setting: Setting,
  seed: number,
  signal: AbortSignal,
): Record<string, Json> {
  const { problem, options } = trainingOf(setting, { ...common, rounds }, seed);
  const so = { ...options, participation: { cohort: common.cohort }, evaluateEvery: rounds / LOOKS };
  const trained = train(problem, federation, so, undefined, { signal });
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

export async function run(
  { data, size, task, samples, rounds, ...setting }: PicturesConfig,
  seed: number,
  { signal, backend }: CellContext,
): Promise<Record<string, Json>> {
  await useBackend(backend.name as BackendName);
  const { clients, tests, factor, ...common } = BENCHES[`${data} ${size}`]!;
  const federation = await pictureFederation(data, task, seed, { clients, groups: common.groups, tests, factor, samples }); // prettier-ignore
  return trainedOn(federation, common, rounds, setting, seed, signal);
}
