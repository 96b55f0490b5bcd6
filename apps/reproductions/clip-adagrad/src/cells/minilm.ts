/**
 * The authors' fine-tuning (spec §5.2) on a stand-in for ALBERT: the first three layers of MiniLM, embeddings frozen, on two tasks
 * made of the Brown corpus. Adam, or Clip-Adam, at one rate; how heavy the tails of its gradients are is measured on the way.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import { compose, initialTensorState, tails, type TensorPoint, updateTensors } from '@assay-ml/clip-adagrad';
import { allMiniLM, brown, readTokenizer, type Tokenizer } from '@assay-ml/datasets';
import { loadHuggingFace, type Network } from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import { type BackendName, crossEntropy, useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { accept, type Examples, pairs } from './pretrained-tasks.js';

export type MinilmConfig = {
  readonly task: keyof typeof TASKS;
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

/** The longest sentence of each, in tokens with `[CLS]` and `[SEP]`. */
const TASKS = { accept: { make: accept, length: 20 }, pairs: { make: pairs, length: 40 } } as const;
const LAYERS = 3;
/** Clip level of each tensor, in the authors' shared configuration. */
const LEVEL = 1;
/** Of BERT's vocabulary. */
const SEPARATOR = 102;
/** Measurements of the loss. */
const POINTS = 6;
/** Of tails, as parts of the training. */
const PARTS = [0, 1 / 3, 2 / 3, 1] as const;

export async function run(config: MinilmConfig, seed: number, context: CellContext): Promise<Record<string, Json>> {
  await useBackend(context.backend.name as BackendName);
  const { task, optimiser, gamma, steps, batch, validation, draws } = config;
  const { weights: file, tokenizer: description, config: sizes } = await allMiniLM();
  const { make, length } = TASKS[task];
  const examples = make(await brown({ tags: true }), steps * batch + validation, stream(seed, 'clip-adagrad', task));
  const ids = encoded(await readTokenizer(description), examples, length);
  const { network, weights } = loadHuggingFace(file, { ...sizes, num_hidden_layers: LAYERS }, { omit: ['pooler.', ...Array.from({ length: 6 - LAYERS }, (_, k) => `encoder.layer.${LAYERS + k}.`)], classes: 2, separator: SEPARATOR, seed }); // prettier-ignore
  const frozen = weights.parameters.filter((_, i) => isFrozen(network, i));
  const own: Task = { network, frozen, ids, labels: examples.labels, length };
  const method = compose({
    ...{ kind: 'adam', scale: 'coordinate', b0: Math.sqrt(1e-5), eps: 1e-6 },
    gamma: { kind: 'linear', peak: gamma, warmUp: Math.ceil(steps / 10), total: steps },
    clip: optimiser === 'Clip-Adam' ? { level: LEVEL, mode: 'tensor' } : null,
  });
  const x = weights.parameters.filter((_, i) => !isFrozen(network, i));
  let point: TensorPoint = { x, state: initialTensorState(method, x) };
  const curve: Json[] = [];
  const tailsFound: Json[] = [];
  const key = stream(seed, 'clip-adagrad', 'minilm', 'tails');
  const measured = PARTS.map((part) => Math.round(part * steps));
  const tested = Array.from({ length: POINTS + 1 }, (_, k) => Math.round((k * steps) / POINTS));
  let last: Awaited<ReturnType<typeof validated>> | null = null;
  try {
    for (let step = 0; step <= steps; step++) {
      context.signal.throwIfAborted();
      if (tested.includes(step)) {
        last = await validated(own, point.x, steps * batch, validation);
        curve.push([step, last.loss]);
        context.trace?.({ step, ...last });
      }
      if (draws > 0 && measured.includes(step)) tailsFound.push({ step, ...(await tailsAt(own, point.x, { draws, batch, count: steps * batch }, key.at(step))) }); // prettier-ignore
      if (step === steps) break;
      const before = point;
      const rows = Array.from({ length: batch }, (_, i) => step * batch + i);
      point = tf.tidy(() => updateTensors(method, before, gradient(own, before.x, rows)) as never);
      tf.dispose(before as never);
    }
  } finally {
    tf.dispose([point as never, frozen]);
  }
  return { ...last!, curve, tails: tailsFound };
}

