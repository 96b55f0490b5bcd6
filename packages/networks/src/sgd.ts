/** SGD, and masks. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Mask, SgdState } from '@assay-ml/tensors';

export { type Mask, sgd, type SgdOptions, type SgdState } from '@assay-ml/tensors';

/** Parameters and velocities with the mask applied: what a mask is installed with. Call it in `tf.tidy`. */
export function applyMask({ parameters, velocity }: SgdState, mask: Mask): SgdState {
  const apply = (t: Tensor, i: number) =>
    mask[i] ? tf.where(tf.cast(mask[i], 'bool'), t, tf.zerosLike(t)) : tf.clone(t);
  return { parameters: parameters.map(apply), velocity: velocity.map(apply) };
}
