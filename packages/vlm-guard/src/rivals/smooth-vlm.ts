import { stream } from '@assay-ml/numerics';
import { integer, invalid, requireOptions } from '@assay-ml/numerics/check';
import { checkImages } from '../images.js';
import type { Victim } from '../models.js';
import type { Rival } from './rival.js';

/** Options of {@link smoothVlm}. */
export interface SmoothVlmOptions {
  readonly victim: Victim;
  /** What it is asked. Default ''. */
  readonly prompt?: string;
  /** Masked copies of each image. Default 10, the paper's. */
  readonly copies?: number;
  /** Share of the pixels that a copy loses. Default 0.1. */
  readonly share?: number;
  /** Side of a masked patch, in pixels. Default 1. */
  readonly patch?: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * SmoothVLM (Sun et al., 2024): random patches are masked, and the answers vote. As a detector, our reading: the score is the share of
 * copies whose answer is that of the majority.
 * @throws RangeError for an option out of range; when it scores, for images outside [0, 1]
 */
export function smoothVlm(options: SmoothVlmOptions): Rival {
  requireOptions<SmoothVlmOptions>('smoothVlm', options, { victim: 1, prompt: 1, copies: 1, share: 1, patch: 1, seed: 1 }); // prettier-ignore
  const { victim, prompt = '', copies = 10, share = 0.1, patch = 1, seed = 0 } = options;
  integer('smoothVlm', 'copies', copies, 2, 'Leave it out for 10.');
  if (!(share > 0 && share < 1)) throw invalid('smoothVlm', 'share', share, 'between 0 and 1', 'Leave it out for 0.1.');
  integer('smoothVlm', 'patch', patch, 1, 'Leave it out for 1.');
  integer('smoothVlm', 'seed', seed, 0, 'Any of 0, 1, 2, … will do.');
  return {
    name: 'SmoothVLM',
    async score(images, signal) {
      checkImages('smoothVlm', images);
      const { data, shape } = images;
      const [count, height, width, channels] = shape;
      const size = data.length / count;
      const patches = Math.max(1, Math.round((share * height * width) / (patch * patch)));
      const key = stream(seed, 'rival', 'smooth-vlm');
      const votes = Array.from({ length: count }, () => new Map<string, number>());
      for (let copy = 0; copy < copies; copy++) {
        const masked = data.slice();
        for (let i = 0; i < count; i++) {
          const draw = key.at(copy, i);
          for (let p = 0; p < patches; p++) {
            const [top, left] = [draw.integer(height), draw.integer(width)];
            for (let r = top; r < Math.min(height, top + patch); r++) {
              const from = i * size + (r * width + left) * channels;
              masked.fill(0, from, from + Math.min(patch, width - left) * channels);
            }
          }
        }
        const texts = await victim.describe({ data: masked, shape }, prompt, signal);
        texts.forEach((text, i) => votes[i]!.set(text, (votes[i]!.get(text) ?? 0) + 1));
      }
      return Float64Array.from(votes, (counts) => Math.max(...counts.values()) / copies);
    },
  };
}
