import { invalid } from '@assay-ml/numerics/check';
import { checkImages, type Images } from '../images.js';
import { embedded } from '../mirror/mirror.js';
import type { Encoder, Prototype } from '../models.js';

/**
 * In place of a mirror image: the mean direction of an encoder's embeddings of several images of a text.
 * @param images of each text that the victim can say
 * @throws RangeError for images outside [0, 1]; when it is asked, for a text that has none
 */
export function prototype(images: ReadonlyMap<string, Images>, id = 'prototype'): Prototype {
  for (const [text, some] of images) checkImages('prototype', some, `images of '${text}'`);
  const known = new WeakMap<Encoder, Map<string, Float32Array>>();
  return {
    id,
    async embeddings(texts, encoder, signal) {
      const { width } = encoder;
      const means = known.get(encoder) ?? new Map<string, Float32Array>();
      known.set(encoder, means);
      const out = new Float32Array(texts.length * width);
      for (const [i, text] of texts.entries()) {
        let mean = means.get(text);
        if (mean === undefined) {
          const some = images.get(text);
          if (some === undefined) throw invalid('prototype', 'text', text, 'one that there are images of', `There are ${images.size}: give images for all that the victim says.`); // prettier-ignore
          mean = direction(await embedded(encoder, some, signal), width);
          means.set(text, mean);
        }
        out.set(mean, i * width);
      }
      return out;
    },
  };
}

/** The mean of rows that are scaled to length 1; rows without a length add nothing. */
function direction(z: Float32Array, width: number): Float32Array {
  const mean = new Float32Array(width);
  for (let at = 0; at < z.length; at += width) {
    const row = z.subarray(at, at + width);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (length > 0) row.forEach((value, k) => (mean[k]! += (value / length / z.length) * width));
  }
  return mean;
}
