import * as tf from '@tensorflow/tfjs-core';
import { fused } from './fused.js';
import { requireFloat32 } from './rows.js';

/**
 * The gate of LLaMA's feed-forward layers (Shazeer 2020): silu(gate) · up, where silu(x) = x / (1 + e⁻ˣ). By both it is
 * differentiated, rightly also twice.
 *
 * @param gate any shape, float32
 * @param up of the same shape, float32
 * @returns of that shape
 * @throws RangeError for another type, or shapes that differ
 */
export function swiglu(gate: tf.Tensor, up: tf.Tensor): tf.Tensor {
  requireFloat32('swiglu', { gate, up });
  if (!tf.util.arraysEqual(gate.shape, up.shape)) {
    throw new RangeError(
      `swiglu: 'up' has shape [${up.shape}]; must have that of 'gate', [${gate.shape}]. Give both projections one width.`,
    );
  }
  return fused({
    name: 'Swiglu',
    variables: [gate, up],
    inputs: { gate, up },
    value: () => tf.mul(tf.mul(gate, tf.sigmoid(gate)), up),
    keep: () => ({ gate, up }),
    gradient({ dy, gate, up }) {
      const open = tf.sigmoid(gate);
      const slope = tf.mul(open, tf.add(1, tf.mul(gate, tf.sub(1, open))));
      return [tf.mul(tf.mul(dy, up), slope), tf.mul(tf.mul(dy, gate), open)];
    },
  });
}
