/** A small sum that every backend must get right. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Multiplies and differentiates on the backend in use: x·w and the gradient of Σ(x·w)² by w, 2xᵀxw, in small integers
 * and so exact in any order of summation.
 */
export async function computes(): Promise<boolean> {
  const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const w = tf.tensor2d([5, 6, 7, 8], [2, 2]);
  const product = await tf.matMul(x, w).data();
  const gradient = await tf
    .grad((v) => tf.sum(tf.square(tf.matMul(x, v))))(w)
    .data();
  return product.join() === '19,22,43,50' && gradient.join() === '296,344,420,488';
}
