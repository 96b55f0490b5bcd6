import * as tf from '@tensorflow/tfjs-core';

/** Sums over what broadcasting repeated. */
function summedTo(shape: number[], tensor: tf.Tensor): tf.Tensor {
  return tf.reshape(tf.sum(tensor, tf.broadcast_util.getReductionAxes(shape, tensor.shape)), shape);
}

/**
 * b·aᵇ⁻¹ and aᵇ·log a. At a = 0 the stock gradient is NaN where b is 0 (second derivatives of a¹), and where dy is
 * infinite though b > 1: that of a norm at 0.
 */
export const pow: tf.GradConfig = {
  kernelName: tf.Pow,
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, saved) => {
    const [a, b] = saved as [tf.Tensor, tf.Tensor];
    const g = dy as tf.Tensor;
    return {
      a: () => {
        const exponent = tf.cast(b, 'float32');
        const constant = tf.equal(exponent, 0);
        // A power that is not used must be finite too: its slope times 0 counts.
        const slope = tf.mul(exponent, tf.pow(tf.where(constant, tf.onesLike(g), a), tf.sub(exponent, 1)));
        const flat = tf.logicalAnd(tf.equal(a, 0), tf.greater(exponent, 1));
        const infinite = tf.logicalAnd(flat, tf.logicalNot(tf.isFinite(g)));
        return summedTo(a.shape, tf.mul(tf.where(infinite, tf.zerosLike(g), g), slope));
      },
      b: () => {
        const positive = tf.greater(a, 0);
        const log = tf.where(positive, tf.log(tf.where(positive, a, tf.onesLike(a))), tf.zerosLike(a));
        return summedTo(b.shape, tf.mul(g, tf.mul(tf.pow(a, b), log)));
      },
    };
  },
};
