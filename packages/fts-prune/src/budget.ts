/**
 * A budget in place of a number of weights. FLOPs are those of one example in the prunable tensors, a multiplication and an
 * addition for each use of a kept weight. Bytes are those of a stored mask: one bit for each weight (or filter), and a
 * float32 for each kept weight.
 *
 * Weights are taken by score for cost until the next one does not fit: the usual greedy choice, whose total score is
 * within one weight's of the best.
 */
import { invalid, positive } from '@assay-ml/numerics/check';
import type { LayerScores } from './layer-scores.js';
import type { MaskLayer } from './mask.js';

/** What one kept unit of each tensor costs, and what is paid whatever is kept. */
interface Prices {
  readonly each: readonly number[];
  readonly fixed: number;
}

/** Prices in FLOPs; a unit of layer l has `sizes[l]` weights. @throws RangeError where `uses` is missing */
export function flopPrices(layers: readonly LayerScores[], sizes: readonly number[]): Prices {
  const each = layers.map(({ name, uses }, l) => {
    const todo = 'It is the number of output positions; prune() counts it where a product with the tensor runs.';
    return 2 * positive('select', `uses of '${name}'`, uses ?? NaN, todo) * sizes[l]!;
  });
  return { each, fixed: 0 };
}

/** Prices in bytes. */
export function bytePrices(layers: readonly LayerScores[], sizes: readonly number[]): Prices {
  const bitmask = layers.reduce((sum, { scores }) => sum + Math.ceil(scores.length / 8), 0);
  return { each: sizes.map((size) => 4 * size), fixed: bitmask };
}

/**
 * The most that the budget pays for.
 * @param keep the masks of the k best; those of a larger k contain them
 * @param least the smallest k that may be taken
 * @throws RangeError for a budget below the cost of `least`, or for negative scores where prices differ
 */
export function keepWithin(
  name: 'flops' | 'bytes',
  budget: number,
  { each, fixed }: Prices,
  layers: readonly LayerScores[],
  least: number,
  keep: (layers: readonly LayerScores[], k: number) => MaskLayer[],
): MaskLayer[] {
  if (new Set(each).size > 1) refuseNegative(name, layers);
  const worth = worthOf(layers, each);
  const cost = (kept: readonly MaskLayer[]) => kept.reduce((sum, layer, l) => sum + layer.kept * each[l]!, fixed);

  let best = keep(worth, least);
  if (cost(best) > budget) {
    throw invalid('select', name, budget, `at least ${cost(best)}, the cost of the ${least} best`, 'Give more.');
  }
  let [fits, tooMany] = [least, layers.reduce((sum, { scores }) => sum + scores.length, 0) + 1];
  while (tooMany - fits > 1) {
    const k = Math.floor((fits + tooMany) / 2);
    const kept = keep(worth, k);
    if (cost(kept) <= budget) [fits, best] = [k, kept];
    else tooMany = k;
  }
  return best;
}

/** Scores for cost: a unit of layer l costs `each[l]`. */
export function worthOf(layers: readonly LayerScores[], each: readonly number[]): LayerScores[] {
  const cheapest = Math.min(...each);
  return layers.map((layer, l) => {
    if (each[l] === cheapest) return layer;
    return { ...layer, scores: layer.scores.map((score) => score / (each[l]! / cheapest)) };
  });
}

/** A negative score for a high cost would look better than the same for a low one. */
function refuseNegative(name: string, layers: readonly LayerScores[]): void {
  for (const { name: tensor, scores } of layers) {
    const wrong = scores.findIndex((score) => score < 0);
    if (wrong < 0) continue;
    throw new RangeError(
      `select: 'scores of '${tensor}'' holds ${scores[wrong]} at weight ${wrong}; must be at least 0 for '${name}'. Take a criterion without a sign.`,
    );
  }
}
