import { positive } from '@assay-ml/numerics/check';
import * as tf from '@tensorflow/tfjs-core';
import { fused } from './fused.js';
import { outerAxes, requireFloat32, requireRows, requireVectors } from './rows.js';

/**
 * Normalisation by the root mean square of each row (Zhang & Sennrich 2019): y = scale · x / √(mean(x²) + ε), over the last axis.
 * By x and scale it is differentiated, rightly also twice.
 *
 * @param x [..., D], float32, D at least 1
 * @param scale [D], float32
 * @param epsilon added to the mean square; default 1e-6, LLaMA's
 * @returns of the shape of x
 * @throws RangeError for another shape or type, or an epsilon that is not above 0
 */
export function rmsNorm(x: tf.Tensor, scale: tf.Tensor, epsilon = 1e-6): tf.Tensor {
  requireFloat32('rmsNorm', { x, scale });
  requireRows('rmsNorm', 'x', x);
  requireVectors('rmsNorm', x, { scale });
  positive('rmsNorm', 'epsilon', epsilon, 'Leave it out for 1e-6.');
  const inverse = (rows: tf.Tensor) => tf.rsqrt(tf.add(tf.mean(tf.square(rows), -1, true), epsilon));
  return fused({
    name: 'RmsNorm',
    variables: [x, scale],
    inputs: { x, scale },
    attributes: { epsilon },
    value: () => tf.mul(tf.mul(x, inverse(x)), scale),
    keep: () => ({ x, scale }),
    gradient({ dy, x, scale }) {
      const factor = inverse(x);
      const unit = tf.mul(x, factor);
      const slope = tf.mul(dy, scale);
      const along = tf.mean(tf.mul(slope, unit), -1, true);
      return [tf.mul(factor, tf.sub(slope, tf.mul(unit, along))), tf.sum(tf.mul(dy, unit), outerAxes(x))];
    },
  });
}
