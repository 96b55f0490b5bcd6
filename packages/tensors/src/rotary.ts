/** Rotary position embedding. */
import { scalar } from '@assay-ml/numerics';
import { integer, options as requireKnown, positive } from '@assay-ml/numerics/check';
import * as tf from '@tensorflow/tfjs-core';
import { cure } from './cure.js';
import { requireFloat32 } from './rows.js';

/** The constants of {@link rotary}. */
export interface RotaryOptions {
  /** The slowest pair turns by about base⁻¹ radians a position; default 10,000, that of Su et al. and LLaMA. */
  readonly base?: number;
  /** Position of the first entry along the time axis; default 0. With a cache of keys: how many it holds. */
  readonly offset?: number;
}

const NAMES = { base: 1, offset: 1 };

/** cos and sin of the angles, [time, half] each, behind one another. */
function table(time: number, half: number, base: number, offset: number): Float32Array {
  const out = new Float32Array(2 * time * half);
  for (let i = 0; i < half; i++) {
    const frequency = scalar.pow(base, -i / half);
    for (let t = 0; t < time; t++) {
      const angle = (offset + t) * frequency;
      out[t * half + i] = scalar.cos(angle);
      out[(time + t) * half + i] = scalar.sin(angle);
    }
  }
  return out;
}

/** Turns forwards (direction 1) or back (−1): the gradient of either is the other. */
function turned(x: tf.Tensor, base: number, offset: number, direction: 1 | -1): tf.Tensor {
  const [, time, , size] = x.shape as [number, number, number, number];
  const half = size / 2;
  const op = tf.customGrad((given, save) => {
    (save as tf.GradSaveFunc)([]);
    const angles = tf.tensor(table(time, half, base, offset), [2, time, 1, half]);
    const [cos, sin] = tf.unstack(angles) as [tf.Tensor, tf.Tensor];
    const [low, high] = tf.split(given as tf.Tensor, 2, -1) as [tf.Tensor, tf.Tensor];
    const across = tf.mul(sin, direction);
    return {
      value: tf.concat(
        [tf.sub(tf.mul(low, cos), tf.mul(high, across)), tf.add(tf.mul(high, cos), tf.mul(low, across))],
        -1,
      ),
      gradFunc: (dy: tf.Tensor) => turned(dy, base, offset, direction === 1 ? -1 : 1),
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
  cure();
  return turned(x, base, offset, 1);
}
