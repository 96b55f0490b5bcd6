import * as tf from '@tensorflow/tfjs-core';
import { scalar } from '@assay-ml/numerics';
import { integer, invalid, positive, requireOptions } from '@assay-ml/numerics/check';
import type { Images } from '../images.js';
import type { WhiteBox } from '../models.js';
import type { Attacked, Goal } from './attack.js';
import { iterate, LINF, type LinfOptions } from './linf.js';

/** Options of {@link ti}. */
export interface TiOptions extends LinfOptions {
  /** Side of the Gaussian kernel, odd. Default 15, the paper's, for 299 pixels: take less for small images. */
  readonly kernel?: number;
  /** How many standard deviations lie between its middle and its edge. Default 3, the paper's. */
  readonly deviations?: number;
}

/**
 * TI-FGSM (Dong et al., CVPR 2019): BIM along the gradient smoothed by a Gaussian kernel, as if the images were shifted.
 * @param images in [0, 1]
 * @throws RangeError for images, labels or an option that do not fit
 */
export async function ti(model: WhiteBox, images: Images, goal: Goal, options: TiOptions): Promise<Attacked> {
  requireOptions<TiOptions>('ti', options, { ...LINF, kernel: 1, deviations: 1 });
  const { kernel: side = 15, deviations = 3, ...rest } = options;
  integer('ti', 'kernel', side, 1, 'Leave it out for 15.');
  if (side % 2 === 0) throw invalid('ti', 'kernel', side, 'odd', 'It has a middle.');
  positive('ti', 'deviations', deviations, 'Leave it out for 3.');
  const line = Float64Array.from({ length: side }, (_, i) => {
    const t = side === 1 ? 0 : (deviations * (2 * i - (side - 1))) / (side - 1);
    return scalar.exp((-t * t) / 2);
  });
  const sum = line.reduce((a, b) => a + b);
  const channels = images?.shape?.[3] ?? 1;
  const weights = Float32Array.from({ length: side * side * channels }, (_, k) => {
    const at = Math.floor(k / channels);
    return (line[Math.floor(at / side)]! * line[at % side]!) / (sum * sum);
  });
  const kernel = tf.tensor4d(weights, [side, side, channels, 1]);
  try {
    return await iterate('ti', model, images, goal, rest, {
      direction: (g) => tf.depthwiseConv2d(g, kernel, 1, 'same'),
    });
  } finally {
    kernel.dispose();
  }
}
