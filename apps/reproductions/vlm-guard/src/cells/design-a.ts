/** The control: encoders that were trained as the victim was, on the same images. */
import type { CellContext, Json } from '@assay-ml/claims';
import { auroc } from '@assay-ml/numerics';
import { type BackendName, useBackend } from '@assay-ml/tensors';
import { type Images, pgd } from '@assay-ml/vlm-guard';
import { scored, scoresOf } from '../scores.js';
import { makeWorld, targetsOf, type WorldConfig } from '../world.js';

export type DesignAConfig = WorldConfig & { readonly epsilon: number; readonly steps: number };

export async function run(
  { epsilon, steps, ...config }: DesignAConfig,
  seed: number,
  context: CellContext,
): Promise<Record<string, Json>> {
  await useBackend(context.backend.name as BackendName);
  const { signal } = context;
  const world = await makeWorld(config, seed, signal);
  const { victim, test, labels, accuracy } = world;
  const goal = { labels: targetsOf(labels, seed), targeted: true };
  const attack = await pgd(victim, test, goal, { epsilon, steps, seed, signal });
  const scores = async (images: Images) => scoresOf(await scored(world, images, seed, { signal }));
  return {
    accuracy,
    success: attack.success.filter(Boolean).length / attack.success.length,
    auroc: auroc(await scores(test), await scores(attack.images)),
  };
}
