import { stream } from '@assay-ml/numerics';
import { inside, integer, requireOptions } from '@assay-ml/numerics/check';
import { checkImages, type Images } from '../images.js';
import { type Answers, type Rival, rowOf } from './rival.js';

/** Options of {@link purification}. */
export interface PurificationOptions {
  readonly answers: Answers;
  /** The clean image behind √ᾱ·x + √(1 − ᾱ)·ε, whose values need not be in [0, 1]. */
  readonly denoise: (noisy: Images, alphaBar: number, signal?: AbortSignal) => Promise<Images>;
  /** ᾱ of the step that is gone back to. Default 0.9. */
  readonly alphaBar?: number;
  /** Of the noise. Default 0. */
  readonly seed?: number;
}

/**
 * DiffPure's idea (Nie et al., ICML 2022) in one step: noise is added and taken out again, and with it what an attacker added. Where the
 * denoiser is a whole reverse diffusion it is DiffPure. The score is less the distance of the answers before and after.
 * @throws RangeError for an option out of range; when it scores, for images outside [0, 1]
 */
export function purification(options: PurificationOptions): Rival {
  requireOptions<PurificationOptions>('purification', options, { answers: 1, denoise: 1, alphaBar: 1, seed: 1 });
  const { answers, denoise, alphaBar = 0.9, seed = 0 } = options;
  inside('purification', 'alphaBar', alphaBar, 'Leave it out for 0.9.');
  integer('purification', 'seed', seed, 0, 'Any of 0, 1, 2, … will do.');
  const [kept, added] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
  return {
    name: 'one-step purification',
    async score(images, signal) {
      checkImages('purification', images);
      const { data, shape } = images;
      const noise = stream(seed, 'rival', 'purification').fillNormal(new Float64Array(data.length));
      const noisy = { data: data.map((value, k) => kept * value + added * noise[k]!), shape };
      const clean = await denoise(noisy, alphaBar, signal);
      const [before, after] = [await answers.rows(images, signal), await answers.rows(clean, signal)];
      return Float64Array.from({ length: shape[0] }, (_, i) => -answers.distance(rowOf(before, answers.width, i), rowOf(after, answers.width, i))); // prettier-ignore
    },
  };
}
