/** Clipping on tensors, in scalars that stay on the device: what a gradient is multiplied by, or its clamped copy. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { drift, isRunning, levelAt } from './level.js';
import type { Clip } from './method.js';

/** Gradients with what clipping does to them. */
export interface Clipped {
  /** Whether the squared norm of all gradients is finite: a bool scalar, what `keeper` takes. */
  readonly finite: Tensor;
  /** clip(g) of tensor i is `factors[i]`·`tensors[i]`; a factor of null is 1. */
  readonly tensors: readonly Tensor[];
  readonly factors: readonly (Scalar | null)[];
  /** ‖g‖² and ‖clip(g)‖². */
  readonly square: Scalar;
  readonly clippedSquare: Scalar;
  /** What part was clipped, from 0 to 1; 0 where the gradient is not finite. */
  readonly part: Scalar;
  /** L of the next step of a running quantile, else null. */
  readonly nextLevel: Scalar | null;
}

/**
 * Clips one gradient. Call it in `tf.tidy`.
 * @param t step, from 0
 * @param level L of a running quantile; not read for others
 */
export function clipTensors(
  clip: Required<Clip> | null,
  t: number,
  level: Scalar,
  gradients: readonly Tensor[],
): Clipped {
  // prettier-ignore
  // Each square is freed before the next is made, which then takes its memory.
  const squares = tf.stack(gradients.map((g) => tf.tidy(() => tf.sum(tf.square(g)))));
  const total = tf.sum(squares) as Scalar;
  // x·0 is 0 for finite x, and NaN else.
  const finite = tf.equal(tf.mul(total, 0), 0);
  const safe = <T extends Tensor>(value: T): T => tf.where(finite, value, tf.zerosLike(value));
  const square = safe(total);
  if (clip === null) {
    return { finite, tensors: gradients, factors: gradients.map(() => null), square, clippedSquare: square, part: tf.scalar(0), nextLevel: null }; // prettier-ignore
  }
  const running = isRunning(clip.level) ? clip.level : null;
  const limit: Scalar = running
    ? level
    : tf.scalar(levelAt(clip.level as Exclude<Clip['level'], { kind: 'quantile' }>, t));
  const next = (part: Scalar): Pick<Clipped, 'part' | 'nextLevel'> => {
    const touched = safe(part);
    if (!running) return { part: touched, nextLevel: null };
    const { a, b } = drift(running);
    const moved: Scalar = tf.mul(level, tf.exp(tf.add(tf.mul(touched, a), b)));
    return { part: touched, nextLevel: tf.where(finite, moved, level) };
  };
  if (clip.mode === 'coordinate') {
    const tensors = gradients.map((g) => tf.maximum(tf.minimum(g, limit), tf.neg(limit)));
    const count = gradients.reduce((sum, g) => sum + g.size, 0);
    const beyond = gradients.map((g) => tf.sum(tf.cast(tf.greater(tf.abs(g), limit), 'float32')));
    return {
      finite,
      tensors,
      factors: gradients.map(() => null),
      square,
      clippedSquare: safe(tf.sum(tf.stack(tensors.map((c) => tf.sum(tf.square(c)))))) as Scalar,
      ...next(tf.div(tf.sum(tf.stack(beyond)), count)),
    };
  }
  const own = clip.mode === 'norm' ? tf.reshape(square, [1]) : safe(squares);
  const ratios = tf.div(limit, tf.sqrt(own));
  const factors = tf.minimum(ratios, 1);
  const each = clip.mode === 'norm' ? gradients.map(() => tf.reshape(factors, []) as Scalar) : tf.unstack(factors);
  return {
    finite,
    tensors: gradients,
    factors: each as Scalar[],
    square,
    clippedSquare: tf.sum(tf.mul(tf.square(factors), own)),
    ...next(tf.mean(tf.cast(tf.less(ratios, 1), 'float32'))),
  };
}

/** Do tensors lie on a device, from which reading is slow? Else in the memory of this process. */
function onDevice(): boolean {
  const name = tf.getBackend();
  if (name === 'tensorflow') return (tf.backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
  return name !== 'cpu' && name !== 'wasm';
}

/**
 * Chooses between what a step made and what was there before it: `next` where the gradient was finite, else `before`. A product
 * with 0 would not do, for NaN passes through it.
 *
 * On a device the flag stays there: TensorFlow's select by rows, with one row, takes a flag for a whole tensor. Elsewhere it is
 * looked at, and nothing is copied. (cpu and wasm have this select, too, but theirs repeats the first number of each row.)
 */
export function keeper(finite: Tensor, device = onDevice()): (next: Tensor, before: Tensor) => Tensor {
  if (!device) {
    const kept = finite.dataSync()[0] === 1;
    return (next, before) => (kept ? next : tf.clone(before));
  }
  const condition = tf.reshape(finite, [1]);
  const row = (tensor: Tensor) => tf.reshape(tensor, [1, tensor.size]);
  return (next, before) => {
    const chosen = tf.engine().runKernel('Select', { condition, t: row(next), e: row(before) }) as Tensor;
    return tf.reshape(chosen, before.shape);
  };
}
