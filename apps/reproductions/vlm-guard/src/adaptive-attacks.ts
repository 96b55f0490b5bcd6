/** The attacker who knows the defence, spec 3.7, in a world. */
import type { Json } from '@assay-ml/claims';
import { SHAPES } from '@assay-ml/datasets';
import { auroc } from '@assay-ml/numerics';
import { adaptive, type MirrorScore } from '@assay-ml/vlm-guard';
import { byEncoder, prototypes, scored } from './scores.js';
import type { World } from './world.js';

/** One attack. */
export type AdaptiveRun = {
  readonly epsilon: number;
  readonly lambda: number;
  /** The first so many encoders. */
  readonly known: number;
  /** Each is ε/10. */
  readonly steps: number;
};

/** The name of an attack among a cell's values. */
export const nameOf = ({ epsilon, lambda, known }: Omit<AdaptiveRun, 'steps'>): string => `ε ${epsilon} λ ${lambda} known ${known}`; // prettier-ignore

/** Mirror images of each caption. */
const DRAWS = 4;

/** Success and AUROC of each attack: with one mirror image, with the best of four, and of each encoder alone. */
export async function adaptiveAttacks(
  world: World,
  runs: readonly AdaptiveRun[],
  targets: readonly number[],
  seed: number,
  signal: AbortSignal,
): Promise<Record<string, Json>> {
  const { victim, encoders, test } = world;
  const texts = targets.map((label) => SHAPES[label]!);
  const adapter = await prototypes(world.side, seed);
  const clean = await scored(world, test, seed, { draws: DRAWS, signal });
  const first = (all: readonly MirrorScore[]) => all.map(({ perDraw }) => perDraw[0]!);
  const best = (all: readonly MirrorScore[]) => all.map(({ perDraw }) => Math.max(...perDraw));
  const attacks: Record<string, Json> = {};
  for (const { epsilon, lambda, known, steps } of runs) {
    signal.throwIfAborted();
    const goal = { labels: targets, targeted: true };
    const attack = await adaptive(victim, test, goal, { epsilon, steps, lambda, encoders: encoders.slice(0, known), adapter, texts, signal }); // prettier-ignore
    const found = await scored(world, attack.images, seed, { draws: DRAWS, signal });
    const single = byEncoder(clean, encoders).map((scores, e) => auroc(scores, byEncoder(found, encoders)[e]!));
    attacks[nameOf({ epsilon, lambda, known })] = {
      success: attack.success.filter(Boolean).length / attack.success.length,
      auroc: auroc(first(clean), first(found)),
      'max of 4': auroc(best(clean), best(found)),
      single,
    };
  }
  return attacks;
}
