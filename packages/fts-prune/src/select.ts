/**
 * From scores to a mask: the k largest, exactly k, ties in the order of the weights.
 *
 * A histogram over the upper half of an order-preserving integer image of the floats finds the bucket of the k-th
 * largest score, a second one over the lower half the score itself; a third pass writes the bits. O(n) time, and 256 kB
 * beside scores and mask, however many scores there are.
 */
import { complaint, integer, invalid, oneOf, positive, requireOptions } from '@assay-ml/numerics/check';
import { bytePrices, flopPrices, keepWithin, worthOf } from './budget.js';
import { sparsity as checkSparsity } from './check.js';
import { erkCounts } from './erk.js';
import { type FilterScore, filterScores, wholeFilters } from './filters.js';
import type { LayerScores } from './layer-scores.js';
import { type LaidOut, unitsOf, weightsOfUnit } from './layout.js';
import { type Mask, type MaskLayer, maskLayer, sizeOf } from './mask.js';
import { keepPattern, parsePattern, type Pattern } from './pattern.js';

/** How many weights are kept, and where they compete. One of `sparsity`, `pattern`, `flops` and `bytes` says how many. */
export interface SelectOptions {
  /** Fraction of all prunable weights (or filters) to remove, from 0 to below 1. */
  readonly sparsity?: number;
  /** `N:M`, as `2:4`: of each M consecutive inputs of an output the N best stay. */
  readonly pattern?: Pattern;
  /** FLOPs of one example in the prunable tensors, 2 for each use of a kept weight; the most score for that stays. */
  readonly flops?: number;
  /** Bytes of the prunable tensors, a bit for each weight and 4 bytes for each kept one; the most score for that stays. */
  readonly bytes?: number;
  /**
   * Weights compete in the whole model (`global`, the paper's and the default) or in each tensor: as many of each (`layer`),
   * or as many as the Erdős–Rényi-Kernel rule says (`erk`).
   */
  readonly scope?: 'global' | 'layer' | 'erk';
  /** Weights (or filters) that each tensor keeps at least, or all it has, from the same budget. Default 0: tensors may empty. */
  readonly minPerLayer?: number;
  /**
   * Keep or remove whole filters (units of a dense layer), by the `sum` or `mean` of their scores. Default: single weights. The
   * kernel and the recurrent kernel of a layer choose each for itself: which units of an LSTM stay may differ between them.
   */
  readonly filters?: FilterScore;
}

/** Their names. */
export const SELECT_OPTIONS = { sparsity: 0, pattern: 0, flops: 0, bytes: 0, scope: 0, minPerLayer: 0, filters: 0 };

/**
 * Number of weights that stay: count − ⌊sparsity·count⌋, at least 1.
 *
 * The 1e-9 undoes binary rounding: (1 − 0.9)·10 is 0.999…8 in floating point, and 0.29·100 is 28.999…6.
 */
export function keptCount(count: number, sparsity: number): number {
  return Math.max(1, count - Math.floor(sparsity * count + 1e-9));
}

/** Signed integers in the order of the floats that have these bits; −0 and 0 are equal. */
function ordered(bits: number): number {
  const image = bits ^ ((bits >> 31) & 0x7fffffff);
  return image === -1 ? 0 : image;
}

/** Counts images by their upper 16 bits. */
function countUpper(words: Int32Array, counts: Uint32Array): void {
  for (let i = 0; i < words.length; i++) counts[(ordered(words[i]!) >> 16) + 32768]!++;
}

/** Counts the images whose upper 16 bits are `upper` by their lower 16 bits. */
function countLower(words: Int32Array, upper: number, counts: Uint32Array): void {
  for (let i = 0; i < words.length; i++) {
    const image = ordered(words[i]!);
    if (image >> 16 === upper) counts[image & 0xffff]!++;
  }
}

/** Sets the bits of all images above the threshold and of the first `ties` that equal it; returns the ties left. */
function mark(words: Int32Array, threshold: number, ties: number, bits: Uint8Array): number {
  for (let i = 0; i < words.length; i++) {
    const image = ordered(words[i]!);
    if (image > threshold || (image === threshold && ties-- > 0)) bits[i >> 3]! |= 1 << (i & 7);
  }
  return Math.max(0, ties);
}

