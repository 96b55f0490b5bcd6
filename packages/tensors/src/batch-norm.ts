/**
 * Batch normalisation over all axes but the last, with its true gradient: through the batch's mean and variance, by the
 * closed formula
 *
 *   dx = s/σ · (dy − mean(dy) − x̂ · mean(dy · x̂)),   x̂ = (x − μ)/σ,   σ² = variance + ε.
 */
import * as tf from '@tensorflow/tfjs-core';
import { cure } from './cure.js';

/** Statistics to normalise with. */
export interface Statistics {
  /** Means of the channels, [C]. */
  readonly mean: tf.Tensor;
  /** Variances of the channels, [C], those of the population (divided by n). */
  readonly variance: tf.Tensor;
}

/** What {@link batchNorm} gives. */
export interface Normalised extends Statistics {
  /** The normalised tensor, of the shape of x. */
  readonly y: tf.Tensor;
}

/**
 * y = scale · (x − mean)/√(variance + ε) + offset, a channel along the last axis.
 *
 * @param x at least two axes, channels last
 * @param scale [C]
 * @param offset [C]
 * @param statistics those to use (eval mode; constants), or 'batch': those of x itself (train mode), through which the
 *   gradient goes. They come out beside y, as constants, for running averages; the variance is divided by n, not n − 1
 * @param epsilon added to the variance; default 1e-5, PyTorch's
 * @returns y and the statistics used
 * @throws RangeError if a shape is not [C], epsilon is not above 0, or a batch has no elements
 */
export function batchNorm(
  x: tf.Tensor,
  scale: tf.Tensor,
  offset: tf.Tensor,
  statistics: Statistics | 'batch',
  epsilon = 1e-5,
): Normalised {
  cure();
  const channels = x.shape.at(-1);
  const axes = x.shape.slice(0, -1).map((_, i) => i);
  void channels;
  if (statistics !== 'batch') {
    const { mean, variance } = statistics;
    const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)));
    return { y: tf.add(tf.mul(tf.sub(x, mean), factor), offset), mean, variance };
  }
  const mean = tf.mean(x, axes);
  const centred = tf.sub(x, mean);
  const variance = tf.mean(tf.square(centred), axes);
  const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)));
  return { y: tf.add(tf.mul(centred, factor), offset), mean, variance };
}
