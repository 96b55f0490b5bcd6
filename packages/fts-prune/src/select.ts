/**
 * From scores to a mask: the k largest, exactly k, ties in the order of the weights.
 *
 * A histogram over the upper half of an order-preserving integer image of the floats finds the bucket of the k-th
 * largest score, a second one over the lower half the score itself; a third pass writes the bits. O(n) time, and 256 kB
 * beside scores and mask, however many scores there are.
 */
import { integer, invalid, oneOf } from '@assay-ml/numerics/check';
import { sparsity as checkSparsity } from './check.js';
import { type Mask, type MaskLayer, maskLayer, sizeOf } from './mask.js';

/** Scores of one tensor; higher means keep. */
export interface LayerScores {
  readonly name: string;
  readonly shape: readonly number[];
  /** One for each weight, row-major. */
  readonly scores: Float32Array;
}

/** How many weights are kept, and where they compete. */
export interface SelectOptions {
  /** Fraction of all prunable weights to remove, from 0 to below 1. */
  readonly sparsity: number;
  /** Weights compete in the whole model (`global`, the paper's and the default) or in each tensor (`layer`). */
  readonly scope?: 'global' | 'layer';
  /** Weights that each tensor keeps at least (or all it has), taken from the same budget. Default 0: tensors may empty. */
  readonly minPerLayer?: number;
}

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
 * @param sizes number of weights of each tensor
 * @throws RangeError for a sparsity outside [0, 1), another scope, or a floor that is none or does not fit the budget
 */
export function requireSelectable(
  sizes: readonly number[],
  { sparsity, scope = 'global', minPerLayer = 0 }: SelectOptions,
): void {
  checkSparsity('select', sparsity);
  oneOf('select', 'scope', scope, ['global', 'layer']);
  integer('select', 'minPerLayer', minPerLayer, 0, 'Leave it out for no floor.');
  const count = sizes.reduce((sum, size) => sum + size, 0);
  const k = keptCount(count, sparsity);
  const reserved = sizes.reduce((sum, size) => sum + Math.min(minPerLayer, size), 0);
  if (scope === 'global' && reserved > k) {
    throw invalid('select', 'minPerLayer', minPerLayer, `small enough for the ${k} weights that stay of ${count}`, `The ${sizes.length} tensors would keep ${reserved}.`); // prettier-ignore
  }
}

/**
 * Keeps the weights with the largest scores: exactly {@link keptCount} of them; among equal scores the first, in the
 * order of layers and weights.
 * @throws RangeError for a sparsity outside [0, 1), a floor that does not fit the budget, no layers, scores that are not
 * finite (with the layer's name) or of another number than the shape says
 */
export function select(layers: readonly LayerScores[], options: SelectOptions): Mask {
  const { sparsity, scope = 'global', minPerLayer = 0 } = options;
  requireSelectable(
    layers.map(({ scores }) => scores.length),
    options,
  );
  if (layers.length === 0) {
    throw invalid('select', 'layers', [], 'at least one tensor', 'Check isPrunable: it leaves nothing to prune.');
  }
  for (const { name, shape, scores } of layers) {
    if (scores.length === sizeOf(shape)) continue;
    throw invalid('select', `scores of '${name}'`, scores, `${sizeOf(shape)} numbers`, 'Give one score a weight.');
  }

  const floor = ({ scores }: LayerScores) => Math.min(minPerLayer, scores.length);
  if (scope === 'layer') {
    return {
      layers: layers.flatMap((layer) =>
        keepLargest([layer], Math.max(floor(layer), keptCount(layer.scores.length, sparsity))),
      ),
    };
  }
  const count = layers.reduce((sum, { scores }) => sum + scores.length, 0);
  return { layers: keepLargestAbove(layers, keptCount(count, sparsity), floor) };
}

function refuseScores(layers: readonly LayerScores[]): never {
  const { name, scores } = layers.find((layer) => !layer.scores.every(Number.isFinite))!;
  const wrong = scores.findIndex((score) => !Number.isFinite(score));
  throw new RangeError(
    `select: 'scores of '${name}'' holds ${scores[wrong]} at weight ${wrong}; must be finite numbers. The loss or its gradient overflowed: check weights and data.`,
  );
}
