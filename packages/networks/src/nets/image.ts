import { invalid, oneOf, requireOptions } from '@assay-ml/numerics/check';

/** What a network for images is built for. */
export interface ImageOptions {
  /** Shape of one image: [height, width, channels]. */
  readonly inputs: readonly [height: number, width: number, channels: number];
  /** Number of logits. */
  readonly classes: number;
}

/** What a network with norms is built for. */
export interface NormedOptions extends ImageOptions {
  /**
   * `batch`, with running statistics; or `group`: groups of 16 channels of each image (Wu & He 2018, Table 3), which no other image
   * enters, as clients of a federation with few of them need. Default 'batch'.
   */
  readonly norm?: 'batch' | 'group';
}

/** @throws TypeError for no options; RangeError for an option that is not known */
export function checkImageOptions(where: string, options: Partial<ImageOptions>): void {
  requireOptions<Partial<ImageOptions>>(where, options, { inputs: 0, classes: 0 });
}

/** @throws TypeError for no options; RangeError for an option that is not known, or another norm */
export function checkNormedOptions(where: string, options: Partial<NormedOptions>): void {
  requireOptions<Partial<NormedOptions>>(where, options, { inputs: 0, classes: 0, norm: 0 });
  if (options.norm !== undefined) oneOf(where, 'norm', options.norm, ['batch', 'group']);
}

/** @throws RangeError unless `inputs` is an image of which both sides have at least `least` pixels. */
export function checkImage(where: string, inputs: readonly number[], least: number): void {
  const fits = inputs?.length === 3 && inputs.every((size, i) => Number.isSafeInteger(size) && size >= (i < 2 ? least : 1)); // prettier-ignore
  if (!fits) {
    throw invalid(where, 'inputs', inputs, `[height, width, channels] with height and width of at least ${least}`, 'Pooling must leave a pixel.'); // prettier-ignore
  }
}
