/**
 * Which weights are kept: one bit for each weight of each pruned tensor. A tensor that no mask mentions is kept whole.
 *
 * Masks are plain values: every function here returns a new one.
 */
import { stream } from '@assay-ml/numerics';
import { complaint, integer, requireOptions } from '@assay-ml/numerics/check';

/** The mask of one parameter. */
export interface MaskLayer {
  readonly name: string;
  readonly shape: readonly number[];
  /** Weight i, in row-major order, is kept if bit i % 8 of byte ⌊i/8⌋ is 1. Bits behind the last weight are 0. */
  readonly bits: Uint8Array;
  /** Number of ones in `bits`. */
  readonly kept: number;
}

/** Which weights of a model are kept. */
export interface Mask {
  readonly layers: readonly MaskLayer[];
}

/** @throws TypeError unless it has layers, as masks do */
export function requireMask(where: string, mask: Mask): void {
  if (Array.isArray((mask as Partial<Mask> | null)?.layers)) return;
  throw new TypeError(complaint(where, 'mask', mask, 'a mask', 'prune(), select() and decodeMask() give one.'));
}

/** One row of {@link densities}. */
export interface Density {
  readonly name: string;
  readonly shape: readonly number[];
  readonly kept: number;
  readonly count: number;
  /** kept / count. */
  readonly density: number;
}

/** Number of weights of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) ones++;
  return ones;
});

/** A layer from its bits, counted. */
export function maskLayer(name: string, shape: readonly number[], bits: Uint8Array): MaskLayer {
  let kept = 0;
  for (let byte = 0; byte < bits.length; byte++) kept += ONES[bits[byte]!]!;
  return { name, shape, bits, kept };
}

/**
 * The mask that keeps what `keep` says.
 * @param layers name and shape of each tensor
 * @param keep whether weight `index` (row-major) of layer `layer` stays
 */
export function maskOf(
  layers: readonly { readonly name: string; readonly shape: readonly number[] }[],
  keep: (layer: number, index: number) => boolean,
): Mask {
  return {
    layers: layers.map(({ name, shape }, layer) => {
      const count = sizeOf(shape);
      const bits = new Uint8Array(Math.ceil(count / 8));
      for (let i = 0; i < count; i++) if (keep(layer, i)) bits[i >> 3]! |= 1 << (i & 7);
      return maskLayer(name, shape, bits);
    }),
  };
}

/** Whether weight `index` (row-major) of a layer is kept. */
export function isKept({ bits }: MaskLayer, index: number): boolean {
  return ((bits[index >> 3]! >> (index & 7)) & 1) === 1;
}

/** A layer as numbers, 1 for a kept weight and 0 for another: what weights are multiplied by. */
export function maskValues({ bits, shape }: MaskLayer): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = (bits[i >> 3]! >> (i & 7)) & 1;
  return values;
}

/** Kept weights of each layer, in order. */
export function densities(mask: Mask): Density[] {
  return mask.layers.map(({ name, shape, kept }) => {
    const count = sizeOf(shape);
    return { name, shape, kept, count, density: kept / count };
  });
}

/** Kept and all weights of a mask, and the fraction that is removed. */
export function totals(mask: Mask): { kept: number; count: number; sparsity: number } {
  let kept = 0;
  let count = 0;
  for (const layer of densities(mask)) {
    kept += layer.kept;
    count += layer.count;
  }
  return { kept, count, sparsity: 1 - kept / count };
}

/**
 * What a mask says that keeps nothing of a layer: what comes after that layer no longer depends on it. Of layers that keep
 * little `densities` tells, and `effectiveMask` what still lies on a path from input to output.
 * @returns one sentence for each layer without a weight, none if all have some
 */
export function collapseWarnings(mask: Mask): string[] {
  return densities(mask)
    .filter(({ kept }) => kept === 0)
    .map(
      ({ name, count }) =>
        `layer '${name}' collapsed: none of its ${count} weights is kept, so nothing passes. Prune less, set minPerLayer, use scope 'layer', or warm up first.`,
    );
}

/**
 * Refuses a mask for tensors of other names or shapes.
 * @throws RangeError with a table of both
 */
