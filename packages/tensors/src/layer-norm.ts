import { positive } from '@assay-ml/numerics/check';
import * as tf from '@tensorflow/tfjs-core';
import { fused } from './fused.js';
import { outerAxes, requireFloat32, requireRows, requireVectors } from './rows.js';

/** Each row without its mean and of deviation one, and the factor that made it so. */
function normalised(x: tf.Tensor, epsilon: number): { unit: tf.Tensor; factor: tf.Tensor } {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const factor = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  return { unit: tf.mul(centred, factor), factor };
}

/**
 * Layer normalisation (Ba et al. 2016): y = scale · (x − mean)/√(variance + ε) + offset, with mean and variance (divided by D) of
 * each row, over the last axis. By x, scale and offset it is differentiated, rightly also twice.
 *
 * @param x [..., D], float32, D at least 1
 * @param scale [D], float32
 * @param offset [D], float32
 * @param epsilon added to the variance; default 1e-5, PyTorch's (BERT's checkpoints have 1e-12)
 * @returns of the shape of x
 * @throws RangeError for another shape or type, or an epsilon that is not above 0
 */
export function layerNorm(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon = 1e-5): tf.Tensor {
  requireFloat32('layerNorm', { x, scale, offset });
  requireRows('layerNorm', 'x', x);
  requireVectors('layerNorm', x, { scale, offset });
  positive('layerNorm', 'epsilon', epsilon, 'Leave it out for 1e-5.');
  return fused({
    name: 'LayerNorm',
    variables: [x, scale, offset],
    inputs: { x, scale, offset },
    attributes: { epsilon },
    value: () => tf.add(tf.mul(normalised(x, epsilon).unit, scale), offset),
    keep: () => ({ x, scale }),
    gradient({ dy, x, scale }) {
      const { unit, factor } = normalised(x, epsilon);
      const slope = tf.mul(dy, scale);
      const along = tf.mean(tf.mul(slope, unit), -1, true);
      const dx = tf.mul(factor, tf.sub(tf.sub(slope, tf.mean(slope, -1, true)), tf.mul(unit, along)));
      return [dx, tf.sum(tf.mul(dy, unit), outerAxes(x)), tf.sum(dy, outerAxes(x))];
    },
  });
}
