import { checkImages, type Images } from '../images.js';
import type { Generator } from '../models.js';

/**
 * Mirror images that are there already, one for each image that is checked, in order: those of a mapping, say.
 * @throws RangeError for images outside [0, 1]; when it generates, for another number of texts
 */
export function identity(images: Images, id = 'identity'): Generator {
  checkImages('identity', images);
  return {
    id,
    async generate(texts) {
      if (texts.length === images.shape[0]) return images;
      throw new RangeError(`identity: ${texts.length} texts came; must be ${images.shape[0]}, one for each of the images. Empty captions have no mirror image: leave them out.`); // prettier-ignore
    },
  };
}
