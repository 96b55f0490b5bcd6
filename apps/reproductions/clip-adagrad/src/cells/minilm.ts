/**
 * The authors' fine-tuning (spec §5.2) on a stand-in for ALBERT: the first three layers of MiniLM, embeddings frozen, on two tasks
 * made of the Brown corpus. Adam, or Clip-Adam, at one rate; how heavy the tails of its gradients are is measured on the way.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import { compose, initialTensorState, tails, type TensorPoint, updateTensors } from '@assay-ml/clip-adagrad';
import { allMiniLM, brown, disturbedSentences, readTokenizer, sentencePairs } from '@assay-ml/datasets';
import { freeze, loadHuggingFace, type Network } from '@assay-ml/networks';
import { type Stream, stream } from '@assay-ml/numerics';
import { type BackendName, crossEntropy, useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';

export type MinilmConfig = {
  readonly task: keyof typeof MAKERS;
  readonly optimiser: 'Adam' | 'Clip-Adam';
  /** Peak of the rate: a tenth of the steps warms up, then it falls to 0. */
  readonly gamma: number;
  readonly steps: number;
  readonly batch: number;
  /** Examples that losses are of. */
  readonly validation: number;
  /** Mini-batches behind each measurement of tails; 0 for none. */
  readonly draws: number;
};

/** Examples, and the longest of them in tokens with `[CLS]` and `[SEP]`; what is longer is cut. */
const MAKERS = {
  accept: { make: disturbedSentences, length: 20 },
  pairs: { make: sentencePairs, length: 40 },
} as const;
const LAYERS = 3;
/** Clip level of each tensor, in the authors' shared configuration. */
const LEVEL = 1;
/** `[SEP]` of BERT's vocabulary. */
const SEPARATOR = 102;
/** `[PAD]` of it. */
const PADDING = 0;
/** Measurements of the loss after the first: each costs forty steps of a training. */
const POINTS = 2;
/** Of tails, as parts of the training; and the training examples that they are about. */
const PARTS = [0, 1 / 2, 1] as const;
const POPULATION = 640;

export async function run(config: MinilmConfig, seed: number, context: CellContext): Promise<Record<string, Json>> {
  await useBackend(context.backend.name as BackendName);
  const { task, optimiser, gamma, steps, batch, validation, draws } = config;
  const { make, length } = MAKERS[task];
  const { texts, others, labels } = make(await brown({ tags: true }), { count: steps * batch + validation, stream: stream(seed, 'clip-adagrad', task) }); // prettier-ignore
  const { weights: file, tokenizer, config: sizes } = await allMiniLM();
  const { ids } = (await readTokenizer(tokenizer)).batch(texts, { ...(others && { pairs: others }), truncate: true, longest: length, length }); // prettier-ignore
  const loaded = loadHuggingFace(file, sizes, { layers: LAYERS, omit: ['pooler.'], classes: 2, separator: SEPARATOR, seed }); // prettier-ignore
  const { network, weights } = freeze(loaded.network, loaded.weights, ({ name }) => name.startsWith('embeddings.'));
  const own: Task = { network, ids, labels, length };
  const method = compose({
    ...{ kind: 'adam', scale: 'coordinate', b0: Math.sqrt(1e-5), eps: 1e-6 },
    gamma: { kind: 'linear', peak: gamma, warmUp: Math.ceil(steps / 10), total: steps },
    clip: optimiser === 'Clip-Adam' ? { level: LEVEL, mode: 'tensor' } : null,
  });
  const start = weights.parameters.map((tensor) => tf.clone(tensor));
  let point: TensorPoint = { x: start, state: initialTensorState(method, start) };
  const looked = Array.from({ length: POINTS + 1 }, (_, k) => Math.round((k * steps) / POINTS));
  const measured = PARTS.map((part) => Math.round(part * steps));
  const key = stream(seed, 'clip-adagrad', 'minilm', 'tails');
  const curve: [step: number, loss: number][] = [];
  const found: Json[] = [];
  let last = { loss: NaN, accuracy: NaN };
  try {
    for (let step = 0; step <= steps; step++) {
      context.signal.throwIfAborted();
      if (looked.includes(step)) {
        last = await validated(own, point.x, steps * batch, validation);
        curve.push([step, last.loss]);
        context.trace?.({ step, ...last });
      }
      if (draws > 0 && measured.includes(step)) found.push({ step, ...(await tailsAt(own, point.x, draws, batch, key.at(step))) }); // prettier-ignore
      if (step === steps) break;
      const before = point;
      const rows = Array.from({ length: batch }, (_, i) => step * batch + i);
      point = tf.tidy(() => updateTensors(method, before, gradient(own, before.x, rows)) as never);
      tf.dispose(before as never);
    }
  } finally {
    tf.dispose([point as never, loaded.weights]);
  }
  // JSON has no number for a loss that is not finite.
  return { ...(Number.isFinite(last.loss) ? last : { loss: null, accuracy: null }), curve: curve.filter(([, loss]) => Number.isFinite(loss)), tails: found }; // prettier-ignore
}

