/** Detectors beside MirrorCheck, in a world. */
import { featureSqueezing, jailGuard, labelAnswers, type Images, type MirrorOptions, pixels, smoothVlm } from '@assay-ml/vlm-guard'; // prettier-ignore
import { prototypes, scored, scoresOf } from './scores.js';
import type { World } from './world.js';

/** Names of all, in the order of tables. */
export const RIVALS = ['feature squeezing', 'JailGuard', 'SmoothVLM', 'prototype', 'pixels'] as const;

/** A function from images to scores, high for clean ones, for each rival. */
export async function rivalsOf(
  world: World,
  seed: number,
  signal: AbortSignal,
): Promise<Readonly<Record<(typeof RIVALS)[number], (images: Images) => Promise<ArrayLike<number>>>>> {
  const { victim, side } = world;
  const answers = labelAnswers(victim);
  const named = [featureSqueezing({ answers }), jailGuard({ answers, seed }), smoothVlm({ victim, seed })];
  const [squeezing, jail, smooth] = named.map((rival) => (images: Images) => rival.score(images, signal));
  const mirrored = (options: Partial<MirrorOptions>) => async (images: Images) => scoresOf(await scored(world, images, seed, { signal, ...options })); // prettier-ignore
  return {
    'feature squeezing': squeezing!,
    JailGuard: jail!,
    SmoothVLM: smooth!,
    prototype: mirrored({ generator: await prototypes(side, seed) }),
    pixels: mirrored({ encoders: [pixels([side, side, 1])] }),
  };
}
