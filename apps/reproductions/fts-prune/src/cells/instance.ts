/** What a cell starts from: images or points, a fresh network, and the examples that criteria are scored on. */
import {
  cifar10,
  cifar100,
  CIFAR10_NORMALISATION,
  downsample,
  examples,
  fashionMnist,
  gaussProto,
  measureNormalisation,
  normalise,
  stratifiedSplit,
  type Examples,
  type LabelledImages,
} from '@assay-ml/datasets';
import { initialise, mlp, resnet18, resnetMini, vgg19, vggMini, type Network, type Weights } from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';

export type NetworkName = 'mlp' | 'vgg-mini' | 'resnet-mini' | 'resnet18' | 'vgg19';
export type DataName = 'gauss-proto' | 'cifar-10' | 'fashion-mnist' | 'cifar-10 at 32' | 'cifar-100 at 32';

/** Which network learns what. */
export type Task = {
  readonly network: NetworkName;
  readonly data: DataName;
  /** Training examples. */
  readonly train: number;
  /** The first so many training examples are what criteria see. */
  readonly scoring: number;
};

/** Examples of one seed. */
export interface Parts {
  readonly train: Examples;
  readonly test: Examples;
}

/** Loaded once a process. */
const loading = new Map<string, Promise<LabelledImages>>();
function once(key: string, load: () => Promise<LabelledImages>): Promise<LabelledImages> {
  const known = loading.get(key) ?? load();
  loading.set(key, known);
  return known;
}

/** Examples of the seed: the split is stratified, images are made smaller by area means, and scaled by what training shows. */
async function parts({ data, train }: Task, seed: number): Promise<Parts> {
  switch (data) {
    case 'gauss-proto':
      return gaussProto({ seed, train, test: 3000 });
    case 'cifar-10':
      return split(await once('c10', cifar10.bind(null, { split: 'train' })), await once('c10t', cifar10.bind(null, { split: 'test' })), [train, 2000], 2, seed); // prettier-ignore
    case 'fashion-mnist':
      return split(await once('f', fashionMnist.bind(null, { split: 'train' })), await once('ft', fashionMnist.bind(null, { split: 'test' })), [train, 2000], 2, seed); // prettier-ignore
    case 'cifar-10 at 32':
      return split(await once('c10', cifar10.bind(null, { split: 'train' })), await once('c10t', cifar10.bind(null, { split: 'test' })), [train, 10_000], 1, seed); // prettier-ignore
    case 'cifar-100 at 32':
      return split(await once('c100', cifar100.bind(null, { split: 'train' })), await once('c100t', cifar100.bind(null, { split: 'test' })), [train, 10_000], 1, seed); // prettier-ignore
  }
}

function split(
  training: LabelledImages,
  testing: LabelledImages,
  [train, test]: readonly [number, number],
  factor: number,
  seed: number,
): Parts {
  const key = stream(seed, 'fts-prune', 'split');
  const [own] = stratifiedSplit(training.labels, { sizes: [train], stream: key.at(0) });
  const [other] = stratifiedSplit(testing.labels, { sizes: [test], stream: key.at(1) });
  // In random order, so that the first examples are a sample, too.
  const order = key.at(2).permutation(new Uint32Array(train));
  const smaller = downsample(examples(training, order.map((i) => own![i]!)), factor); // prettier-ignore
  const by = factor === 1 ? CIFAR10_NORMALISATION : measureNormalisation(smaller);
  return { train: normalise(smaller, by), test: normalise(downsample(examples(testing, other), factor), by) };
}

function networkOf(name: NetworkName, { shape, classes }: Examples): Network {
  const inputs = shape as [number, number, number];
  switch (name) {
    case 'mlp':
      return mlp({ inputs: shape[0]!, hidden: [256, 256, 256], classes });
    case 'vgg-mini':
      return vggMini({ inputs, classes });
    case 'resnet-mini':
      return resnetMini({ inputs, classes });
    case 'resnet18':
      return resnet18({ classes });
    case 'vgg19':
      return vgg19({ classes });
  }
}

/** A seed's instance: data, initial weights and their order in training depend on the seed and the task alone. */
export async function instance(
  task: Task,
  seed: number,
): Promise<Parts & { network: Network; weights: Weights; scoring: { x: Float32Array; y: Uint8Array } }> {
  const { train, test } = await parts(task, seed);
  const network = networkOf(task.network, train);
  const weights = initialise(network, { scheme: task.network === 'mlp' ? 'uniform' : 'pytorch', seed });
  const size = train.x.length / train.count;
  const scoring = { x: train.x.subarray(0, task.scoring * size), y: train.y.subarray(0, task.scoring) };
  return { train, test, network, weights, scoring };
}
