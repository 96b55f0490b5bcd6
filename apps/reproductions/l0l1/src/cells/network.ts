/**
 * A network on CIFAR-10 with the shuffling methods (spec §5.2): tuned on the cell's seed by the training loss after few
 * epochs, then trained on the seeds that follow. The jump starts from a copy of the weights, gradients are summed once, and
 * batch norm is in train mode: what §3.6 found otherwise in the authors' code.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import {
  augmentBatch,
  cifar10,
  CIFAR10_NORMALISATION,
  cropFlip,
  downsample,
  examples,
  measureNormalisation,
  normalise,
  stratifiedSplit,
  type Examples,
  type LabelledImages,
} from '@assay-ml/datasets';
import {
  evaluate,
  initialise,
  resnet18,
  updateStatistics,
  vggMini,
  type Network,
  type Weights,
} from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import { softmaxCrossEntropy, useBackend, type BackendName } from '@assay-ml/tensors';
import { gridSearch } from '@assay-ml/theory-sim';
import * as tf from '@tensorflow/tfjs-core';

export const METHODS = ['SO', 'RR', 'CSO', 'NASTYA', 'CLERR'] as const;

export type NetworkConfig = {
  /** VGG-mini sees images at 16 × 16, ResNet-18 at 32 × 32, cropped and mirrored at random: the paper's. */
  readonly network: 'vgg-mini' | 'resnet18';
  readonly method: (typeof METHODS)[number];
  readonly train: number;
  readonly batch: number;
  /** Values by parameter: `eta` of an inner step; `clip` of CSO; `outer` of NASTYA; `lr` and `level` of CLERR. */
  readonly axes: Readonly<Record<string, readonly number[]>>;
  readonly tuneEpochs: number;
  readonly epochs: number;
  /** Seeds trained after tuning: seed + 1, seed + 2, … */
  readonly reports: number;
};

type Point = Readonly<Record<string, number>>;

export async function run(config: NetworkConfig, seed: number, context: CellContext): Promise<Record<string, Json>> {
  await useBackend(context.backend.name as BackendName);
  const tuning = await instance(config, seed);
  const losses = new Map<string, number | null>();
  // gridSearch is synchronous: the scores are made first.
  for (const point of pointsOf(config.axes)) {
    losses.set(
      JSON.stringify(point),
      (await training(networkOf(config, tuning), config, point, config.tuneEpochs, tuning, seed, context)).loss,
    );
  }
  const { best, edges, tried } = gridSearch(config.axes, (point) => losses.get(JSON.stringify(point))!, {
    onEdge: 'report',
  });
  const reports: Json[] = [];
  for (let s = seed + 1; s <= seed + config.reports; s++) {
    const fresh = await instance(config, s);
    reports.push({
      seed: s,
      ...(await training(networkOf(config, fresh), config, best.point, config.epochs, fresh, s, context)),
    });
  }
  return { tuned: best.point, edges, tried: tried.map(({ point, value }) => ({ point, value })), reports };
}

function pointsOf(axes: NetworkConfig['axes']): Point[] {
  return Object.entries(axes).reduce<Point[]>(
    (points, [name, values]) =>
      points.flatMap((point) => [...values].sort((a, b) => a - b).map((value) => ({ ...point, [name]: value }))),
    [{}],
  );
}

/** Examples of a seed. */
export interface Instance {
  readonly train: Examples;
  readonly test: Examples;
}

let loading: Promise<{ train: LabelledImages; test: LabelledImages }> | null = null;

async function instance({ network, train: count }: NetworkConfig, seed: number): Promise<Instance> {
  loading ??= (async () => ({ train: await cifar10({ split: 'train' }), test: await cifar10({ split: 'test' }) }))();
  const { train, test } = await loading;
  const [factor, tests] = network === 'vgg-mini' ? [2, 2000] : [1, test.count];
  const key = stream(seed, 'l0l1', 'split');
  const [own] = stratifiedSplit(train.labels, { sizes: [count], stream: key.at(0) });
  const [other] = stratifiedSplit(test.labels, { sizes: [tests], stream: key.at(1) });
  const smaller = downsample(examples(train, own), factor);
  const by = network === 'vgg-mini' ? measureNormalisation(smaller) : CIFAR10_NORMALISATION;
  return { train: normalise(smaller, by), test: normalise(downsample(examples(test, other), factor), by) };
}

function networkOf({ network }: NetworkConfig, { train: { shape, classes } }: Instance): Network {
  return network === 'resnet18'
    ? resnet18({ classes })
    : vggMini({ inputs: shape as [number, number, number], classes });
}

const augment = cropFlip();

/** What a batch leaves. */
type Step = { theta: tf.Tensor[]; sum: tf.Tensor[]; value: tf.Tensor };

