/** From logits θ to the weights of mixtures on tensors, of many clients at once: what `mix` of the router gives for one. */
import * as tf from '@tensorflow/tfjs-core';
import type { Router } from '../router.js';

/** What a router says of S clients, [S, C] each. */
export interface Mixtures {
  /** The softmax before the clamp. */
  readonly soft: tf.Tensor;
  readonly pi: tf.Tensor;
  /** Σ over clients of the entropy, a scalar. */
  entropy(): tf.Tensor;
}

/** Weights of exp(−1e9) are 0. */
const NEVER = -1e9;

/** @param theta [S, C], noise included; gradients go back through it */
export function mixtures(theta: tf.Tensor, { temperature, clamp, renormalise, top }: Router): Mixtures {
  let z = tf.div(theta, temperature);
  if (top !== null) z = tf.where(largest(theta, top), z, tf.fill(z.shape, NEVER));
  const soft = tf.softmax(z);
  const clamped = clamp > 0 ? tf.maximum(soft, clamp) : soft;
  const pi = clamp > 0 && renormalise ? tf.div(clamped, tf.sum(clamped, 1, true)) : clamped;
  return { soft, pi, entropy: () => tf.neg(tf.sum(tf.mul(soft, tf.logSoftmax(z)))) };
}

/** Which are among the `top` largest of their row; ties go to the first. */
function largest(theta: tf.Tensor, top: number): tf.Tensor {
  const C = theta.shape[1]!;
  const [own, other] = [tf.expandDims(theta, 2), tf.expandDims(theta, 1)];
  const before = tf.linalg.bandPart(tf.ones([1, C, C]) as tf.Tensor3D, -1, 0);
  const tied = tf.mul(tf.cast(tf.equal(own, other), 'float32'), tf.sub(before, tf.eye(C)));
  return tf.less(tf.sum(tf.add(tf.cast(tf.greater(other, own), 'float32'), tied), 2), top);
}
