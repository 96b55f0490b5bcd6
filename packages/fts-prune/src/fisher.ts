/**
 * Σ over examples of the gradients of single examples, and of their squares: what the empirical Fisher diagonal is made
 * of, exact and in one pass over a batch.
 *
 * With a layer's inputs A and the deltas D at its outputs, the gradient of example b is G_b = A_bᵀ D_b:
 * - dense, one row an example: Σ G_b² = (A∘A)ᵀ(D∘D), one product, no gradient of a single example is ever made;
 * - dense, several rows (time steps) an example: Σ_b (A_bᵀ D_b)², squared after the sum over the rows;
 * - convolution: the same with A the patches of the image and one row a position. Squaring at each position would be
 *   wrong: one weight acts at all of them.
 *
 * In eval mode examples do not touch each other, so this equals one backward pass an example.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';

import type { Tap } from './taps.js';

/** Numbers in the gradients of single examples that are made at once: 16 MB. */
const CHUNK = 2 ** 22;

/** Σ_b G_b and Σ_b G_b∘G_b of all examples, in the kernel's shape. Call it in `tf.tidy`. */
export function moments(tap: Tap, examples: number): { sum: Tensor; squares: Tensor } {
  const { shape, conv, input, delta } = tap;
  const [fanIn, outputs] = sidesOf(tap);
  if (conv === null && input.size === examples * fanIn && delta.size === examples * outputs) {
    const a = tf.reshape(input, [examples, fanIn]);
    const d = tf.reshape(delta, [examples, outputs]);
    return {
      sum: tf.reshape(tf.matMul(a, d, true), [...shape]),
      squares: tf.reshape(tf.matMul(tf.square(a), tf.square(d), true), [...shape]),
    };
  }
  const step = Math.max(1, Math.floor(CHUNK / (fanIn * outputs)));
  let sum = tf.zeros([1, fanIn * outputs]);
  let squares = tf.zeros([1, fanIn * outputs]);
  for (let from = 0; from < examples; from += step) {
    [sum, squares] = tf.tidy(() => {
      const count = Math.min(step, examples - from);
      const flat = tf.reshape(products(tap, examples, from, count), [count, fanIn * outputs]);
      const ones = tf.ones([1, count]);
      return [tf.add(sum, tf.matMul(ones, flat)), tf.add(squares, tf.matMul(ones, tf.square(flat)))];
    });
  }
  return { sum: tf.reshape(sum, [...shape]), squares: tf.reshape(squares, [...shape]) };
}

/** G_b of `count` examples, [count, in, out] with the kernel's other sides in `in`. Call it in `tf.tidy`. */
export function products(tap: Tap, examples: number, from: number, count: number): Tensor {
  const [fanIn, outputs] = sidesOf(tap);
  const rows = tap.delta.size / outputs / examples;
  const a =
    tap.conv === null
      ? tf.slice(tf.reshape(tap.input, [examples, rows, fanIn]), [from], [count])
      : patches(tf.slice(tap.input as Tensor4D, [from], [count]), tap);
  const d = tf.slice(tf.reshape(tap.delta, [examples, rows, outputs]), [from], [count]);
  return tf.matMul(a as Tensor3D, d as Tensor3D, true);
}

/** Inputs and outputs of a kernel as a matrix. */
function sidesOf({ shape }: Tap): [number, number] {
  const outputs = shape.at(-1)!;
  return [tf.util.sizeFromShape([...shape]) / outputs, outputs];
}

/** The patches that a convolution's kernel meets: [B, positions, height·width·in], in the kernel's order. */
function patches(x: Tensor4D, { shape, conv, delta }: Tap): Tensor3D {
  const { strides, pad, dimRoundingMode } = conv!;
  const [height, width, channels] = shape as [number, number, number];
  const info = tf.backend_util.computeConv2DInfo(
    x.shape,
    shape as [number, number, number, number],
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const { top, bottom, left, right } = info.padInfo;
  const padded = tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]); // prettier-ignore
  const [rows, columns] = [delta.shape[1]!, delta.shape[2]!];
  const taken: Tensor[] = [];
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      taken.push(
        tf.stridedSlice(
          padded,
          [0, i, j, 0],
          [x.shape[0], i + (rows - 1) * info.strideHeight + 1, j + (columns - 1) * info.strideWidth + 1, channels],
          [1, info.strideHeight, info.strideWidth, 1],
        ),
      );
    }
  }
  return tf.reshape(tf.concat(taken, 3), [x.shape[0], rows * columns, height * width * channels]);
}
