/** The preconditioner on tensors, of many clients at once: `precondition` of arrays says what it does. */
import { inverseSpd } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import type { Layout } from '../layout.js';
import { MOST_ROWS } from '../solve-spd.js';

/**
 * @param parts of the layout: factors [S, C·r, side], vectors [S, C, size]
 * @param gradients of them
 * @returns those of factors preconditioned, those of vectors as they came
 */
export function preconditioned(
  { adaptors, clusters: C }: Layout,
  parts: readonly tf.Tensor[],
  gradients: readonly tf.Tensor[],
  epsilon: number,
): tf.Tensor[] {
  let next = 0;
  return adaptors.flatMap((block) => {
    if (block.kind === 'vector') return [gradients[next++]!];
    const { rank, places, inPlaces, outPlaces } = block;
    const at = next;
    next += 2;
    const [v, u, gV, gU] = [parts[at]!, parts[at + 1]!, gradients[at]!, gradients[at + 1]!];
    const each = (t: tf.Tensor) => tf.reshape(t, [t.shape[0]! * C, rank, t.shape[2]!]);
    const by =
      places.length === 1 && rank <= MOST_ROWS
        ? (factor: tf.Tensor, _: number, gradient: tf.Tensor) => {
            const gram = tf.matMul(each(factor), each(factor), false, true);
            const inverse = inverseSpd(tf.add(gram, tf.mul(tf.eye(rank), epsilon)));
            return tf.reshape(tf.matMul(inverse, each(gradient)), gradient.shape);
          }
        : (factor: tf.Tensor, many: number, gradient: tf.Tensor) => {
            const norm = tf.reshape(gramNorms(each(factor), many), [-1, 1, 1]);
            return tf.reshape(tf.div(each(gradient), tf.add(norm, epsilon)), gradient.shape);
          };
    return [by(u, outPlaces, gV), by(v, inPlaces, gU)];
  });
}

/** ‖(Σ_m F_pam F_pbm)_pab‖ of F [many, rank, places·side] each. */
function gramNorms(factors: tf.Tensor, places: number): tf.Tensor {
  const [many, rank, length] = factors.shape as [number, number, number];
  const byPlace = tf.transpose(tf.reshape(factors, [many, rank, places, length / places]), [0, 2, 1, 3]);
  return tf.sqrt(tf.sum(tf.square(tf.matMul(byPlace, byPlace, false, true)), [1, 2, 3]));
}
