import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { stream, type Stream } from '@assay-ml/numerics';
import { crossEntropy, softmaxCrossEntropy } from '@assay-ml/tensors';
import { complaint, invalid } from '@assay-ml/numerics/check';

import type { Network } from './network.js';

/** What inputs are: numbers, or ids of tokens. */
export type Inputs = Float32Array | Int32Array;

/** Labelled examples in memory. */
export interface Dataset<X extends Inputs = Float32Array> {
  /** Inputs, example by example, row-major. */
  readonly x: X;
  /** Labels, 0 … classes − 1: one an example, or one for each of its positions. */
  readonly y: Int32Array | Uint8Array;
  /** Shape of one example, e.g. [16, 16, 3]; of tokens, [T]. */
  readonly shape: readonly number[];
  /** Number of examples. */
  readonly count: number;
}

/** Some examples: as many of `x` as there are labels. */
export interface Batch<X extends Inputs = Float32Array> {
  readonly x: X;
  readonly y: Int32Array | Uint8Array;
  /** Shape of one example. Left out: the network's. */
  readonly shape?: readonly number[];
}

/**
 * Where examples come from: a data set in memory, batches as they come, or a function of the epoch that gives them. A
 * plain iterator serves one epoch.
 */
export type Source =
  | Dataset<Inputs>
  | AsyncIterable<Batch<Inputs>>
  | ((epoch: number) => AsyncIterable<Batch<Inputs>> | Iterable<Batch<Inputs>>);

/**
 * Writes a changed copy of one example. It replaces the copying of rows into the batch.
 * @param example one example of the data set, to read only
 * @param out as many zeros, to be filled
 * @param shape shape of both
 * @param key random stream of this example in this epoch
 */
export type Augment = (example: Float32Array, out: Float32Array, shape: readonly number[], key: Stream) => void;

/** What a `Dataset` is read with. */
export interface Reading {
  readonly batchSize: number;
  /** Seed of order and augmentation; left out: in the given order, unchanged. */
  readonly seed?: number;
  readonly augment?: Augment | undefined;
}

/** A function that gives the batches of an epoch from batch number `from` on, checked against the network. */
export function batches(
  where: string,
  network: Network,
  source: Source,
  reading: Reading,
): (epoch: number, from?: number) => AsyncGenerator<Batch<Inputs>> {
  const isSource = typeof source === 'function' || (typeof source === 'object' && source !== null);
  if (!isSource || 'dataId' in source) {
    throw new TypeError(complaint(where, 'data', source, 'a data set { x, y, shape, count }, or batches', 'Arrays of numbers, not tensors.')); // prettier-ignore
  }
  if (isDataset(source)) checkDataset(where, network, source);
  return async function* (epoch, from = 0) {
    if (isDataset(source)) {
      yield* slices(source, reading, epoch, from);
      return;
    }
    let index = 0;
    for await (const batch of typeof source === 'function' ? source(epoch) : source) {
      checkBatch(where, network, batch, index);
      if (index++ >= from) yield batch;
    }
    if (index === 0) {
      throw new RangeError(
        `${where}: no batch came in epoch ${epoch}; must be at least one. An iterator serves one epoch: give a function of the epoch.`,
      );
    }
  };
}

/** The batch as tensors: [B, ...shape], and labels: of tokens as int32 classes, else one-hot, [B, classes]. */
export function tensors(
  network: Network,
  { x, y, shape = network.inputShape }: Batch<Inputs>,
): { x: Tensor; labels: Tensor } {
  const { classes, tokens } = network;
  const full = [x.length / tf.util.sizeFromShape([...shape]), ...shape];
  if (tokens) {
    return {
      x: tf.tensor(x, full, 'int32'),
      labels: tf.tensor(Int32Array.from(y), tokens.labels === 'position' ? full : [y.length], 'int32'),
    };
  }
  const labels = new Float32Array(y.length * classes);
  y.forEach((label, i) => (labels[i * classes + label] = 1));
  return { x: tf.tensor(x, full, 'float32'), labels: tf.tensor2d(labels, [y.length, classes], 'float32') };
}

/** Cross-entropy of each label that `tensors` gave. */
export function losses({ tokens }: Network, labels: Tensor, logits: Tensor): Tensor {
  return tokens ? crossEntropy(labels, logits) : softmaxCrossEntropy(labels, logits);
}

function* slices(
  data: Dataset<Inputs>,
  { batchSize, seed, augment }: Reading,
  epoch: number,
  from: number,
): Generator<Batch<Inputs>> {
  const { x, y, shape, count } = data;
  const size = x.length / count;
  const each = y.length / count;
  const numbers = (length: number) => (x instanceof Int32Array ? new Int32Array(length) : new Float32Array(length));
  const order = seed === undefined ? null : stream(seed, 'shuffle').at(epoch).permutation(new Uint32Array(count));
  const key = augment === undefined ? null : stream(seed ?? 0, 'augment');
  for (let start = from * batchSize; start < count; start += batchSize) {
    const length = Math.min(batchSize, count - start);
    const batch = { x: numbers(length * size), y: new Int32Array(length * each), shape }; // anew: a backend may keep it
    for (let i = 0; i < length; i++) {
      const index = order === null ? start + i : order[start + i]!;
      const example = x.subarray(index * size, (index + 1) * size);
      batch.y.set(y.subarray(index * each, (index + 1) * each), i * each);
      if (key === null) batch.x.set(example, i * size);
      else augment!(example as Float32Array, batch.x.subarray(i * size, (i + 1) * size) as Float32Array, shape, key.at(epoch, index)); // prettier-ignore
    }
    yield batch;
  }
}

