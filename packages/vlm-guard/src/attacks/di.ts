import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { stream } from '@assay-ml/numerics';
import { inside, integer, invalid, requireOptions } from '@assay-ml/numerics/check';
import type { Images } from '../images.js';
import type { WhiteBox } from '../models.js';
import { ascent, type Attacked, type Goal } from './attack.js';
import { iterate, LINF, type LinfOptions } from './linf.js';

/** Options of {@link di}. */
export interface DiOptions extends LinfOptions {
  /** How often a step shows the victim a transformed image. Default 0.5, the paper's. */
  readonly probability?: number;
  /** The least side that images are shrunk to, as a share of it. Default 0.9: the paper shrinks 330 pixels to 299 and more. */
  readonly shrink?: number;
  /** Of the transforms. Default 0. */
  readonly seed?: number;
}

/**
 * DI²-FGSM (Xie et al., CVPR 2019): now and then the victim is shown the images shrunk and padded with zeros, at a random size and
 * place, the same for the batch; then BIM. They keep their size, so that any network takes them.
 * @param images in [0, 1]
 * @throws RangeError for images, labels or an option that do not fit
 */
export async function di(model: WhiteBox, images: Images, goal: Goal, options: DiOptions): Promise<Attacked> {
  requireOptions<DiOptions>('di', options, { ...LINF, probability: 1, shrink: 1, seed: 1 });
  const { probability = 0.5, shrink = 0.9, seed = 0, ...rest } = options;
  if (!(probability >= 0 && probability <= 1)) throw invalid('di', 'probability', probability, 'from 0 to 1', 'Leave it out for 0.5.'); // prettier-ignore
  inside('di', 'shrink', shrink, 'Leave it out for 0.9.');
  integer('di', 'seed', seed, 0, 'Any of 0, 1, 2, … will do.');
  const key = stream(seed, 'attack', 'di');
  return iterate('di', model, images, goal, rest, {
    gradient(x, labels, k) {
      const draw = key.at(k);
      if (draw.uniform() >= probability) return ascent(model, x, labels, goal.targeted);
      const [, height, width] = x.shape;
      const scale = shrink + (1 - shrink) * draw.uniform();
      const [h, w] = [height, width].map((side) => Math.max(1, Math.round(scale * side))) as [number, number];
      const [top, left] = [draw.integer(height - h + 1), draw.integer(width - w + 1)];
      const margins = [[0, 0], [top, height - h - top], [left, width - w - left], [0, 0]] as [number, number][]; // prettier-ignore
      const view = (at: Tensor4D) => tf.pad(tf.image.resizeBilinear(at, [h, w]), margins);
      return ascent(model, x, labels, goal.targeted, view);
    },
  });
}
