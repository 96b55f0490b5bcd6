import { integer, requireOptions } from '@assay-ml/numerics/check';
import { checkImages, type Images } from '../images.js';
import type { Rival } from './rival.js';

/** Options of {@link puVae}. */
export interface PuVaeOptions {
  /** A conditional VAE, trained on clean images: each image as if it were of one class. */
  readonly reconstruct: (images: Images, label: number, signal?: AbortSignal) => Promise<Images>;
  readonly classes: number;
}

/**
 * PuVAE (Hwang et al., 2019): each image is reconstructed as every class, and the nearest reconstruction is what is believed. As a
 * detector, our reading: the score is less the distance to it, the root mean square of the pixels.
 * @throws RangeError for an option out of range; when it scores, for images outside [0, 1]
 */
export function puVae(options: PuVaeOptions): Rival {
  requireOptions<PuVaeOptions>('puVae', options, { reconstruct: 1, classes: 1 });
  const { reconstruct, classes } = options;
  integer('puVae', 'classes', classes, 1, 'Count the labels.');
  return {
    name: 'PuVAE',
    async score(images, signal) {
      checkImages('puVae', images);
      const [count] = images.shape;
      const size = images.data.length / count;
      const least = new Float64Array(count).fill(Infinity);
      for (let label = 0; label < classes; label++) {
        const { data } = await reconstruct(images, label, signal);
        least.forEach((before, i) => {
          let sum = 0;
          for (let k = i * size; k < (i + 1) * size; k++) sum += (images.data[k]! - data[k]!) ** 2;
          least[i] = Math.min(before, Math.sqrt(sum / size));
        });
      }
      return least.map((distance) => -distance);
    },
  };
}
