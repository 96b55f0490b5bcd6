/** Inverses of small symmetric positive definite matrices, many at a time. */
import * as tf from '@tensorflow/tfjs-core';
import { cureOnce } from './cure-once.js';
import { NAME } from './inverse-spd-kernels.js';
import { requireFloat32 } from './rows.js';

/** Rows at most: larger matrices are better factored one by one. */
const MOST_ROWS = 64;

/**
 * The inverse of each matrix of a batch, without a gradient: differentiating through it throws. On cpu and wasm it is computed in float64 and rounded, on native
 * TensorFlow by its own operation, elsewhere from primitives; nothing is read back.
 *
 * @param a [..., n, n], float32, each symmetric and positive definite: that is not checked, and a singular or not finite one
 *   becomes NaN, or infinite where primitives divide by zero
 * @returns of the shape of a
 * @throws RangeError for another type, or other shapes than squares with n from 1 to 64
 * @example
 * const gram = tf.matMul(v, v, false, true); // [S, r, r]
 * const step = tf.matMul(inverseSpd(tf.add(gram, tf.mul(1e-5, tf.eye(r)))), gradient);
 */
export function inverseSpd(a: tf.Tensor): tf.Tensor {
  requireFloat32('inverseSpd', { a });
  const [n, columns] = [a.shape.at(-2) ?? 0, a.shape.at(-1) ?? 0];
  if (n !== columns || n < 1 || n > MOST_ROWS) {
    throw new RangeError(
      `inverseSpd: 'a' has shape [${a.shape}]; must be [..., n, n] with n from 1 to ${MOST_ROWS}. Factor larger matrices by cholesky of numerics.`,
    );
  }
  cureOnce();
  if (!tf.getKernel(NAME, tf.getBackend())) return tf.tidy(() => byElimination(a));
  return tf.engine().runKernel(NAME, { a }) as tf.Tensor;
}

/** Gauss and Jordan without pivoting, a step of the whole batch at a time: pivots of positive definite matrices are positive. */
function byElimination(a: tf.Tensor): tf.Tensor {
  const n = a.shape.at(-1)!;
  const flat = tf.reshape(a, [-1, n, n]) as tf.Tensor3D;
  const S = flat.shape[0];
  const unit = tf.eye(n);
  let both = tf.concat([flat, tf.tile(tf.reshape(unit, [1, n, n]), [S, 1, 1])], 2);
  for (let i = 0; i < n; i++) {
    const row = tf.slice(both, [0, i, 0], [S, 1, 2 * n]);
    const scaled = tf.div(row, tf.slice(both, [0, i, i], [S, 1, 1]));
    // Of row i itself all but the scaled row is taken away.
    const factors = tf.sub(tf.slice(both, [0, 0, i], [S, n, 1]), tf.reshape(tf.slice(unit, [0, i], [n, 1]), [1, n, 1]));
    both = tf.sub(both, tf.matMul(factors, scaled));
  }
  return tf.reshape(tf.slice(both, [0, 0, n], [S, n, n]), a.shape);
}