export function requireLayout(
  where: string,
  mask: Mask,
  tensors: readonly { readonly name: string; readonly shape: readonly number[] }[],
): void {
  const given = new Map(tensors.map(({ name, shape }) => [name, `[${shape.join(', ')}]`]));
  const rows = mask.layers.map(
    ({ name, shape }) => [name, `[${shape.join(', ')}]`, given.get(name) ?? 'none'] as const,
  );
  if (rows.every(([, ours, theirs]) => ours === theirs)) return;
  const width = [0, 1].map((column) => Math.max(6, ...rows.map((row) => row[column]!.length)));
  const line = (a: string, b: string, c: string) => `  ${a.padEnd(width[0]!)}  ${b.padEnd(width[1]!)}  ${c}`;
  throw new RangeError(
    [
      `${where}: the mask is for another model; must have its names and shapes. Make a mask for this one.`,
      line('tensor', 'mask', 'model'),
      ...rows.map(([name, ours, theirs]) => line(name, ours, ours === theirs ? theirs : `${theirs}  ←`)),
    ].join('\n'),
  );
}

function combine(where: string, a: Mask, b: Mask, byte: (a: number, b: number) => number): Mask {
  requireMask(where, a);
  requireMask(where, b);
  requireLayout(where, a, b.layers);
  requireLayout(where, b, a.layers);
  const other = new Map(b.layers.map((layer) => [layer.name, layer.bits]));
  return {
    layers: a.layers.map(({ name, shape, bits }) => {
      const theirs = other.get(name)!;
      return maskLayer(name, shape, bits.map((value, i) => byte(value, theirs[i]!))); // prettier-ignore
    }),
  };
}

/** Keeps what both keep. @throws RangeError for masks of different models */
export function intersectMasks(a: Mask, b: Mask): Mask {
  return combine('intersectMasks', a, b, (x, y) => x & y);
}

/** Keeps what either keeps. @throws RangeError for masks of different models */
export function uniteMasks(a: Mask, b: Mask): Mask {
  return combine('uniteMasks', a, b, (x, y) => x | y);
}

/**
 * Weights that both keep, over weights that either keeps: 1 for equal masks, 0 for disjoint ones. Two empty masks are equal.
 * @throws RangeError for masks of different models
 */
export function jaccard(a: Mask, b: Mask): number {
  const union = totals(combine('jaccard', a, b, (x, y) => x | y)).kept;
  return union === 0 ? 1 : totals(combine('jaccard', a, b, (x, y) => x & y)).kept / union;
}

/**
 * A random mask that keeps as many weights of each layer: the baseline that tells whether a criterion chose weights, or
 * only how many of each layer. (Shuffling a mask within its layers and drawing a random one of the same densities are
 * the same thing.)
 * @param options settings
 * @param options.seed any safe integer ≥ 0; each layer has its own stream, keyed by its name
 * @throws RangeError for another seed
 */
export function shuffleMask(mask: Mask, options: { seed: number }): Mask {
  requireOptions<typeof options>('shuffleMask', options, { seed: 0 });
  requireMask('shuffleMask', mask);
  const { seed } = options;
  integer('shuffleMask', 'seed', seed, 0, 'Any of 0, 1, 2, … will do.');
  return {
    layers: mask.layers.map(({ name, shape, kept }) => {
      const bits = randomBits(sizeOf(shape), kept, seed, 'shuffleMask', name);
      return { name, shape, bits, kept };
    }),
  };
}

/** `kept` ones among `count` bits, each choice equally likely, from the stream of seed and names. */
function randomBits(count: number, kept: number, seed: number, ...names: string[]): Uint8Array {
  // Draw the fewer of kept and removed weights.
  const sparse = kept <= count / 2;
  const bits = new Uint8Array(Math.ceil(count / 8));
  if (!sparse) {
    bits.fill(255);
    if (count % 8 > 0) bits[bits.length - 1] = (1 << (count % 8)) - 1;
  }
  const drawn = new Uint32Array(sparse ? kept : count - kept);
  for (const i of stream(seed, ...names).choice(count, drawn)) bits[i >> 3]! ^= 1 << (i & 7);
  return bits;
}
