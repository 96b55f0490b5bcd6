/** Rotary position embedding. */
import { integer, options as requireKnown, positive } from '@assay-ml/numerics/check';
import * as tf from '@tensorflow/tfjs-core';
import { cureOnce } from './cure-once.js';
import { run } from './gradients/run.js';
import { anglesOf } from './rotary-angles.js';
import { requireFloat32 } from './rows.js';

/** The constants of {@link rotary}. */
export interface RotaryOptions {
  /** The slowest pair turns by about base⁻¹ radians a position; default 10,000, that of Su et al. and LLaMA. */
  readonly base?: number;
  /** Position of the first entry along the time axis; default 0. With a cache of keys: how many it holds. */
  readonly offset?: number;
}

const NAMES = { base: 1, offset: 1 };

/** From primitives. */
function turn(x: tf.Tensor, base: number, offset: number, direction: number): tf.Tensor {
  const [, time, , size] = x.shape as [number, number, number, number];
  const angles = tf.tensor(anglesOf(time, size / 2, base, offset), [time, 1, 2, size / 2]);
  const [cos, sin] = tf.unstack(angles, 2) as [tf.Tensor, tf.Tensor];
  const [low, high] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
  const across = tf.mul(sin, direction);
  return tf.concat(
    [tf.sub(tf.mul(low, cos), tf.mul(high, across)), tf.add(tf.mul(high, cos), tf.mul(low, across))],
    -1,
  );
}

/** Turns forwards (direction 1) or back (−1): the gradient of either is the other, as often as it is differentiated. */
function turned(x: tf.Tensor, base: number, offset: number, direction: number): tf.Tensor {
  const op = tf.customGrad((given, save) => {
    (save as tf.GradSaveFunc)([]);
    return {
      value:
        tf.getBackend() === 'wasm'
          ? run('AssayRotary', { x: given as tf.Tensor }, { base, offset, direction })
          : turn(given as tf.Tensor, base, offset, direction),
      gradFunc: (dy: tf.Tensor) => turned(dy, base, offset, -direction),
    };
  });
  return op(x);
}

/**
 * Rotary position embedding (Su et al. 2021) as LLaMA in Hugging Face has it: number i of the first half of `size` and number i of
 * the second are a pair, turned by (offset + time) · base^(−2i/size) radians. It is differentiated rightly any number of times.
 *
 * @param x [batch, time, heads, size], float32, size even
 * @returns of the shape of x
 * @throws RangeError for another shape or type, an offset that is no integer from 0 on, a base that is not above 0, or an option
 *   that is not known
 */
export function rotary(x: tf.Tensor, options: RotaryOptions = {}): tf.Tensor {
  requireKnown<RotaryOptions>('rotary', options, NAMES);
  const { base = 10_000, offset = 0 } = options;
  requireFloat32('rotary', { x });
  if (x.rank !== 4 || x.shape[3]! % 2 !== 0) {
    throw new RangeError(
      `rotary: 'x' has shape [${x.shape}]; must be [batch, time, heads, size] with an even size. Its halves are turned against each other.`,
    );
  }
  positive('rotary', 'base', base, 'Leave it out for 10000.');
  integer('rotary', 'offset', offset, 0, 'It is the position of the first entry.');
  cureOnce();
  return turned(x, base, offset, 1);
}