/** What is trained: the rows of ids [n, length] and their labels, and the part of the network that stays. */
type Task = {
  readonly network: Network;
  readonly frozen: readonly tf.Tensor[];
  readonly ids: Int32Array;
  readonly labels: Int32Array;
  readonly length: number;
};

const isFrozen = ({ parameters }: Network, i: number) => parameters[i]!.name.startsWith('embeddings.');

function encoded(tokenizer: Tokenizer, { texts, others }: Examples, length: number): Int32Array {
  return tokenizer.batch(texts, { ...(others && { pairs: others }), truncate: true, longest: length, length }).ids;
}

/** Losses of some examples. Call it in `tf.tidy`. */
function losses({ network, frozen, ids, labels, length }: Task, x: readonly tf.Tensor[], rows: readonly number[]) {
  let [kept, moved] = [0, 0];
  const parameters = network.parameters.map((_, i) => (isFrozen(network, i) ? frozen[kept++]! : x[moved++]!));
  const flat = Int32Array.from({ length: rows.length * length }, (_, k) => ids[rows[Math.floor(k / length)]! * length + (k % length)]!); // prettier-ignore
  const logits = network.forward(parameters, [], tf.tensor2d(flat, [rows.length, length], 'int32'));
  const classes = tf.tensor1d(
    Int32Array.from(rows, (row) => labels[row]!),
    'int32',
  );
  return { losses: crossEntropy(classes, logits), right: tf.cast(tf.equal(tf.argMax(logits, -1), classes), 'float32') };
}

/** Of their mean. Call it in `tf.tidy`. */
function gradient(own: Task, x: readonly tf.Tensor[], rows: readonly number[]): tf.Tensor[] {
  return tf.grads((...theta: tf.Tensor[]) => tf.mean(losses(own, theta, rows).losses))([...x]);
}

const CHUNK = 64;
const chunks = (first: number, count: number) =>
  Array.from({ length: Math.ceil(count / CHUNK) }, (_, c) =>
    Array.from({ length: Math.min(CHUNK, count - c * CHUNK) }, (_, i) => first + c * CHUNK + i),
  );

/** Mean loss and accuracy on the examples from `first` on. */
async function validated(own: Task, x: readonly tf.Tensor[], first: number, count: number) {
  let [loss, accuracy] = [0, 0];
  for (const rows of chunks(first, count)) {
    const sums = tf.tidy(() => {
      const found = losses(own, x, rows);
      return tf.stack([tf.sum(found.losses), tf.sum(found.right)]);
    });
    const [a, b] = await sums.data();
    sums.dispose();
    loss += a! / count;
    accuracy += b! / count;
  }
  return { loss, accuracy };
}

/** Tails of ‖g − ∇f‖ over mini-batches, ∇f over all training examples. */
async function tailsAt(
  own: Task,
  x: readonly tf.Tensor[],
  { draws, batch, count }: { draws: number; batch: number; count: number },
  key: ReturnType<typeof stream>,
) {
  let centre: tf.Tensor[] = [];
  for (const rows of chunks(0, count)) {
    const before = centre;
    centre = tf.tidy(() => gradient(own, x, rows).map((g, i) => {
      const part = tf.mul(g, rows.length / count);
      return before.length === 0 ? part : tf.add(before[i]!, part);
    })); // prettier-ignore
    tf.dispose(before);
  }
  const norms: number[] = [];
  for (let k = 0; k < draws; k++) {
    const rows = [...key.at(k).choice(count, new Uint32Array(batch))];
    const norm = tf.tidy(() => tf.sqrt(tf.addN(gradient(own, x, rows).map((g, i) => tf.sum(tf.squaredDifference(g, centre[i]!)))))); // prettier-ignore
    norms.push((await norm.data())[0]!);
    norm.dispose();
  }
  tf.dispose(centre);
  return tails(norms);
}
