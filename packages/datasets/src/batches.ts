import type { Stream } from '@assay-ml/numerics';
import { requireKeys, requireOptions } from '@assay-ml/numerics/check';

import { augmentBatch, type Augment } from './augment.js';
import type { Examples } from './examples.js';

/** Some examples: as many of `x` as there are labels. */
export interface Batch {
  readonly x: Float32Array;
  readonly y: Uint8Array;
}

/** How examples are cut into batches. */
export interface BatchOptions {
  /** Default 128; the last batch is smaller if need be. */
  readonly batchSize?: number;
  /** Key of order and augmentation, e.g. `stream(seed, 'batches')`. Default: the given order; needed with `augment`. */
  readonly stream?: Stream;
  /** Default 0. Order and augmentation depend on the stream's key and the epoch alone. */
  readonly epoch?: number;
  readonly augment?: Augment;
}

/** Counter word 0 of augmentation is the epoch, of orders 2³¹ more: neither draws the other's numbers. */
const ORDER = 2 ** 31;

/**
 * The batches of an epoch, each example once. Every batch is its own memory, so it may be kept.
 * @throws TypeError for arguments of another kind; RangeError when `batchSize` is no positive integer, `epoch` no integer in 0 … 2³¹ − 1, or `augment` has no stream
 */
export function* batches(data: Examples, options: BatchOptions = {}): Generator<Batch, void, undefined> {
  requireOptions<BatchOptions>('batches', options, { batchSize: 1, stream: 1, epoch: 1, augment: 1 });
  requireKeys('batches', 'data', data, ['x', 'y', 'shape', 'count'], 'examples() makes them of images.');
  const { batchSize = 128, stream, epoch = 0, augment } = options;
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`batches: 'batchSize' is ${batchSize}; must be a positive integer.`);
  }
  if (!Number.isSafeInteger(epoch) || epoch < 0 || epoch >= ORDER) {
    throw new RangeError(`batches: 'epoch' is ${epoch}; must be an integer in 0 … ${ORDER - 1}.`);
  }
  if (augment !== undefined && stream === undefined) {
    throw new RangeError(`batches: 'stream' is undefined; must be a stream, as 'augment' draws from it.`);
  }
  const order = new Uint32Array(data.count);
  if (stream === undefined) for (let i = 0; i < order.length; i++) order[i] = i;
  else stream.at(ORDER + epoch).permutation(order);
  const size = data.x.length / data.count;
  for (let start = 0; start < order.length; start += batchSize) {
    const indices = order.subarray(start, start + batchSize);
    const x = new Float32Array(indices.length * size);
    if (augment !== undefined) augmentBatch(data, indices, x, { augment, stream: stream!, epoch });
    else indices.forEach((index, i) => x.set(data.x.subarray(index * size, (index + 1) * size), i * size));
    yield { x, y: Uint8Array.from(indices, (index) => data.y[index]!) };
  }
}
