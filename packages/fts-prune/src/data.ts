/** Where examples come from, and how they are read: in pieces of the size asked for, whatever the size they come in. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import { invalid } from '@assay-ml/numerics/check';

import type { Batch } from './batch.js';

/**
 * Examples in memory. `x` is a tensor [B, …], nested arrays, or a flat array, example by example; `y` are class numbers
 * or one row an example.
 */
export interface Examples {
  readonly x: TensorLike | Tensor;
  readonly y: TensorLike | Tensor;
}

/**
 * What is scored on: examples in memory, or batches of them from an iterator. A generator serves one pass; where two are
 * needed (GraSP, warm-ups, schedules), give a function that starts a new one. Tensors that an iterator gives are disposed
 * of after use; tensors in memory stay.
 */
export type Data =
  Examples | AsyncIterable<Examples> | Iterable<Examples> | (() => AsyncIterable<Examples> | Iterable<Examples>);

/** Gives the next `n` examples, or as many as are left; null behind the last. The caller disposes of them. */
type Take = (n: number) => Promise<Batch | null>;

const isExamples = (data: Data): data is Examples => 'x' in data && 'y' in data;

/** What is read for: the shape of one example, and the number of classes where labels are to be checked. */
export interface Reading {
  readonly inputShape: readonly (number | null)[];
  readonly classes: number | null;
}

/** Starts a pass over the data. */
function open(where: string, data: Data, reading: Reading): { take: Take; close(): Promise<void> } {
  if (!isExamples(data)) return openIterator(where, data, reading);
  return { take: takeFrom(where, data, reading), close: () => Promise.resolve() };
}

/**
 * All of the data in batches, each disposed of when the next one is asked for.
 * @param size of the next batch; may depend on how many examples have gone before
 */
export async function* batchesOf(
  where: string,
  data: Data,
  reading: Reading,
  size: number | ((done: number) => number),
): AsyncGenerator<Batch> {
  const { take, close } = open(where, data, reading);
  const next = () => take(typeof size === 'number' ? size : size(done));
  let done = 0;
  try {
    for (let batch = await next(); batch !== null; batch = await next()) {
      done += batch.x.shape[0]!;
      try {
        if (reading.classes !== null) await checkLabels(where, batch.y, reading.classes);
        yield batch;
      } finally {
        tf.dispose([batch.x, batch.y]);
      }
    }
  } finally {
    await close();
  }
  if (done === 0) {
    throw new RangeError(
      `${where}: 'data' gave no example in this pass; must give at least one. Where data is read more than once, give a function that starts the iterator again.`,
    );
  }
}

function openIterator(where: string, data: Exclude<Data, Examples>, reading: Reading) {
  const source = typeof data === 'function' ? data() : data;
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let piece: { examples: Examples; take: Take } | null = null;
  let index = 0;

  /** Up to n examples of one batch of the iterator. */
  const some = async (n: number): Promise<Batch | null> => {
    for (;;) {
      const batch = piece === null ? null : await piece.take(n);
      if (batch !== null) return batch;
      if (piece !== null) dispose(piece.examples);
      piece = null;
      const { value, done } = await iterator.next();
      if (done) return null;
      const examples = value as Examples;
      piece = { examples, take: takeFrom(`${where}: batch ${index++}`, examples, reading) };
    }
  };
  const take: Take = async (n) => {
    const parts: Batch[] = [];
    for (let left = n; left > 0;) {
      const part = await some(left);
      if (part === null) break;
      parts.push(part);
      left -= part.x.shape[0]!;
    }
    if (parts.length <= 1) return parts[0] ?? null;
    const joined = { x: tf.concat(parts.map(({ x }) => x)), y: tf.concat(parts.map(({ y }) => y)) };
    for (const { x, y } of parts) tf.dispose([x, y]);
    return joined;
  };
  const close = async () => {
    if (piece !== null) dispose(piece.examples);
    await iterator.return?.();
  };
  return { take, close };
}

