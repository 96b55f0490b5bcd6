import { requireOptions } from '@assay-ml/numerics/check';
import { checkImages, type Images } from '../images.js';
import { cosinesOf, embedded } from '../mirror/mirror.js';
import type { Encoder, Victim } from '../models.js';
import type { Rival } from './rival.js';

/** Both towers of a contrastive model. */
export interface ImageTextPair {
  readonly image: Encoder;
  /** A row for each text, of the image tower's width. */
  embedTexts(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array>;
}

/**
 * Cosines of images and texts, one for each.
 * @throws RangeError where a row has no direction
 */
export async function imageTextCosines(
  pair: ImageTextPair,
  images: Images,
  texts: readonly string[],
  signal?: AbortSignal,
): Promise<Float64Array> {
  const cosines = cosinesOf(await embedded(pair.image, images, signal), await pair.embedTexts(texts, signal), pair.image.width); // prettier-ignore
  const bad = cosines.findIndex(Number.isNaN);
  if (bad >= 0) throw new RangeError(`imageTextCosines: image ${bad} or its text '${texts[bad]!.slice(0, 40)}' has an embedding without a direction; must have one. Leave it out, and count what is left out.`); // prettier-ignore
  return cosines;
}

/**
 * The cosine of an image and what the victim says of it: MirrorCheck without a mirror.
 * @param options settings
 * @param options.victim what says it
 * @param options.pair the contrastive model
 * @param options.prompt what the victim is asked, default ''
 */
export function clip(options: {
  readonly victim: Victim;
  readonly pair: ImageTextPair;
  readonly prompt?: string;
}): Rival {
  requireOptions<typeof options>('clip', options, { victim: 1, pair: 1, prompt: 1 });
  const { victim, pair, prompt = '' } = options;
  return {
    name: 'CLIP',
    async score(images, signal) {
      checkImages('clip', images);
      return imageTextCosines(pair, images, await victim.describe(images, prompt, signal), signal);
    },
  };
}
