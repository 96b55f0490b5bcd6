import { requireOptions } from '@assay-ml/numerics/check';
import { checkImages } from '../images.js';
import type { Encoder, Generator, Victim } from '../models.js';
import { type Answers, type Rival, rowOf } from './rival.js';

/**
 * The mirror image is described again, and the texts are compared: what "naive" may mean in the paper, which does not say it.
 * @param options settings
 * @param options.victim what says it
 * @param options.generator draws it
 * @param options.answers of the victim, by which both are compared
 * @param options.prompt what the victim is asked, default ''
 * @param options.seed of the draw, default 0
 */
export function naiveText(options: {
  readonly victim: Victim;
  readonly generator: Generator;
  readonly answers: Answers;
  readonly prompt?: string;
  readonly seed?: number;
}): Rival {
  requireOptions<typeof options>('naiveText', options, { victim: 1, generator: 1, answers: 1, prompt: 1, seed: 1 });
  const { victim, generator, answers, prompt = '', seed = 0 } = options;
  return {
    name: 'naive, texts',
    async score(images, signal) {
      checkImages('naiveText', images);
      const mirror = await generator.generate(
        await victim.describe(images, prompt, signal),
        { seed, index: 0 },
        signal,
      );
      const [before, after] = [await answers.rows(images, signal), await answers.rows(mirror, signal)];
      return Float64Array.from({ length: images.shape[0] }, (_, i) => -answers.distance(rowOf(before, answers.width, i), rowOf(after, answers.width, i))); // prettier-ignore
    },
  };
}

/** An encoder that sees nothing but pixels, for images and mirror images of one size: MirrorCheck with it is the other naive detector. */
export function pixels(shape: readonly [height: number, width: number, channels: number]): Encoder {
  return { id: 'pixels', width: shape[0] * shape[1] * shape[2], embed: async ({ data }) => data };
}
