/** One instance of the real-data experiment: Fashion-MNIST spread over ten clients. */
import {
  fashionMnist,
  partitionByClass,
  partitionDirichlet,
  partitionIid,
  type LabelledImages,
} from '@assay-ml/datasets';
import { stream } from '@assay-ml/numerics';
import { minibatch, type Problem } from '@assay-ml/theory-sim';
import { accuracy, meanImage, softmax } from '../softmax.js';

/** How the images are spread: at random, two classes a client, or each client's class mix by Dirichlet(0.1). */
export const PARTITIONS = ['iid', 'two-class', 'dirichlet'] as const;
export type Partition = (typeof PARTITIONS)[number];

export const CLIENTS = 10;
export const IMAGES_PER_CLIENT = 2000;
const BATCH = 32;

/** Loaded once a process: every cell of a worker reads the same images. */
let loading: Promise<{ train: LabelledImages; test: LabelledImages; mean: Float64Array }> | null = null;

async function images() {
  loading ??= (async () => {
    const train = await fashionMnist({ split: 'train' });
    return { train, test: await fashionMnist({ split: 'test' }), mean: meanImage(train) };
  })();
  return loading;
}

/**
 * Which training images each client holds: exactly `IMAGES_PER_CLIENT` each, no image twice.
 * @param labels class of each training image
 */
export function partition(labels: Uint8Array, kind: Partition, seed: number): Uint32Array[] {
  const options = {
    clients: CLIENTS,
    perClient: IMAGES_PER_CLIENT,
    stream: stream(seed, 'fashion-mnist', 'partition'),
  };
  switch (kind) {
    case 'iid':
      return partitionIid(labels.length, options);
    case 'two-class':
      return partitionByClass(labels, { ...options, classesPerClient: 2 });
    case 'dirichlet':
      return partitionDirichlet(labels, { ...options, alpha: 0.1 });
  }
}

/**
 * The problem of a seed. The mean image is that of all training images, the same for every partition and seed.
 * @param imagesPerClient a divisor of `IMAGES_PER_CLIENT`: fewer images of each client's, evenly spaced, for estimates
 */
export async function instance(
  kind: Partition,
  lambda: number,
  seed: number,
  imagesPerClient = IMAGES_PER_CLIENT,
): Promise<{ readonly problem: Problem; testAccuracy(w: Float64Array): number }> {
  const { train, test, mean } = await images();
  const every = IMAGES_PER_CLIENT / imagesPerClient;
  const clients = partition(train.labels, kind, seed).map((list) => list.filter((_, k) => k % every === 0));
  return {
    problem: minibatch(softmax(train, { mean, clients, lambda }), BATCH),
    testAccuracy: (w) => accuracy(test, mean, w),
  };
}