/** True for examples in memory. */
export function isDataset(source: Source): source is Dataset<Inputs> {
  return typeof source === 'object' && source !== null && !(Symbol.asyncIterator in source);
}

/** Whether examples of this shape can be read; sequences may be shorter than the longest. */
function fits({ inputShape, tokens }: Network, shape: readonly number[]): boolean {
  if (!Array.isArray(shape)) return false;
  if (!tokens) return shape.join() === inputShape.join();
  return shape.length === 1 && Number.isSafeInteger(shape[0]) && shape[0]! >= 1 && shape[0]! <= inputShape[0]!;
}

/** What examples of a network are, for messages. */
function wanted({ name, inputShape, tokens }: Network): string {
  return tokens ? `[T] with T up to ${inputShape[0]}, the context of '${name}'` : `[${inputShape.join(', ')}] for '${name}'`; // prettier-ignore
}

function checkDataset(where: string, network: Network, { x, y, shape, count }: Dataset<Inputs>): void {
  if (!fits(network, shape)) {
    throw invalid(where, 'data.shape', shape, wanted(network), network.tokens ? 'Cut sequences, or build the network for longer ones.' : 'Build the network for the shape of one example.'); // prettier-ignore
  }
  checkNumbers(where, 'data', x, y);
  const size = tf.util.sizeFromShape([...shape]);
  const each = network.tokens?.labels === 'position' ? size : 1;
  if (!(Number.isSafeInteger(count) && count > 0 && x.length === count * size && y.length === count * each)) {
    throw invalid(where, 'data.count', count, `positive, with ${size} numbers and ${each === 1 ? 'one label' : `${each} labels`} an example; there are ${x.length} numbers and ${y.length} labels`, 'Count the examples.'); // prettier-ignore
  }
  checkIds(where, 'data.x', network, x);
  checkLabels(where, network, y);
}

function checkBatch(
  where: string,
  network: Network,
  { x, y, shape = network.inputShape }: Batch<Inputs>,
  index: number,
): void {
  if (!fits(network, shape)) throw invalid(where, `shape of batch ${index}`, shape, wanted(network), 'Left out, it is that of the network.'); // prettier-ignore
  checkNumbers(where, `batch ${index}`, x, y);
  const size = tf.util.sizeFromShape([...shape]);
  const each = network.tokens?.labels === 'position' ? size : 1;
  if (y.length === 0 || y.length % each !== 0 || x.length * each !== y.length * size) {
    throw invalid(where, `batch ${index}`, x, `${y.length / each} examples of ${size} numbers, at least one`, `'${network.name}' takes [${shape.join(', ')}]${each === 1 ? '' : ', and a label for each position'}.`); // prettier-ignore
  }
  checkIds(where, `batch ${index}`, network, x);
  checkLabels(where, network, y);
}

/** Inputs and labels are arrays of numbers: of lists and tensors the slices would be nothing, or something else. */
function checkNumbers(where: string, name: string, x: Inputs, y: Int32Array | Uint8Array): void {
  for (const [part, value] of [
    ['x', x],
    ['y', y],
  ] as const) {
    if (ArrayBuffer.isView(value) && !((value as ArrayBufferView) instanceof DataView)) continue;
    throw new TypeError(complaint(where, `${name}.${part}`, value, 'a typed array', part === 'x' ? 'Make it by Float32Array.from, of tokens by Int32Array.from.' : 'Make it by Uint8Array.from, or Int32Array.from.')); // prettier-ignore
  }
}

function checkIds(where: string, name: string, { tokens }: Network, x: Inputs): void {
  if (!tokens) return;
  if (!(x instanceof Int32Array)) throw new TypeError(complaint(where, name, x, 'an Int32Array', 'These are ids of tokens.')); // prettier-ignore
  const { vocabulary } = tokens;
  const wrong = x.findIndex((id) => id < 0 || id >= vocabulary);
  if (wrong >= 0) {
    throw invalid(where, `id ${wrong} of ${name}`, x[wrong], `from 0 to ${vocabulary - 1}, inside the vocabulary`, 'Encode the text with the vocabulary that the network was built for.'); // prettier-ignore
  }
}

function checkLabels(where: string, { classes }: Network, y: Int32Array | Uint8Array): void {
  const wrong = y.findIndex((label) => label < 0 || label >= classes);
  if (wrong >= 0) {
    throw invalid(where, `label ${wrong}`, y[wrong], `from 0 to ${classes - 1}`, 'Number the classes from 0.');
  }
}