/** @throws RangeError for class numbers outside 0 … classes − 1, or rows of another length */
async function checkLabels(where: string, y: Tensor, classes: number): Promise<void> {
  if (y.rank > 1) {
    if (y.shape.at(-1) === classes) return;
    throw invalid(where, 'y', `labels of shape [${y.shape.join(', ')}]`, `class numbers, or rows of ${classes} probabilities`, 'The model has that many classes.'); // prettier-ignore
  }
  const wrong = (await y.data()).find((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (wrong === undefined) return;
  throw invalid(where, 'y', `a label of ${wrong}`, `integers from 0 to ${classes - 1}`, 'Number the classes from 0.');
}

function dispose({ x, y }: Examples): void {
  for (const value of [x, y]) if (value instanceof tf.Tensor) value.dispose();
}

function takeFrom(where: string, { x, y }: Examples, { inputShape }: Reading): Take {
  const labels = lengthOf(y);
  requireNumbers(where, 'x', x);
  requireNumbers(where, 'y', y);
  const rows = rowsOf(where, x, labels, inputShape);
  let start = 0;
  return (n) => {
    if (start >= labels) return Promise.resolve(null);
    const from = start;
    start = Math.min(labels, from + n);
    return Promise.resolve({ x: rows(from, start), y: slice(y, from, start) });
  };
}

/** Indices of the first entry of nested lists that is no number; null where there is none. */
function astray(value: unknown): readonly number[] | null {
  if (!Array.isArray(value)) return typeof value === 'number' || ArrayBuffer.isView(value) ? null : [];
  for (let i = 0; i < value.length; i++) {
    const path = astray(value[i]);
    if (path !== null) return [i, ...path];
  }
  return null;
}

/** Lists may hold anything, and a tensor would make numbers of null. @throws RangeError naming what is no number */
function requireNumbers(where: string, name: string, list: TensorLike | Tensor): void {
  const path = Array.isArray(list) ? astray(list) : null;
  if (path === null) return;
  const value = path.reduce<unknown>((part, i) => (part as unknown[])[i], list);
  throw invalid(where, `${name}${path.map((i) => `[${i}]`).join('')}`, value, 'a number', 'Leave such examples out.');
}

const lengthOf = (value: TensorLike | Tensor): number =>
  value instanceof tf.Tensor ? (value.shape[0] ?? 0) : (value as ArrayLike<unknown>).length;

const isTyped = (value: TensorLike | Tensor): value is Float32Array => ArrayBuffer.isView(value);

/** Examples `from` to `to` of a tensor, typed array of one number an example, or nested arrays. */
function slice(value: TensorLike | Tensor, from: number, to: number): Tensor {
  if (value instanceof tf.Tensor) return tf.slice(value, [from], [to - from]);
  const part = (value as unknown as { slice(from: number, to: number): TensorLike }).slice(from, to);
  return tf.tensor(part);
}

function rowsOf(
  where: string,
  x: TensorLike | Tensor,
  count: number,
  inputShape: readonly (number | null)[],
): (from: number, to: number) => Tensor {
  const flat = isTyped(x) || (Array.isArray(x) && typeof x[0] === 'number');
  if (flat) {
    const values = x as Float32Array | number[];
    const size = values.length / count;
    const shape = inputShape as number[];
    if (inputShape.includes(null) || size !== shape.reduce((product, side) => product * side, 1)) {
      throw invalid(where, 'x', `${values.length} numbers`, `${count} examples of [${inputShape.map(String).join(', ')}]`, 'There is one label an example: give as many inputs, as a tensor where sides vary.'); // prettier-ignore
    }
    return (from, to) => tf.tensor(Float32Array.from(values.slice(from * size, to * size)), [to - from, ...shape]);
  }
  const rows = lengthOf(x);
  if (rows !== count || count === 0) {
    throw invalid(where, 'x', `${rows} examples`, `as many as there are labels, ${count}, at least one`, 'Give one label an example.'); // prettier-ignore
  }
  return (from, to) => slice(x, from, to);
}
