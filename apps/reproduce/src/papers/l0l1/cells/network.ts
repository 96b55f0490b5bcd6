/**
 * VGG-mini on CIFAR-10 with the shuffling methods (spec §5.2, small): tuned on the cell's seed by the training loss after
 * few epochs, then trained on the seeds that follow. The jump starts from a copy of the weights, gradients are summed once,
 * and batch norm is in train mode: what §3.6 found otherwise in the authors' code.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import { cifar10, downsample, examples, measureNormalisation, normalise, stratifiedSplit, type Examples, type LabelledImages } from '@assay-ml/datasets'; // prettier-ignore
import { evaluate, initialise, updateStatistics, vggMini, type Network, type Weights } from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import { softmaxCrossEntropy, useBackend, type BackendName } from '@assay-ml/tensors';
import { gridSearch } from '@assay-ml/theory-sim';
import * as tf from '@tensorflow/tfjs-core';

export const METHODS = ['SO', 'RR', 'CSO', 'NASTYA', 'CLERR'] as const;

export type NetworkConfig = {
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
      (await training(networkOf(tuning), config, point, config.tuneEpochs, tuning, seed, context)).loss,
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
      ...(await training(networkOf(fresh), config, best.point, config.epochs, fresh, s, context)),
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

async function instance({ train: count }: NetworkConfig, seed: number): Promise<Instance> {
  loading ??= (async () => ({ train: await cifar10({ split: 'train' }), test: await cifar10({ split: 'test' }) }))();
  const { train, test } = await loading;
  const key = stream(seed, 'l0l1', 'split');
  const [own] = stratifiedSplit(train.labels, { sizes: [count], stream: key.at(0) });
  const [other] = stratifiedSplit(test.labels, { sizes: [2000], stream: key.at(1) });
  const smaller = downsample(examples(train, own!), 2);
  const by = measureNormalisation(smaller);
  return { train: normalise(smaller, by), test: normalise(downsample(examples(test, other!), 2), by) };
}

const networkOf = ({ train: { shape, classes } }: Instance): Network =>
  vggMini({ inputs: shape as [number, number, number], classes });

/** What a batch leaves. */
type Step = { theta: tf.Tensor[]; sum: tf.Tensor[]; value: tf.Tensor };

/** One training: its mean training loss over the last epoch, null where it is not finite, and the test accuracy. */
export async function training(
  network: Network,
  { method, batch }: Pick<NetworkConfig, 'method' | 'batch'>,
  point: Point,
  epochs: number,
  { train, test }: Instance,
  seed: number,
  { signal, trace }: CellContext,
): Promise<{ loss: number | null; accuracy: number | null }> {
  const { parameters: start, buffers } = initialise(network, { scheme: 'pytorch', seed });
  let theta = start;
  const key = stream(seed, 'l0l1', 'cifar-10', 'order');
  const order = new Uint32Array(train.count);
  let loss: number | null = null;
  for (let epoch = 0; epoch < epochs; epoch++) {
    key.at(method === 'RR' ? epoch : 0).permutation(order);
    const from = method === 'NASTYA' || method === 'CLERR' ? theta.map((t) => tf.clone(t)) : null;
    let sum = from ? theta.map((t) => tf.zerosLike(t)) : [];
    const batchLosses: tf.Tensor[] = [];
    for (let at = 0; at < train.count; at += batch) {
      signal.throwIfAborted();
      const rows = order.subarray(at, at + batch);
      const next = tf.tidy((): Step => {
        const { value, grads } = tf.valueAndGrads((...weights: tf.Tensor[]) =>
          lossOf(network, weights, buffers, train, rows),
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
    trace?.({ epoch, loss: Number.isFinite(value) ? value! : null });
    loss = Number.isFinite(value) ? value! : null;
    if (loss === null) break;
  }
  const accuracy = loss === null ? null : await tested(network, { parameters: theta, buffers }, train, test);
  tf.dispose([theta, buffers]);
  return { loss, accuracy };
}

/** Running statistics are renewed by two passes over the training images; a weight that is not finite has no accuracy. */
async function tested(network: Network, weights: Weights, train: Examples, test: Examples): Promise<number | null> {
  const renewed = await updateStatistics(network, weights, train, { passes: 2 });
  try {
    return (await evaluate(network, renewed, test)).accuracy;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  } finally {
    tf.dispose(renewed as unknown as tf.TensorContainer);
  }
}

/** Mean cross-entropy of some examples, batch norm with the batch's own statistics. */
function lossOf(
  network: Network,
  weights: readonly tf.Tensor[],
  buffers: readonly tf.Tensor[],
  { x, y, shape, classes }: Examples,
  rows: Uint32Array,
): tf.Scalar {
  const size = shape.reduce((product, n) => product * n, 1);
  const inputs = new Float32Array(rows.length * size);
  const labels = new Float32Array(rows.length * classes);
  rows.forEach((row, i) => {
    inputs.set(x.subarray(row * size, (row + 1) * size), i * size);
    labels[i * classes + y[row]!] = 1;
  });
  const logits = network.forward(weights, buffers, tf.tensor(inputs, [rows.length, ...shape]), () => undefined);
  return tf.mean(softmaxCrossEntropy(tf.tensor2d(labels, [rows.length, classes]), logits));
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
