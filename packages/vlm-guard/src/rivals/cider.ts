import { integer, oneOf, requireOptions } from '@assay-ml/numerics/check';
import { checkImages } from '../images.js';
import type { Victim } from '../models.js';
import { imageTextCosines, type ImageTextPair } from './clip.js';
import type { Reconstruct } from './magnet.js';
import type { Rival } from './rival.js';

/** Options of {@link cider}. */
export interface CiderOptions {
  readonly victim: Victim;
  readonly pair: ImageTextPair;
  readonly denoise: Reconstruct;
  /** What the victim is asked. Default ''. */
  readonly prompt?: string;
  /** How often the image is denoised, each time from the last. Default 3. */
  readonly rounds?: number;
  /** `one-sided`, as defined: where the cosine falls. `either`: where it moves, which also sees denoising that raises it. Default `one-sided`. */
  readonly rule?: 'one-sided' | 'either';
}

/**
 * CIDER (Xu et al., EMNLP 2024): denoising an attacked image lowers the cosine of image and text. The score is less the largest fall over
 * rounds. One-sided it turns round where denoising raises the cosine of attacked images.
 * @throws RangeError for an option out of range; when it scores, for images outside [0, 1]
 */
export function cider(options: CiderOptions): Rival {
  requireOptions<CiderOptions>('cider', options, { victim: 1, pair: 1, denoise: 1, prompt: 1, rounds: 1, rule: 1 });
  const { victim, pair, denoise, prompt = '', rounds = 3, rule = 'one-sided' } = options;
  integer('cider', 'rounds', rounds, 1, 'Leave it out for 3.');
  oneOf('cider', 'rule', rule, ['one-sided', 'either']);
  return {
    name: rule === 'either' ? 'CIDER, either way' : 'CIDER',
    async score(images, signal) {
      checkImages('cider', images);
      const texts = await victim.describe(images, prompt, signal);
      const before = await imageTextCosines(pair, images, texts, signal);
      const most = new Float64Array(images.shape[0]).fill(-Infinity);
      let now = images;
      for (let round = 0; round < rounds; round++) {
        now = await denoise(now, signal);
        const after = await imageTextCosines(pair, now, texts, signal);
        most.forEach((fall, i) => {
          const change = before[i]! - after[i]!;
          most[i] = Math.max(fall, rule === 'either' ? Math.abs(change) : change);
        });
      }
      return most.map((fall) => -fall);
    },
  };
}
