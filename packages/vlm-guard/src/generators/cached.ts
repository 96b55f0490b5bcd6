import { integer, requireOptions } from '@assay-ml/numerics/check';
import { type Images, pick } from '../images.js';
import type { Generator } from '../models.js';

/**
 * Keeps the mirror images that were asked for last, by text, seed and draw: the same text then has the same image again.
 * @param options settings
 * @param options.size images that are kept. Default 1000 (our choice: 600 MB of 224 × 224 RGB)
 * @throws RangeError for another size
 */
export function cached(generator: Generator, options: { readonly size?: number } = {}): Generator {
  requireOptions<typeof options>('cached', options, { size: 1 });
  const { size = 1000 } = options;
  integer('cached', 'size', size, 1, 'Leave it out for 1000.');
  /** In the order of their last use. */
  const kept = new Map<string, Images>();
  return {
    id: generator.id,
    async generate(texts, draw, signal) {
      const keys = texts.map((text) => JSON.stringify([text, draw.seed, draw.index]));
      const missing = [...new Set(texts.filter((_, i) => !kept.has(keys[i]!)))];
      const fresh = new Map<string, Images>();
      if (missing.length > 0) {
        const made = await generator.generate(missing, draw, signal);
        missing.forEach((text, i) => fresh.set(text, pick(made, [i])));
      }
      const found = texts.map((text, i) => {
        const image = fresh.get(text) ?? kept.get(keys[i]!)!;
        kept.delete(keys[i]!);
        kept.set(keys[i]!, image);
        return image;
      });
      for (const key of kept.keys()) {
        if (kept.size <= size) break;
        kept.delete(key);
      }
      const [, ...one] = found[0]!.shape;
      const data = new Float32Array(found.length * found[0]!.data.length);
      found.forEach((image, i) => data.set(image.data, i * image.data.length));
      return { data, shape: [found.length, ...one] };
    },
  };
}
