/** What equal scores leave open: which of them stay is then decided by the order of the weights alone. */
import { invalid, options as checkOptions } from '@assay-ml/numerics/check';

import type { LayerScores } from './layer-scores.js';
import { axesOf } from './layout.js';
import { isKept, type Mask, sizeOf, requireMask } from './mask.js';
import { tiedGroups } from './pattern.js';
import { competing, SELECT_OPTIONS, type SelectOptions } from './select.js';

/** Float32 rounds some scores of large models to one number: below this share of the kept it is no matter. */
const ROUNDING = 1e-3;

const TODO = 'their order decided, not the criterion. Look for dead layers, give more data, or take another criterion.';

/**
 * What a mask says of which the scores do not decide: where the lowest score that stays is that of others, too, which go.
 * Dead layers are the usual cause: all their scores are 0. Of a mask with floors (`minPerLayer`) only ties at the lowest score
 * that stays are found.
 * @param scores the scores that the mask was chosen by
 * @param options what `select` was told: whether weights or filters competed, where, and for what cost. Default: weights, in
 * the whole model
 * @returns one sentence for each such choice that is more than float32's rounding, a thousandth of what stays
 * @throws RangeError for a mask with other tensors than the scores
 */
export function tieWarnings(scores: readonly LayerScores[], mask: Mask, options: SelectOptions = {}): string[] {
  requireMask('tieWarnings', mask);
  checkOptions<SelectOptions>('tieWarnings', options, SELECT_OPTIONS);
  const names = ({ name, shape }: { name: string; shape: readonly number[] }) => `${name} [${shape.join(', ')}]`;
  if (scores.map(names).join() !== mask.layers.map(names).join()) {
    throw invalid('tieWarnings', 'mask', mask.layers.map(names), 'for the tensors of the scores, in their order', 'select() gives it.'); // prettier-ignore
  }
  const { scope = 'global', pattern, filters, flops, bytes } = options;
  if (pattern !== undefined) {
    return scores.flatMap((layer, l) => {
      const { tied, groups } = tiedGroups(layer, mask.layers[l]!, pattern);
      if (tied <= ROUNDING * groups) return [];
      return [
        `scores at the cut of '${layer.name}' are tied in ${tied} of ${groups} groups, of which the first stay: ${TODO}`,
      ];
    });
  }
  const all = competing(scores, options).map((layer, l) => {
    const own = mask.layers[l]!;
    // A filter stays where its first weight does.
    const first = filters === undefined ? 1 : axesOf('tieWarnings', scores[l]!).inner;
    const kept = (own.kept * layer.scores.length) / sizeOf(own.shape);
    return { layer, kept, stays: (unit: number) => isKept(own, unit * first) };
  });
  const pools = scope === 'global' ? [all] : all.map((own) => [own]);
  const cost = flops === undefined && bytes === undefined ? '' : ' for its cost';
  return pools.flatMap((pool) => {
    let [lowest, total] = [Infinity, 0];
    for (const { layer, kept, stays } of pool) {
      total += kept;
      if (kept === 0) continue;
      layer.scores.forEach((score, unit) => {
        if (score < lowest && stays(unit)) lowest = score;
      });
    }
    let [tied, stay] = [0, 0];
    for (const { layer, stays } of pool) {
      layer.scores.forEach((score, unit) => {
        if (score !== lowest) return;
        tied++;
        if (stays(unit)) stay++;
      });
    }
    if (Math.min(stay, tied - stay) <= ROUNDING * total) return [];
    const where = scope === 'global' ? '' : ` of '${pool[0]!.layer.name}'`;
    const what = filters === undefined ? 'weights' : 'filters';
    return [`the k-th score${cost}${where}, ${lowest}, is tied among ${tied} ${what}, of which the first ${stay} stay: ${TODO}`]; // prettier-ignore
  });
}
