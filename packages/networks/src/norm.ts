import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** PyTorch's default. */
export const NORM_EPSILON = 1e-5;

/** scale·(x − mean)/√(variance + ε) + offset over the last axis. */
export function normalise(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  scale: Tensor,
  offset: Tensor,
  epsilon: number,
): Tensor {
  const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(x, factor), tf.sub(offset, tf.mul(mean, factor)));
}

/** Normalises with the batch's own mean and biased variance over all axes but the last. */
export function batchNorm(x: Tensor, scale: Tensor, offset: Tensor, epsilon: number) {
  const { mean, variance } = tf.moments(x, [...x.shape.keys()].slice(0, -1));
  return { y: normalise(x, mean, variance, scale, offset, epsilon), mean, variance };
}
