/** Batches of images, and what they must be. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { complaint, invalid } from '@assay-ml/numerics/check';

/** Images of one size, with values in [0, 1]. */
export interface Images {
  /** Image by image, row by row, channels last: the channels of a pixel beside each other. */
  readonly data: Float32Array;
  /** Channels are 1, grey, or 3, RGB. */
  readonly shape: readonly [count: number, height: number, width: number, channels: number];
}

/**
 * @throws TypeError for what is no batch of images; RangeError for a shape that does not fit, alpha, NaN, or values outside [0, 1],
 *   with what they seem to be
 */
export function checkImages(where: string, images: Images, name = 'images'): void {
  const { data, shape } = (images ?? {}) as Partial<Images>;
  if (!(data instanceof Float32Array) || !Array.isArray(shape)) {
    throw new TypeError(complaint(where, name, images, 'images { data: Float32Array, shape: [count, height, width, channels] }', 'imagesOf() makes them of a tensor.')); // prettier-ignore
  }
  const whole = shape.length === 4 && shape.every((side) => Number.isSafeInteger(side) && side >= 1);
  const size = shape.reduce((a, b) => a * b, 1);
  if (!whole || data.length !== size) {
    throw invalid(where, `${name}.shape`, shape, `[count, height, width, channels] with as many numbers as data, ${data.length}`, 'Give at least one image.'); // prettier-ignore
  }
  if (shape[3] !== 1 && shape[3] !== 3) {
    throw invalid(where, `channels of ${name}`, shape[3], '1, grey, or 3, RGB', shape[3] === 4 ? 'Take alpha out: blend it with a background.' : 'Channels come last.'); // prettier-ignore
  }
  const bad = data.findIndex((value) => !(value >= 0 && value <= 1));
  if (bad < 0) return;
  let largest = 0;
  for (const value of data) largest = Math.max(largest, value);
  const meant = Number.isNaN(data[bad]) ? 'Look where it comes from.' : largest > 2 ? 'They look like 0 … 255: divide by 255.' : data[bad]! < 0 ? 'They look normalised: give images before their normalisation.' : 'Clip them, or look where they come from.'; // prettier-ignore
  throw invalid(where, `value ${bad} of ${name}`, data[bad], 'from 0 to 1', meant);
}

/** Some of the images, in the order given. */
export function pick({ data, shape: [, ...one] }: Images, rows: readonly number[]): Images {
  const size = one[0] * one[1] * one[2];
  const out = new Float32Array(rows.length * size);
  rows.forEach((row, i) => out.set(data.subarray(row * size, (row + 1) * size), i * size));
  return { data: out, shape: [rows.length, ...one] };
}

/** A tensor of them, [count, height, width, channels], which the caller disposes of. */
export function tensorOf({ data, shape }: Images): Tensor4D {
  return tf.tensor4d(data, [...shape]);
}

/** Images of a tensor [count, height, width, channels], which stays. */
export async function imagesOf(x: Tensor4D): Promise<Images> {
  return { data: (await x.data<'float32'>()).slice(), shape: x.shape };
}
