import * as tf from '@tensorflow/tfjs-core';
import { fused } from './fused.js';
import { requireFloat32 } from './rows.js';

/** 0 where query i sees key j, −∞ elsewhere: one matrix for a whole batch. */
function veil(queries: number, keys: number): tf.Tensor {
  const last = tf.range(keys - queries, keys, 1, 'int32');
  const seen = tf.lessEqual(tf.expandDims(tf.range(0, keys, 1, 'int32'), 0), tf.expandDims(last, 1));
  return tf.where(seen, 0, -Infinity);
}

/**
 * Softmax over the last axis in which a query sees no later key: of T queries and S ≥ T keys, the queries being the last T
 * positions, query i sees the keys j ≤ i + S − T; all others get weight 0. It is differentiated rightly also twice.
 *
 * @param scores [..., T, S], float32; those that nobody sees must be numbers or −∞, except on wasm, where they are not read
 * @returns weights of the shape of scores; each row sums to 1
 * @throws RangeError for another type, fewer than two axes, or more queries than keys
 */
export function causalSoftmax(scores: tf.Tensor): tf.Tensor {
  requireFloat32('causalSoftmax', { scores });
  const { shape } = scores;
  const [queries, keys] = shape.slice(-2) as [number, number];
  if (shape.length < 2 || queries > keys) {
    throw new RangeError(
      `causalSoftmax: 'scores' has shape [${shape}]; must be [..., queries, keys] with at least as many keys as queries. The queries are the last of the positions that have keys.`,
    );
  }
  return fused({
    name: 'CausalSoftmax',
    variables: [scores],
    inputs: { scores },
    value: () => (scores.size === 0 ? tf.zeros(shape) : tf.softmax(tf.add(scores, veil(queries, keys)))),
    keep: (y) => ({ y }),
    gradient({ dy, y }) {
      const weighed = tf.mul(dy, y);
      return [tf.sub(weighed, tf.mul(y, tf.sum(weighed, -1, true)))];
    },
  });
}
