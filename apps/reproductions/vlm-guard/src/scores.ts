/** Scores of all images, or an error: no number may be made of fewer images than were attacked. */
import { SHAPES } from '@assay-ml/datasets';
import { type Encoder, type Images, type MirrorOptions, type MirrorScore, mirrorScores, prototype, type Prototype } from '@assay-ml/vlm-guard'; // prettier-ignore
import { renderer, type World } from './world.js';

/**
 * MirrorCheck of a world with its renderer, unless told otherwise.
 * @throws TypeError where an image has no score
 */
export async function scored(
  { victim, encoders, side }: World,
  images: Images,
  seed: number,
  options: Partial<MirrorOptions> = {},
): Promise<MirrorScore[]> {
  const found = await mirrorScores(images, { victim, generator: renderer(side), encoders, seed, ...options });
  scoresOf(found);
  return found;
}

/** @throws TypeError where an image has no score */
export function scoresOf(found: readonly MirrorScore[]): number[] {
  return found.map(({ score, reason }, i) => {
    if (score === null) throw new TypeError(`image ${i} has no score: ${reason}.`);
    return score;
  });
}

/** Scores of each encoder. */
export const byEncoder = (found: readonly MirrorScore[], encoders: readonly Encoder[]): number[][] =>
  encoders.map(({ id }) => found.map(({ perEncoder }) => perEncoder[id]!));

/** Mean embeddings of renders of each class: what an attacker knows of the generator, and what a cosine of image and text would be here. */
export async function prototypes(side: number, seed: number, each = 20): Promise<Prototype> {
  const draw = { seed, index: 1_000_000 }; // none that a check draws
  const images = new Map<string, Images>();
  const all = await renderer(side).generate(SHAPES.flatMap((name) => Array.from({ length: each }, () => name)), draw); // prettier-ignore
  const size = each * side * side;
  SHAPES.forEach((name, k) => images.set(name, { data: all.data.slice(k * size, (k + 1) * size), shape: [each, side, side, 1] })); // prettier-ignore
  return prototype(images);
}
