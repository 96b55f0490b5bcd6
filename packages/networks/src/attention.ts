/** Attention over the positions of sequences. Between layers positions lie one after the other, [B·T, width]. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { causalSoftmax, rotary } from '@assay-ml/tensors';

import type { Pass } from './layers.js';

/** [B·T, heads·size] as [B, T, heads, size]. */
function byHead(x: Tensor, batch: number, heads: number): Tensor4D {
  return tf.reshape(x, [batch, -1, heads, x.shape[1]! / heads]);
}

const headsFirst = (x: Tensor4D): Tensor => tf.transpose(x, [0, 2, 1, 3]);

/** Σ weights·values, back as [B·T, heads·size]. */
function gathered(weights: Tensor, values: Tensor): Tensor {
  const y = tf.matMul(weights, values);
  const [batch, heads, time, size] = y.shape as [number, number, number, number];
  return tf.reshape(headsFirst(y as Tensor4D), [batch * time, heads * size]);
}

/** Dot products of queries and keys over √size. */
function scoresOf(queries: Tensor, keys: Tensor): Tensor {
  return tf.matMul(tf.mul(queries, 1 / Math.sqrt(queries.shape[3]!)), keys, false, true);
}

/**
 * Attention in which a position sees itself and what came before, with rotary positions.
 * @param layer number of the layer, where a pass keeps its keys and values
 */
export function causalAttention(
  [q, k, v]: readonly [Tensor, Tensor, Tensor],
  shape: { readonly batch: number; readonly heads: number; readonly base: number; readonly layer: number },
  { cache }: Pass,
): Tensor {
  const { batch, heads, base, layer } = shape;
  const at = { base, offset: cache?.length ?? 0 };
  const queries = headsFirst(rotary(byHead(q, batch, heads), at) as Tensor4D);
  let keys = headsFirst(rotary(byHead(k, batch, heads), at) as Tensor4D);
  let values = headsFirst(byHead(v, batch, heads));
  if (cache) {
    const past = cache.past[layer];
    if (past) [keys, values] = [tf.concat([past[0], keys], 2), tf.concat([past[1], values], 2)];
    cache.next[layer] = [keys, values];
  }
  return gathered(causalSoftmax(scoresOf(queries, keys)), values);
}

/** Attention in which every position sees all that `veil` leaves: it is added to the scores. */
export function fullAttention(
  [q, k, v]: readonly [Tensor, Tensor, Tensor],
  { batch, heads }: { readonly batch: number; readonly heads: number },
  veil: Tensor,
): Tensor {
  const [queries, keys, values] = [q, k, v].map((x) => headsFirst(byHead(x, batch, heads))) as [Tensor, Tensor, Tensor];
  return gathered(tf.softmax(tf.add(scoresOf(queries, keys), veil)), values);
}
