/** What equal scores leave open: which of them stay is then decided by the order of the weights alone. */
import type { LayerScores } from './layer-scores.js';
import { isKept, type Mask } from './mask.js';

/** Float32 rounds some scores of large models to one number: below this share of the kept it is no matter. */
const ROUNDING = 1e-3;

/**
 * What a mask says of which the scores do not decide: where the lowest score that stays is that of other weights, too, which
 * go. Dead layers are the usual cause: all their scores are 0.
 * @param scores the scores that the mask was chosen by
 * @param scope where weights competed: in the whole model, or each tensor for itself. Default `global`
 * @returns one sentence for each such choice that is more than float32's rounding, a thousandth of what stays
 */
export function tieWarnings(
  scores: readonly LayerScores[],
  mask: Mask,
  scope: 'global' | 'layer' | 'erk' = 'global',
): string[] {
  const all = scores.map((layer, l) => ({ layer, mask: mask.layers[l]! }));
  const pools = scope === 'global' ? [all] : all.map((own) => [own]);
  return pools.flatMap((pool) => {
    let [lowest, kept] = [Infinity, 0];
    for (const { layer, mask: own } of pool) {
      kept += own.kept;
      if (own.kept === 0) continue;
      layer.scores.forEach((score, i) => {
        if (score < lowest && isKept(own, i)) lowest = score;
      });
    }
    let [tied, stay] = [0, 0];
    for (const { layer, mask: own } of pool) {
      layer.scores.forEach((score, i) => {
        if (score !== lowest) return;
        tied++;
        if (isKept(own, i)) stay++;
      });
    }
    if (Math.min(stay, tied - stay) <= ROUNDING * kept) return [];
    const where = scope === 'global' ? '' : ` of '${pool[0]!.layer.name}'`;
    return [
      `the k-th score${where}, ${lowest}, is tied among ${tied} weights, of which the first ${stay} stay: their order decided, not the criterion. Look for dead layers, give more data, or take another criterion.`,
    ];
  });
}
