import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Gradients of a scalar by tensors, zeros where none arrives. Call it in `tf.tidy`. */
export function differentiate(f: () => Tensor, xs: Tensor[]): Tensor[] {
  const { grads } = tf.engine().gradients(f, xs, undefined, true);
  // Typed as present, but absent where f does not depend on x.
  return (grads as (Tensor | undefined)[]).map((gradient, i) => gradient ?? tf.zerosLike(xs[i]!));
}