/** Masks of the k largest scores of all layers together; among equal scores the first. */
function keepLargest(layers: readonly LayerScores[], k: number): MaskLayer[] {
  const words = layers.map(({ scores }) => new Int32Array(scores.buffer, scores.byteOffset, scores.length));
  const counts = new Uint32Array(65536);
  for (const layer of words) countUpper(layer, counts);
  // Infinity and NaN have the largest exponent, and with it the first and last buckets.
  if (counts.some((count, bucket) => count > 0 && (bucket < 0x80 || bucket >= 0xff80))) refuseScores(layers);
  let bucket = 65535;
  let ties = k;
  while (counts[bucket]! < ties) ties -= counts[bucket--]!;
  const upper = bucket - 32768;

  counts.fill(0);
  for (const layer of words) countLower(layer, upper, counts);
  let lower = 65535;
  while (counts[lower]! < ties) ties -= counts[lower--]!;

  const threshold = (upper << 16) | lower;
  return layers.map(({ name, shape }, i) => {
    const bits = new Uint8Array(Math.ceil(words[i]!.length / 8));
    ties = mark(words[i]!, threshold, ties, bits);
    return maskLayer(name, shape, bits);
  });
}

/** The k largest where some layers would keep fewer than their floor: these keep their floor, the others share the rest. */
function keepLargestAbove(
  layers: readonly LayerScores[],
  k: number,
  floor: (layer: LayerScores) => number,
): MaskLayer[] {
  const kept = keepLargest(layers, k);
  const low = layers.filter((layer, i) => kept[i]!.kept < floor(layer));
  if (low.length === 0) return kept;
  const fixed = new Map(low.map((layer) => [layer, keepLargest([layer], floor(layer))[0]!]));
  const rest = layers.filter((layer) => !fixed.has(layer));
  const budget = low.reduce((left, layer) => left - floor(layer), k);
  const others = rest.length === 0 ? [] : keepLargestAbove(rest, budget, floor);
  return layers.map((layer) => fixed.get(layer) ?? others[rest.indexOf(layer)]!);
}

/**
 * Checks what can be checked before there are scores.
 * @param tensors names, shapes and layouts
 * @throws RangeError for a sparsity outside [0, 1), another scope, a floor that is none or does not fit the budget, a pattern
 * that is none, a budget that is not above 0, or options that exclude each other
 */
