import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { atLeast, requireOptions } from '@assay-ml/numerics/check';
import type { Images } from '../images.js';
import type { WhiteBox } from '../models.js';
import type { Attacked, Goal } from './attack.js';
import { iterate, LINF, type LinfOptions } from './linf.js';

/**
 * MI-FGSM (Dong et al., CVPR 2018): g ← μ·g + ∇/‖∇‖₁, and steps along sign(g).
 * @param images in [0, 1]
 * @param options those of `bim`, and
 * @param options.decay μ, default 1, the paper's
 * @throws RangeError for images, labels or an option that do not fit
 */
export async function mi(
  model: WhiteBox,
  images: Images,
  goal: Goal,
  options: LinfOptions & { readonly decay?: number },
): Promise<Attacked> {
  requireOptions<typeof options>('mi', options, { ...LINF, decay: 1 });
  const { decay = 1, ...rest } = options;
  atLeast('mi', 'decay', decay, 0, 'Leave it out for 1.');
  return iterate('mi', model, images, goal, rest, {
    direction(g, before): Tensor4D {
      // A gradient of zero adds nothing.
      const length = tf.maximum(tf.sum(tf.abs(g), [1, 2, 3], true), 1e-30);
      const unit: Tensor4D = tf.div(g, length);
      return before ? tf.add(tf.mul(before, decay), unit) : unit;
    },
  });
}