/** What is trained: the rows of ids [n, length] and their labels. */
type Task = {
  readonly network: Network;
  readonly ids: Int32Array;
  readonly labels: Int32Array;
  readonly length: number;
};

/** How many tokens a row has before its padding. */
function filled(ids: Int32Array, row: number, length: number): number {
  let count = length;
  while (count > 1 && ids[row * length + count - 1] === PADDING) count--;
  return count;
}

/** Losses of some examples, and 1 where the larger logit is the right one. Call it in `tf.tidy`. */
function tested({ network, ids, labels, length }: Task, x: readonly tf.Tensor[], rows: readonly number[]) {
  // Padded to the longest of these alone.
  const tokens = rows.map((row) => ids.subarray(row * length, row * length + filled(ids, row, length)));
  const longest = Math.max(...tokens.map((list) => list.length));
  const flat = new Int32Array(rows.length * longest).fill(PADDING);
  tokens.forEach((list, i) => flat.set(list, i * longest));
  const logits = network.forward(x, [], tf.tensor2d(flat, [rows.length, longest], 'int32'));
  const classes = tf.tensor1d(
    Int32Array.from(rows, (row) => labels[row]!),
    'int32',
  );
  return { losses: crossEntropy(classes, logits), right: tf.cast(tf.equal(tf.argMax(logits, -1), classes), 'float32') };
}

/** Of the mean loss. Call it in `tf.tidy`. */
function gradient(own: Task, x: readonly tf.Tensor[], rows: readonly number[]): tf.Tensor[] {
  return tf.grads((...theta: tf.Tensor[]) => tf.mean(tested(own, theta, rows).losses))([...x]);
}

/** `count` rows from `first` on, in lists of 64. */
const chunks = (first: number, count: number): number[][] =>
  Array.from({ length: Math.ceil(count / 64) }, (_, c) =>
    Array.from({ length: Math.min(64, count - 64 * c) }, (_, i) => first + 64 * c + i),
  );

/** Mean loss and accuracy on the examples from `first` on. */
async function validated(own: Task, x: readonly tf.Tensor[], first: number, count: number) {
  let [loss, accuracy] = [0, 0];
  for (const rows of chunks(first, count)) {
    const sums = tf.tidy(() => {
      const { losses, right } = tested(own, x, rows);
      return tf.stack([tf.sum(losses), tf.sum(right)]);
    });
    const [a, b] = await sums.data();
    sums.dispose();
    loss += a! / count;
    accuracy += b! / count;
  }
  return { loss, accuracy };
}

/** Tails of ‖g − ∇f‖ over mini-batches g of some training examples, ∇f over all of those. */
async function tailsAt(own: Task, x: readonly tf.Tensor[], draws: number, batch: number, key: Stream) {
  let centre: tf.Tensor[] = [];
  for (const rows of chunks(0, POPULATION)) {
    const before = centre;
    centre = tf.tidy(() =>
      gradient(own, x, rows).map((g, i) => {
        const part = tf.mul(g, rows.length / POPULATION);
        return before.length === 0 ? part : tf.add(before[i]!, part);
      }),
    );
    tf.dispose(before);
  }
  const norms: number[] = [];
  for (let k = 0; k < draws; k++) {
    const rows = [...key.at(k).choice(POPULATION, new Uint32Array(batch))];
    const norm = tf.tidy(() => tf.sqrt(tf.addN(gradient(own, x, rows).map((g, i) => tf.sum(tf.squaredDifference(g, centre[i]!)))))); // prettier-ignore
    norms.push((await norm.data())[0]!);
    norm.dispose();
  }
  tf.dispose(centre);
  return { ...tails(norms) };
}
