import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';

/** Cross-entropy of each example, [B]. */
export function softmaxCrossEntropy(labels: Tensor, logits: Tensor): Tensor {
  const shifted = tf.sub(logits, tf.max(logits, -1, true));
  const chosen = tf.sum(tf.mul(tf.oneHot(labels as Tensor1D, logits.shape.at(-1)!), shifted), -1);
  return tf.sub(tf.log(tf.sum(tf.exp(shifted), -1)), chosen);
}
