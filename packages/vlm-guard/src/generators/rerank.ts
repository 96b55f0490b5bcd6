import { integer, requireOptions } from '@assay-ml/numerics/check';
import { type Images, pick } from '../images.js';
import type { Generator } from '../models.js';
import { imageTextCosines, type ImageTextPair } from '../rivals/clip.js';

/** Options of {@link rerank}. */
export interface RerankOptions {
  /** Draws that one is chosen from, at least 2. Each costs what one draw costs. */
  readonly draws: number;
  /** What chooses: a contrastive model that is none of the encoders of the score. */
  readonly pair: ImageTextPair;
}

/**
 * The best of several draws by the cosine of image and text, which mends a poor generator.
 * @throws RangeError for an option out of range
 */
export function rerank(generator: Generator, options: RerankOptions): Generator {
  requireOptions<RerankOptions>('rerank', options, { draws: 1, pair: 1 });
  const { draws, pair } = options;
  integer('rerank', 'draws', draws, 2, 'One draw is the generator itself.');
  return {
    id: `best of ${draws} by ${pair.image.id}: ${generator.id}`,
    async generate(texts, { seed, index }, signal) {
      let chosen: Images | null = null;
      let best: Float64Array = new Float64Array(0);
      for (let m = 0; m < draws; m++) {
        const some = await generator.generate(texts, { seed, index: index * draws + m }, signal);
        const cosines = await imageTextCosines(pair, some, texts, signal);
        if (chosen === null) {
          [chosen, best] = [pick(some, texts.map((_, i) => i)), cosines]; // prettier-ignore
          continue;
        }
        const size = some.data.length / texts.length;
        for (let i = 0; i < texts.length; i++) {
          if (!(cosines[i]! > best[i]!)) continue;
          best[i] = cosines[i]!;
          chosen.data.set(some.data.subarray(i * size, (i + 1) * size), i * size);
        }
      }
      return chosen!;
    },
  };
}