/** One training: its training loss in the end, that is after the last jump, and the test accuracy; null where not finite. */
export async function training(
  network: Network,
  { network: name, method, batch }: Pick<NetworkConfig, 'network' | 'method' | 'batch'>,
  point: Point,
  epochs: number,
  { train, test }: Instance,
  seed: number,
  { signal, trace }: CellContext,
): Promise<{ loss: number | null; accuracy: number | null }> {
  const { parameters: start, buffers } = initialise(network, { scheme: 'pytorch', seed });
  let theta = start;
  const size = train.x.length / train.count;
  const key = stream(seed, 'l0l1', 'cifar-10', 'order');
  const order = new Uint32Array(train.count);
  const augmentation = stream(seed, 'l0l1', 'cifar-10', 'augment');
  let finite = true;
  for (let epoch = 0; epoch < epochs && finite; epoch++) {
    key.at(method === 'RR' ? epoch : 0).permutation(order);
    const from = method === 'NASTYA' || method === 'CLERR' ? theta.map((t) => tf.clone(t)) : null;
    let sum = from ? theta.map((t) => tf.zerosLike(t)) : [];
    const batchLosses: tf.Tensor[] = [];
    for (let at = 0; at < train.count; at += batch) {
      signal.throwIfAborted();
      const rows = order.subarray(at, at + batch);
      const inputs = new Float32Array(rows.length * size);
      if (name === 'resnet18') augmentBatch(train, rows, inputs, { augment, stream: augmentation, epoch });
      else rows.forEach((row, i) => inputs.set(train.x.subarray(row * size, (row + 1) * size), i * size));
      const labels = Uint8Array.from(rows, (row) => train.y[row]!);
      const next = tf.tidy((): Step => {
        const { value, grads } = tf.valueAndGrads((...weights: tf.Tensor[]) =>
          lossOf(network, weights, buffers, inputs, labels),
        )(theta);
        const rate = scaled(point['eta']!, point['clip'], grads);
        const share = rows.length / train.count;
        return {
          theta: theta.map((t, i) => tf.sub(t, tf.mul(rate, grads[i]!))),
          sum: sum.map((t, i) => tf.add(t, tf.mul(share, grads[i]!))),
          value: tf.mul(share, value),
        };
      });
      tf.dispose([theta, sum]);
      ({ theta, sum } = next);
      batchLosses.push(next.value);
    }
    if (from) {
      const jumped = tf.tidy(() => {
        const gamma = point['outer'] === undefined ? jumpOf(point, sum) : tf.scalar(point['outer']);
        return from.map((t, i) => tf.sub(t, tf.mul(gamma, sum[i]!)));
      });
      tf.dispose([theta, from, sum]);
      theta = jumped;
    }
    const total = tf.tidy(() => tf.sum(tf.stack(batchLosses)));
    const [value] = await total.data();
    tf.dispose([total, batchLosses]);
    finite = Number.isFinite(value);
    trace?.({ epoch, loss: finite ? value! : null });
  }
  const result = finite ? await measured(network, { parameters: theta, buffers }, train, test) : NONE;
  tf.dispose([theta, buffers]);
  return result;
}

const NONE = { loss: null, accuracy: null };

/** Running statistics are renewed by two passes over the training images; a weight that is not finite has no results. */
async function measured(
  network: Network,
  weights: Weights,
  train: Examples,
  test: Examples,
): Promise<{ loss: number | null; accuracy: number | null }> {
  const renewed = await updateStatistics(network, weights, train, { passes: 2 });
  try {
    const { loss } = await evaluate(network, renewed, train);
    return { loss, accuracy: (await evaluate(network, renewed, test)).accuracy };
  } catch (error) {
    if (error instanceof RangeError) return NONE;
    throw error;
  } finally {
    tf.dispose(renewed as unknown as tf.TensorContainer);
  }
}

/** Mean cross-entropy of a batch, batch norm with the batch's own statistics. */
function lossOf(
  network: Network,
  weights: readonly tf.Tensor[],
  buffers: readonly tf.Tensor[],
  inputs: Float32Array,
  labels: Uint8Array,
): tf.Scalar {
  const logits = network.forward(weights, buffers, tf.tensor(inputs, [labels.length, ...network.inputShape]), () => undefined); // prettier-ignore
  return tf.mean(softmaxCrossEntropy(tf.oneHot(tf.tensor1d(labels, 'int32'), network.classes), logits));
}

/** Norm of all tensors together. */
const norm = (tensors: readonly tf.Tensor[]): tf.Tensor =>
  tf.sqrt(tf.sum(tf.stack(tensors.map((t) => tf.sum(tf.square(t))))));

/** η, or η·min(1, level/‖g‖). */
function scaled(eta: number, level: number | undefined, grads: readonly tf.Tensor[]): tf.Tensor {
  return level === undefined ? tf.scalar(eta) : tf.mul(eta, tf.minimum(1, tf.div(level, norm(grads))));
}

/** 1/(c0 + c1‖G‖) with c0 = 1/(2·lr), c1 = c0/level. */
function jumpOf({ lr, level }: Point, sum: readonly tf.Tensor[]): tf.Tensor {
  const c0 = 1 / (2 * lr!);
  return tf.div(1, tf.add(c0, tf.mul(c0 / level!, norm(sum))));
}
