import { stream } from '@assay-ml/numerics';
import { invalid, requireOptions } from '@assay-ml/numerics/check';
import { checkImages, type Images, pick } from '../images.js';
import type { Generator } from '../models.js';

/** Options of {@link retrieval}. */
export interface RetrievalOptions {
  readonly id?: string;
  /** Clean images of the user's own. */
  readonly images: Images;
  /** A text for each of them. */
  readonly captions: readonly string[];
  /** How alike two texts are. Default {@link wordOverlap}. */
  readonly similarity?: (a: string, b: string) => number;
}

/** Words that two texts share, of all that they have; case does not count. */
export function wordOverlap(a: string, b: string): number {
  const [first, second] = [a, b].map((text) => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu)));
  let shared = 0;
  for (const word of first!) if (second!.has(word)) shared++;
  const all = first!.size + second!.size - shared;
  return all === 0 ? 0 : shared / all;
}

/**
 * In place of a generator: a clean image whose caption is nearest to the text, drawn from those that are equally near. It needs no
 * model, and costs nothing.
 * @throws RangeError for images outside [0, 1] or another number of captions
 */
export function retrieval(options: RetrievalOptions): Generator {
  requireOptions<RetrievalOptions>('retrieval', options, { id: 1, images: 1, captions: 1, similarity: 1 });
  const { id = 'retrieval', images, captions, similarity = wordOverlap } = options;
  checkImages('retrieval', images);
  if (captions?.length !== images.shape[0]) throw invalid('retrieval', 'captions', captions, `an array of ${images.shape[0]} texts`, 'Give one for each image.'); // prettier-ignore
  const nearest = new Map<string, readonly number[]>();
  const candidates = (text: string): readonly number[] => {
    const known = nearest.get(text);
    if (known) return known;
    const alike = captions.map((caption) => similarity(text, caption));
    const most = alike.reduce((a, b) => Math.max(a, b), -Infinity);
    const found = alike.flatMap((value, i) => (value === most ? [i] : []));
    nearest.set(text, found);
    return found;
  };
  return {
    id,
    async generate(texts, { seed, index }) {
      const key = stream(seed, 'generator', 'retrieval');
      return pick(
        images,
        texts.map((text, i) => {
          const found = candidates(text);
          return found[key.at(index, i).integer(found.length)]!;
        }),
      );
    },
  };
}
