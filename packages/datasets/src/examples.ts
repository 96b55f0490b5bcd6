/** Examples as networks take them: float32 inputs, labels, and the shape of one example. */
import { complaint } from '@assay-ml/numerics/check';
import type { LabelledImages } from './images.js';

/** Labelled examples in memory. */
export interface Examples {
  /** Inputs, row-major [count, …shape]. */
  readonly x: Float32Array;
  /** Labels, 0 … classes − 1. */
  readonly y: Uint8Array;
  /** Shape of one example: [rows, columns, channels] of an image. */
  readonly shape: readonly number[];
  readonly count: number;
  readonly classes: number;
  /** What a result says it was measured on. */
  readonly title?: string;
}

/**
 * Images as float32 examples: pixels divided by 255, so in [0, 1].
 * @param data as loaded
 * @param indices which images, in this order, e.g. one list of `stratifiedSplit`. Default: all
 * @throws TypeError for data without images; RangeError for an index outside 0 … count − 1
 */
export function examples(data: LabelledImages, indices?: ArrayLike<number>): Examples {
  if (!ArrayBuffer.isView(data?.images)) throw new TypeError(complaint('examples', 'data', data, 'labelled images', 'mnist(), cifar10(), … read some.')); // prettier-ignore
  const { images, labels, rows, columns, channels = 1, classes, title } = data;
  const shape = [rows, columns, channels];
  const size = rows * columns * channels;
  const chosen = indices ?? Uint32Array.from({ length: data.count }, (_, i) => i);
  const x = new Float32Array(chosen.length * size);
  const y = new Uint8Array(chosen.length);
  for (let i = 0; i < chosen.length; i++) {
    const from = checkedIndex('examples', chosen, i, data.count) * size;
    y[i] = labels[chosen[i]!]!;
    for (let j = 0; j < size; j++) x[i * size + j] = images[from + j]! / 255;
  }
  return { x, y, shape, count: chosen.length, classes, ...(title === undefined ? {} : { title }) };
}

/** The i-th index, known to be one of `count`. */
export function checkedIndex(where: string, indices: ArrayLike<number>, i: number, count: number): number {
  const index = indices[i]!;
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`${where}: 'indices[${i}]' is ${index}; must be an integer in 0 … ${count - 1}.`);
  }
  return index;
}

/** Rows, columns and channels of examples that are images. */
export function imageShape(where: string, shape: readonly number[]): [number, number, number] {
  if (shape.length !== 3) {
    throw new RangeError(`${where}: 'shape' is [${shape.join(', ')}]; must be [rows, columns, channels], an image's.`);
  }
  return shape as [number, number, number];
}
