/** A small text classifier and its training: embeddings of words, summed over the sentence, then ReLU and a linear layer. */
import { initialTensorState, updateTensors, type Method, type TensorPoint } from '@assay-ml/clip-adagrad';
import { initialise, mlp } from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import { softmaxCrossEntropy } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import type { Bags, Instance } from './sentences.js';

/** Length of an embedding: of a word's row of the first kernel. */
const WIDTH = 16;

const networkOf = ({ weights }: Instance) => mlp({ inputs: weights.length, hidden: [WIDTH], classes: 2 });

/** Inputs [rows, words] and one-hot labels [rows, 2] of some sentences. */
function tensorsOf({ words, labels }: Bags, weights: Float32Array, rows: ArrayLike<number>) {
  const inputs = new Float32Array(rows.length * weights.length);
  const hot = new Float32Array(rows.length * 2);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    for (const word of words[row]!) inputs[i * weights.length + word] = weights[word]!;
    hot[2 * i + labels[row]!] = 1;
  }
  return { inputs: tf.tensor2d(inputs, [rows.length, weights.length]), hot: tf.tensor2d(hot, [rows.length, 2]) };
}

/** Mini-batches of one pass over the training sentences, in the seed's order. */
export function batchesOf({ train }: Instance, batch: number, seed: number): Uint32Array[] {
  const order = stream(seed, 'clip-adagrad', 'text', 'order').permutation(new Uint32Array(train.labels.length));
  return Array.from({ length: Math.floor(order.length / batch) }, (_, t) => order.subarray(t * batch, (t + 1) * batch));
}

/** Fresh weights of a seed. */
export const startOf = (own: Instance, seed: number): tf.Tensor[] =>
  initialise(networkOf(own), { scheme: 'pytorch', seed }).parameters;

/** Gradient of the mean cross-entropy of some training sentences. Call it in `tf.tidy`. */
export function gradient(own: Instance, weights: readonly tf.Tensor[], rows: ArrayLike<number>): tf.Tensor[] {
  const network = networkOf(own);
  const { inputs, hot } = tensorsOf(own.train, own.weights, rows);
  return tf.grads((...theta: tf.Tensor[]) => tf.mean(softmaxCrossEntropy(hot, network.forward(theta, [], inputs))))([...weights]); // prettier-ignore
}

/** Mean cross-entropy and accuracy on some sentences; null where the loss is not finite. */
export async function tested(
  own: Instance,
  bags: Bags,
  weights: readonly tf.Tensor[],
): Promise<{ loss: number; accuracy: number } | null> {
  const result = tf.tidy(() => {
    const { inputs, hot } = tensorsOf(bags, own.weights, Array.from(bags.labels.keys()));
    const logits = networkOf(own).forward(weights, [], inputs);
    const right = tf.equal(tf.argMax(logits, -1), tf.argMax(hot, -1));
    return tf.stack([tf.mean(softmaxCrossEntropy(hot, logits)), tf.mean(tf.cast(right, 'float32'))]);
  });
  const [loss, accuracy] = await result.data();
  result.dispose();
  return Number.isFinite(loss) ? { loss: loss!, accuracy: accuracy! } : null;
}

/**
 * One pass over the training sentences from the seed's weights.
 * @param visit called at each of `checkpoints`, numbers of steps done; the weights are not its to keep
 */
export async function training(
  own: Instance,
  { method, batch, seed, signal }: { method: Method; batch: number; seed: number; signal: AbortSignal },
  checkpoints: readonly number[],
  visit: (step: number, weights: readonly tf.Tensor[]) => Promise<void>,
): Promise<void> {
  const batches = batchesOf(own, batch, seed);
  const x = startOf(own, seed);
  let point: TensorPoint = { x, state: initialTensorState(method, x) };
  try {
    for (let t = 0; t <= batches.length; t++) {
      signal.throwIfAborted();
      if (checkpoints.includes(t)) await visit(t, point.x);
      if (t === batches.length) return;
      const before = point;
      point = tf.tidy(() => updateTensors(method, before, gradient(own, before.x, batches[t]!)) as never);
      tf.dispose(before as never);
    }
  } finally {
    tf.dispose(point as never);
  }
}
