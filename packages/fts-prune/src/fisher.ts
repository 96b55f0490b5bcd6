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

/** Σ_b G_b and Σ_b G_b∘G_b of the examples from `start` to `end`, in the kernel's shape. Call it in `tf.tidy`. */
export function moments(tap: Tap, examples: number, start = 0, end = examples): { sum: Tensor; squares: Tensor } {
  const { shape, conv } = tap;
  const outputs = shape.at(-1)!;
  const fanIn = shape.reduce((product, side) => product * side, 1) / outputs;
  const input = tap.input.size / fanIn === examples ? tf.reshape(tap.input, [examples, fanIn]) : null;
  const rowsOfOne = tap.delta.size / outputs / examples;
  if (conv === null && rowsOfOne === 1 && input !== null) {
    const a = tf.slice(input, [start], [end - start]);
    const d = tf.slice(tf.reshape(tap.delta, [examples, outputs]), [start], [end - start]);
    return {
      sum: tf.reshape(tf.matMul(a, d, true), [...shape]),
      squares: tf.reshape(tf.matMul(tf.square(a), tf.square(d), true), [...shape]),
    };
  }
  const step = Math.max(1, Math.floor(CHUNK / (fanIn * outputs)));
  let sum = tf.zeros([1, fanIn * outputs]);
  let squares = tf.zeros([1, fanIn * outputs]);
  for (let from = start; from < end; from += step) {
    [sum, squares] = tf.tidy(() => {
      const count = Math.min(step, end - from);
      const a =
        conv === null
          ? tf.slice(tf.reshape(tap.input, [examples, rowsOfOne, fanIn]), [from], [count])
          : patches(tf.slice(tap.input as Tensor4D, [from], [count]), tap);
      const d = tf.slice(tf.reshape(tap.delta, [examples, rowsOfOne, outputs]), [from], [count]);
      const g = tf.matMul(a as Tensor3D, d as Tensor3D, true);
      const flat = tf.reshape(g, [count, fanIn * outputs]);
      const ones = tf.ones([1, count]);
      return [tf.add(sum, tf.matMul(ones, flat)), tf.add(squares, tf.matMul(ones, tf.square(flat)))];
    });
  }
  return { sum: tf.reshape(sum, [...shape]), squares: tf.reshape(squares, [...shape]) };
}

/** The patches that a convolution's kernel meets: [B, positions, height·width·in], in the kernel's order. */
function patches(x: Tensor4D, { shape, conv, delta }: Tap): Tensor3D {
  const { strides, pad, dilations, dimRoundingMode } = conv!;
  const [height, width, channels] = shape as [number, number, number];
  const info = tf.backend_util.computeConv2DInfo(
    x.shape,
    shape as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
  );
  const { top, bottom, left, right } = info.padInfo;
  const padded = tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]); // prettier-ignore
  const [rows, columns] = [delta.shape[1]!, delta.shape[2]!];
  const taken: Tensor[] = [];
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const [from, to] = [i * info.dilationHeight, j * info.dilationWidth];
      taken.push(
        tf.stridedSlice(
          padded,
          [0, from, to, 0],
          [x.shape[0], from + (rows - 1) * info.strideHeight + 1, to + (columns - 1) * info.strideWidth + 1, channels],
          [1, info.strideHeight, info.strideWidth, 1],
        ),
      );
    }
  }
  return tf.reshape(tf.concat(taken, 3), [x.shape[0], rows * columns, height * width * channels]);
}
