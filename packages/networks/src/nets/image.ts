import { invalid, requireOptions } from '@assay-ml/numerics/check';

/** What a network for images is built for. */
export interface ImageOptions {
  /** Shape of one image: [height, width, channels]. */
  readonly inputs: readonly [height: number, width: number, channels: number];
  /** Number of logits. */
  readonly classes: number;
}

/** @throws TypeError for no options; RangeError for an option that is not known */
export function checkImageOptions(where: string, options: Partial<ImageOptions>): void {
  requireOptions<Partial<ImageOptions>>(where, options, { inputs: 0, classes: 0 });
}

/** @throws RangeError unless `inputs` is an image of which both sides have at least `least` pixels. */
export function checkImage(where: string, inputs: readonly number[], least: number): void {
  const fits = inputs?.length === 3 && inputs.every((size, i) => Number.isSafeInteger(size) && size >= (i < 2 ? least : 1)); // prettier-ignore
  if (!fits) {
    throw invalid(where, 'inputs', inputs, `[height, width, channels] with height and width of at least ${least}`, 'Pooling must leave a pixel.'); // prettier-ignore
  }
}
