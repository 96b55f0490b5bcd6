import * as tf from '@tensorflow/tfjs-core';
import { fused } from './fused.js';
import { requireFloat32 } from './rows.js';

/** The distribution function of the normal distribution. */
const below = (x: tf.Tensor) => tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));

/** Its density. */
const density = (x: tf.Tensor) => tf.mul(1 / Math.sqrt(2 * Math.PI), tf.exp(tf.mul(-0.5, tf.square(x))));

/**
 * The Gaussian error linear unit (Hendrycks & Gimpel 2016): x · Φ(x), with Φ by the error function, not its tanh approximation. It
 * is differentiated rightly also twice.
 *
 * @param x any shape, float32
 * @returns of the shape of x
 * @throws RangeError for another type
 */
export function gelu(x: tf.Tensor): tf.Tensor {
  requireFloat32('gelu', { x });
  return fused({
    name: 'Gelu',
    variables: [x],
    inputs: { x },
    value: () => tf.mul(x, below(x)),
    keep: () => ({ x }),
    gradient: ({ dy, x }) => [tf.mul(dy, tf.add(below(x), tf.mul(x, density(x))))],
  });
}