export function requireSelectable(tensors: readonly LaidOut[], options: SelectOptions): void {
  const { sparsity, pattern, flops, bytes, scope = 'global', minPerLayer = 0, filters } = options;
  const [amount = 'sparsity', second] = Object.entries({ sparsity, pattern, flops, bytes }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (second !== undefined) {
    throw invalid('select', second, options[second as 'flops'], `left out beside '${amount}'`, 'One of them says how much stays.'); // prettier-ignore
  }
  if (amount === 'sparsity') checkSparsity('select', sparsity!);
  if (pattern !== undefined) parsePattern(pattern);
  if (flops !== undefined) positive('select', 'flops', flops);
  if (bytes !== undefined) positive('select', 'bytes', bytes);
  oneOf('select', 'scope', scope, ['global', 'layer', 'erk']);
  integer('select', 'minPerLayer', minPerLayer, 0, 'Leave it out for no floor.');
  if (filters !== undefined) oneOf('select', 'filters', filters, ['sum', 'mean']);

  if (scope !== 'global' && amount !== 'sparsity') {
    throw invalid('select', 'scope', scope, `'global' beside '${amount}'`, 'Leave it out.');
  }
  if (filters !== undefined && (pattern !== undefined || scope === 'erk')) {
    const other = pattern === undefined ? "scope 'erk'" : "'pattern'";
    throw invalid('select', 'filters', filters, `left out beside ${other}, which counts single weights`);
  }
  if (minPerLayer > 0 && pattern !== undefined) {
    throw invalid('select', 'minPerLayer', minPerLayer, "left out beside 'pattern', which empties no tensor");
  }
  // Layouts that are not known are refused before anything is scored.
  if (filters !== undefined || pattern !== undefined || scope === 'erk') tensors.forEach((tensor) => unitsOf('select', tensor)); // prettier-ignore
  if (amount !== 'sparsity' || scope === 'layer') return;
  const sizes = tensors.map((tensor) => (filters === undefined ? sizeOf(tensor.shape) : unitsOf('select', tensor)));
  const count = sizes.reduce((sum, size) => sum + size, 0);
  const k = keptCount(count, sparsity!);
  const reserved = sizes.reduce((sum, size) => sum + Math.min(minPerLayer, size), 0);
  if (reserved > k) {
    const what = filters === undefined ? 'weights' : 'filters';
    throw invalid('select', 'minPerLayer', minPerLayer, `small enough for the ${k} ${what} that stay of ${count}`, `The ${sizes.length} tensors would keep ${reserved}.`); // prettier-ignore
  }
}

/**
 * Keeps the weights with the largest scores: exactly {@link keptCount} of them, or as many as pattern or budget allow; among
 * equal scores the first, in the order of layers and weights: {@link tieWarnings} says where that decided.
 * @throws RangeError for options that `requireSelectable` refuses, a budget that does not pay for one weight and the floors, no
 * layers, scores that are not finite (with the layer's name) or of another number than the shape says, negative scores
 * where weights differ in cost
 */
export function select(layers: readonly LayerScores[], options: SelectOptions): Mask {
  requireOptions<SelectOptions>('select', options, SELECT_OPTIONS);
  if (!Array.isArray(layers)) throw new TypeError(complaint('select', 'layers', layers, 'scores of tensors', 'score() gives them as its layers.')); // prettier-ignore
  requireSelectable(layers, options);
  if (layers.length === 0) {
    throw invalid('select', 'layers', [], 'at least one tensor', 'Check isPrunable: it leaves nothing to prune.');
  }
  for (const { name, shape, scores } of layers) {
    if (scores.length === sizeOf(shape)) continue;
    throw invalid('select', `scores of '${name}'`, scores, `${sizeOf(shape)} numbers`, 'Give one score a weight.');
  }
  const { pattern, filters } = options;
  // What adds up or compares scores one by one meets NaN before the counting of floats does.
  const oneByOne = pattern !== undefined || filters !== undefined;
  if (oneByOne && layers.some(({ scores }) => !scores.every(Number.isFinite))) refuseScores(layers);
  if (pattern !== undefined) return { layers: layers.map((layer) => keepPattern(layer, pattern)) };
  const { units, sizes } = unitsToKeep(layers, filters);
  const kept = keepBest(units, options, sizes);
  return { layers: filters === undefined ? kept : kept.map((own, l) => wholeFilters(own, layers[l]!)) };
}

/** What competes, weights or filters: their scores, and how many weights each has. */
function unitsToKeep(layers: readonly LayerScores[], filters: FilterScore | undefined) {
  if (filters === undefined) return { units: layers, sizes: layers.map(() => 1) };
  return {
    units: layers.map((layer) => filterScores(layer, filters)),
    sizes: layers.map((layer) => weightsOfUnit('select', layer)),
  };
}

/** The scores as they compete: of filters where these are kept, and for cost where there is a budget. */
export function competing(
  layers: readonly LayerScores[],
  { filters, flops, bytes }: SelectOptions,
): readonly LayerScores[] {
  const { units, sizes } = unitsToKeep(layers, filters);
  if (flops === undefined && bytes === undefined) return units;
  return worthOf(units, (flops === undefined ? bytePrices : flopPrices)(units, sizes).each);
}

/** The best units, weights or filters; those of layer l have `sizes[l]` weights each. */
function keepBest(
  layers: readonly LayerScores[],
  { sparsity = 0, scope = 'global', minPerLayer = 0, flops, bytes }: SelectOptions,
  sizes: readonly number[],
): MaskLayer[] {
  const floor = ({ scores }: LayerScores) => Math.min(minPerLayer, scores.length);
  if (scope === 'layer') {
    return layers.flatMap((layer) =>
      keepLargest([layer], Math.max(floor(layer), keptCount(layer.scores.length, sparsity))),
    );
  }
  const k = keptCount(
    layers.reduce((sum, { scores }) => sum + scores.length, 0),
    sparsity,
  );
  if (scope === 'erk') {
    const counts = erkCounts(layers, k, layers.map(floor)); // prettier-ignore
    return layers.flatMap((layer, l) => keepLargest([layer], counts[l]!));
  }
  if (flops === undefined && bytes === undefined) return keepLargestAbove(layers, k, floor);
  // Floors bind whatever k is, so that the choice for a larger k contains that for a smaller one.
  const least = Math.max(1, layers.reduce((sum, layer) => sum + floor(layer), 0)); // prettier-ignore
  const keep = (priced: readonly LayerScores[], n: number) => keepLargestAbove(priced, n, floor);
  return flops === undefined
    ? keepWithin('bytes', bytes!, bytePrices(layers, sizes), layers, least, keep)
    : keepWithin('flops', flops, flopPrices(layers, sizes), layers, least, keep);
}

function refuseScores(layers: readonly LayerScores[]): never {
  const { name, scores } = layers.find((layer) => !layer.scores.every(Number.isFinite))!;
  const wrong = scores.findIndex((score) => !Number.isFinite(score));
  throw new RangeError(
    `select: 'scores of '${name}'' holds ${scores[wrong]} at weight ${wrong}; must be finite numbers. The loss or its gradient overflowed: check weights and data.`,
  );
}
