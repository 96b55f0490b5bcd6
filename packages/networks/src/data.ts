import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { stream, type Stream } from '@assay-ml/numerics';
import { complaint, invalid } from '@assay-ml/numerics/check';

import type { Network } from './network.js';

/** Labelled examples in memory. */
export interface Dataset {
  /** Inputs, example by example, row-major. */
  readonly x: Float32Array;
  /** Labels, 0 … classes − 1. */
  readonly y: Int32Array | Uint8Array;
  /** Shape of one example, e.g. [16, 16, 3]. */
  readonly shape: readonly number[];
  /** Number of examples. */
  readonly count: number;
}

/** Some examples: as many of `x` as there are labels. */
export interface Batch {
  readonly x: Float32Array;
  readonly y: Int32Array | Uint8Array;
}

/**
 * Where examples come from: a data set in memory, batches as they come, or a function of the epoch that gives them. A
 * plain iterator serves one epoch.
 */
export type Source = Dataset | AsyncIterable<Batch> | ((epoch: number) => AsyncIterable<Batch> | Iterable<Batch>);

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
): (epoch: number, from?: number) => AsyncGenerator<Batch> {
  const isSource = typeof source === 'function' || (typeof source === 'object' && source !== null);
  if (!isSource || 'dataId' in source) {
    throw new TypeError(complaint(where, 'data', source, 'a data set { x, y, shape, count }, or batches', 'Arrays of numbers, not tensors.')); // prettier-ignore
  }
  if (isDataset(source)) checkDataset(where, network, source);
  const size = tf.util.sizeFromShape([...network.inputShape]);
  return async function* (epoch, from = 0) {
    if (isDataset(source)) {
      yield* slices(source, reading, epoch, from);
      return;
    }
    let index = 0;
    for await (const batch of typeof source === 'function' ? source(epoch) : source) {
      if (batch.y.length === 0 || batch.x.length !== batch.y.length * size) {
        throw invalid(where, `batch ${index}`, batch.x, `${batch.y.length} examples of ${size} numbers, at least one`, `'${network.name}' takes [${network.inputShape.join(', ')}].`); // prettier-ignore
      }
      checkLabels(where, network, batch.y);
      if (index++ >= from) yield batch;
    }
    if (index === 0) {
      throw new RangeError(
        `${where}: no batch came in epoch ${epoch}; must be at least one. An iterator serves one epoch: give a function of the epoch.`,
      );
    }
  };
}

/** The batch as tensors: [B, ...inputShape], and labels one-hot, [B, classes]. */
export function tensors({ inputShape, classes }: Network, { x, y }: Batch): { x: Tensor; labels: Tensor } {
  const labels = new Float32Array(y.length * classes);
  y.forEach((label, i) => (labels[i * classes + label] = 1));
  return {
    x: tf.tensor(x, [y.length, ...inputShape], 'float32'),
    labels: tf.tensor2d(labels, [y.length, classes], 'float32'),
  };
}

function* slices(data: Dataset, { batchSize, seed, augment }: Reading, epoch: number, from: number): Generator<Batch> {
  const { x, y, shape, count } = data;
  const size = x.length / count;
  const order = seed === undefined ? null : stream(seed, 'shuffle').at(epoch).permutation(new Uint32Array(count));
  const key = augment === undefined ? null : stream(seed ?? 0, 'augment');
  for (let start = from * batchSize; start < count; start += batchSize) {
    const length = Math.min(batchSize, count - start);
    const batch = { x: new Float32Array(length * size), y: new Int32Array(length) }; // anew: a backend may keep it
    for (let i = 0; i < length; i++) {
      const index = order === null ? start + i : order[start + i]!;
      const example = x.subarray(index * size, (index + 1) * size);
      batch.y[i] = y[index]!;
      if (key === null) batch.x.set(example, i * size);
      else augment!(example, batch.x.subarray(i * size, (i + 1) * size), shape, key.at(epoch, index));
    }
    yield batch;
  }
}

/** True for examples in memory. */
export function isDataset(source: Source): source is Dataset {
  return typeof source === 'object' && source !== null && !(Symbol.asyncIterator in source);
}

function checkDataset(where: string, network: Network, { x, y, shape, count }: Dataset): void {
  if (!Array.isArray(shape) || shape.join() !== network.inputShape.join()) {
    throw invalid(where, 'data.shape', shape, `[${network.inputShape.join(', ')}] for '${network.name}'`, 'Build the network for the shape of one example.'); // prettier-ignore
  }
  if (x === undefined || y === undefined) throw invalid(where, 'data', { x, y }, '{ x, y, shape, count }', 'Give inputs with their labels.'); // prettier-ignore
  const size = tf.util.sizeFromShape([...shape]);
  if (!(Number.isSafeInteger(count) && count > 0 && x.length === count * size && y.length === count)) {
    throw invalid(where, 'data.count', count, `positive, with ${size} numbers and one label an example; there are ${x.length} numbers and ${y.length} labels`, 'Count the examples.'); // prettier-ignore
  }
  checkLabels(where, network, y);
}

function checkLabels(where: string, { classes }: Network, y: Int32Array | Uint8Array): void {
  const wrong = y.findIndex((label) => label < 0 || label >= classes);
  if (wrong >= 0) {
    throw invalid(where, `label ${wrong}`, y[wrong], `from 0 to ${classes - 1}`, 'Number the classes from 0.');
  }
}
