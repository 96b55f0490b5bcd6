import { integer, invalid, requireOptions } from '@assay-ml/numerics/check';
import { checkImages, type Images } from '../images.js';
import { type Answers, type Rival, rowOf } from './rival.js';

/** Makes a poorer image. */
export type Squeezer = (images: Images) => Images;

/** Grey levels are rounded to 2^bits. */
export function bitDepth(bits: number): Squeezer {
  integer('bitDepth', 'bits', bits, 1, 'Feature squeezing takes 1 to 3 of grey images, 5 of colour.');
  const levels = 2 ** bits - 1;
  return ({ data, shape }) => ({ data: data.map((value) => Math.round(value * levels) / levels), shape });
}

/**
 * The upper median of each 2 × 2 window, up and left of the pixel, with rows and columns reflected at the border: what SciPy's
 * `median_filter` of size 2 gives, which the authors use.
 */
export const median2: Squeezer = ({ data, shape }) => {
  const [count, height, width, channels] = shape;
  const out = new Float32Array(data.length);
  const window = new Float32Array(4);
  for (let i = 0; i < count; i++) {
    for (let r = 0; r < height; r++) {
      for (let c = 0; c < width; c++) {
        for (let k = 0; k < channels; k++) {
          const at = (row: number, column: number) => data[((i * height + Math.max(0, row)) * width + Math.max(0, column)) * channels + k]!; // prettier-ignore
          window[0] = at(r, c);
          window[1] = at(r, c - 1);
          window[2] = at(r - 1, c);
          window[3] = at(r - 1, c - 1);
          out[((i * height + r) * width + c) * channels + k] = window.sort()[2]!;
        }
      }
    }
  }
  return { data: out, shape };
};

/**
 * Feature squeezing (Xu, Evans, Qi, NDSS 2018): the answer changes most where an image that was attacked is made poorer. The score is less
 * the largest distance over squeezers.
 * @param options settings
 * @param options.answers of the victim
 * @param options.squeezers default {@link bitDepth} of 3 and {@link median2}, for grey images; of colour the authors take 5 bits
 * @throws RangeError for no squeezer; when it scores, for images outside [0, 1]
 */
export function featureSqueezing(options: {
  readonly answers: Answers;
  readonly squeezers?: readonly Squeezer[];
}): Rival {
  requireOptions<typeof options>('featureSqueezing', options, { answers: 1, squeezers: 1 });
  const { answers, squeezers = [bitDepth(3), median2] } = options;
  if (squeezers.length === 0) throw invalid('featureSqueezing', 'squeezers', squeezers, 'an array of at least one', 'Leave it out for two.'); // prettier-ignore
  return {
    name: 'feature squeezing',
    async score(images, signal) {
      checkImages('featureSqueezing', images);
      const before = await answers.rows(images, signal);
      const scores = new Float64Array(images.shape[0]);
      for (const squeeze of squeezers) {
        const after = await answers.rows(squeeze(images), signal);
        scores.forEach((score, i) => {
          const apart = answers.distance(rowOf(before, answers.width, i), rowOf(after, answers.width, i));
          scores[i] = Math.min(score, -apart);
        });
      }
      return scores;
    },
  };
}
