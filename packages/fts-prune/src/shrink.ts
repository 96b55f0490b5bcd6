/**
 * The model without its dead filters: fewer channels, the same outputs.
 *
 * A channel is constant if no kept weight leads to it from the input. It can go where what it adds to each reader is the same
 * at all positions, and so fits into the reader's bias: where it is 0, or the reader is a dense layer or a convolution that
 * does not pad. A channel is unread if no kept weight leads from it to the output; it can always go. Channels that operations
 * other than products mix or sum go together or not at all (`channels.ts`).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Network, Weights } from '@assay-ml/networks';
import { complaint, invalid } from '@assay-ml/numerics/check';

import { masked } from './apply.js';
import { type Channels, channels, type Group, type Product } from './channels.js';
import { fromLayers, isLayersModel, namedWeights } from './from-layers.js';
import { fromNetwork } from './from-network.js';
import { isKept, type Mask, maskOf, requireLayout, sizeOf, requireMask } from './mask.js';
import type { Model } from './model.js';

/** What went, for people and logs; plain JSON. */
export interface ShrinkReport {
  /** Parameters of the whole model. */
  readonly before: number;
  readonly after: number;
  /** Outputs of each kernel that the model multiplies by. */
  readonly layers: readonly { readonly name: string; readonly before: number; readonly after: number }[];
  /** Filters that compute a constant or that nothing reads, and yet stay; empty if there are none. */
  readonly left: readonly { readonly name: string; readonly filters: number; readonly why: string }[];
}

/** A tensor's numbers. */
interface Piece {
  readonly shape: number[];
  readonly values: Float32Array;
}

/** What is left of a model's tensors. */
interface Shrunk {
  readonly parameters: readonly Piece[];
  readonly buffers: readonly Piece[];
  readonly products: readonly Product[];
  /** For what is left of the pruned tensors. */
  readonly mask: Mask;
  readonly report: ShrinkReport;
}

/**
 * A network of `@assay-ml/networks` without its dead filters, whose outputs in eval mode are the same but for rounding. It
 * trains, saves and loads as any other; `initialise` would draw for the fewer inputs that are left.
 * @param weights pruned or not: the mask is applied to what is computed here; these tensors stay as they are
 * @returns network, weights (the caller's to dispose of), the mask for what is left, and what went
 * @throws RangeError for a mask of another model or other numbers of tensors
 */
export async function shrinkNetwork(
  network: Network,
  weights: Weights,
  mask: Mask,
): Promise<{ network: Network; weights: Weights; mask: Mask; report: ShrinkReport }> {
  const shrunk = await shrink('shrinkNetwork', fromNetwork(network, weights), mask);
  const fanIn = (shape: readonly number[]) => sizeOf(shape) / shape.at(-1)!;
  const kernelOfBias = new Map(shrunk.products.map(({ bias, kernel }) => [bias, kernel]));
  const parameters = network.parameters.map((spec, i) => {
    const { shape } = shrunk.parameters[i]!;
    const kernel = shape.length > 1 ? i : kernelOfBias.get(i);
    return { ...spec, shape, fanIn: kernel === undefined ? spec.fanIn : fanIn(shrunk.parameters[kernel]!.shape) };
  });
  const tensors = (pieces: readonly Piece[]) => pieces.map(({ values, shape }) => tf.tensor(values, shape));
  return {
    // Its forward pass takes tensors of any widths that fit each other.
    network: { ...network, parameters, buffers: network.buffers.map((spec, i) => ({ ...spec, shape: shrunk.buffers[i]!.shape })) }, // prettier-ignore
    weights: { parameters: tensors(shrunk.parameters), buffers: tensors(shrunk.buffers) },
    mask: shrunk.mask,
    report: shrunk.report,
  };
}

/** Layers whose other sides follow from their inputs when a model is built anew. */
const LAYERS = [
  'InputLayer', 'Dense', 'Conv2D', 'BatchNormalization', 'Activation', 'ReLU', 'LeakyReLU', 'ELU', 'Softmax', 'Dropout',
  'MaxPooling2D', 'AveragePooling2D', 'GlobalAveragePooling2D', 'GlobalMaxPooling2D', 'Flatten', 'ZeroPadding2D', 'Add',
]; // prettier-ignore

/**
 * A `tf.LayersModel` without its dead filters, whose predictions are the same but for rounding. It is a new model, not compiled.
 * @param model stays as it is; dense layers, 2D convolutions, batch norm, activations, pools, sums
 * @returns model, the mask for what is left, and what went
 * @throws RangeError for another kind of layer, or a mask of another model
 */
export async function shrinkLayers(
  model: LayersModel,
  mask: Mask,
): Promise<{ model: LayersModel; mask: Mask; report: ShrinkReport }> {
  if (!isLayersModel(model)) throw new TypeError(complaint('shrinkLayers', 'model', model, 'a tf.LayersModel', 'Networks go through shrinkNetwork().')); // prettier-ignore
  for (const layer of model.layers) {
    const kind = layer.getClassName();
    if (!LAYERS.includes(kind)) throw invalid('shrinkLayers', layer.name, kind, `one of ${LAYERS.join(', ')}`, 'Prune without shrinking.'); // prettier-ignore
  }
  const { parameters, buffers, mask: rest, report } = await shrink('shrinkLayers', fromLayers(model), mask);
  const named = namedWeights(model);
  const pieces = new Map([
    ...named.parameters.map((weight, i) => [weight.name, parameters[i]!] as const),
    ...named.buffers.map((weight, i) => [weight.name, buffers[i]!] as const),
  ]);
  const widths = new Map(model.layers.flatMap((layer) => layer.weights.slice(0, 1).map((kernel) => [layer.name, pieces.get(kernel.name)!.shape.at(-1)!] as const))); // prettier-ignore
  const json = model.toJSON(null, false) as unknown as { config: { layers: Layer[] } };
  const layers = json.config.layers.map(({ config, ...layer }) => {
    const width = widths.get(config.name);
    if (layer.class_name === 'Dense') return { ...layer, config: { ...config, units: width } };
    if (layer.class_name === 'Conv2D') return { ...layer, config: { ...config, filters: width } };
    return { ...layer, config };
  });
  const { models } = await import('@tensorflow/tfjs-layers');
  const smaller = await models.modelFromJSON({ ...json, config: { ...json.config, layers } } as never);
  tf.tidy(() => smaller.setWeights(model.weights.map(({ name }) => {
    const { values, shape } = pieces.get(name)!;
    return tf.tensor(values, shape);
  }))); // prettier-ignore
  return { model: smaller, mask: rest, report };
}

interface Layer {
  readonly class_name: string;
  readonly config: { readonly name: string };
}

async function shrink(where: string, model: Model, mask: Mask): Promise<Shrunk> {
  requireMask(where, mask);
  requireLayout(where, mask, model.parameters);
  const values = tf.tidy(() => masked(model, model.values(), mask));
  try {
    const found = await channels(where, model, values);
    const read = (tensors: readonly tf.Tensor[]): Promise<Piece[]> =>
      Promise.all(tensors.map(async (tensor) => ({ shape: tensor.shape, values: await tensor.data<'float32'>() })));
    return cut(model, mask, found, await read(values.parameters), await read(values.buffers));
  } finally {
    tf.dispose(values);
  }
}

/** A flag for each channel of each group. */
type Flags = readonly Uint8Array[];

function cut(
  model: Model,
  mask: Mask,
  found: Channels,
  parameters: readonly Piece[],
  buffers: readonly Piece[],
): Shrunk {
  const { products, groups } = found;
  const names = model.parameters.map(({ name }) => name);
  const { stays, folds, constant } = decide(found, edgesOf(mask, names, parameters, groups));

  // Groups of the last axes of each tensor.
  const productOf = new Map(products.map((product) => [product.kernel, product]));
  const axes = names.map((_, i) => {
    const product = productOf.get(i);
    return product === undefined ? [found.parameters[i] ?? null] : [product.inputs, product.outputs];
  });
  const kept = parameters.map(({ shape }, i) => indices(shape, axes[i]!, stays));
  const pick = (piece: Piece, places: Uint32Array, groupsOf: readonly (number | null)[]): Piece => ({
    shape: sides(piece.shape, groupsOf, stays),
    values: Float32Array.from(places, (place) => piece.values[place]!),
  });
  const biases = foldedBiases(found, parameters, folds);
  const left = parameters.map(({ shape, values }, i) => pick({ shape, values: biases.get(i) ?? values }, kept[i]!, axes[i]!)); // prettier-ignore
  const leftBuffers = buffers.map((buffer, i) => {
    const groupsOf = [found.buffers[i] ?? null];
    return pick(buffer, indices(buffer.shape, groupsOf, stays), groupsOf);
  });

  const places = mask.layers.map(({ name }) => names.indexOf(name));
  const count = (pieces: readonly Piece[]) => pieces.reduce((sum, { values }) => sum + values.length, 0);
  const kernels = [...productOf.values()];
  return {
    parameters: left,
    buffers: leftBuffers,
    products,
    mask: maskOf(
      places.map((index) => ({ name: names[index]!, shape: left[index]!.shape })),
      (layer, i) => isKept(mask.layers[layer]!, kept[places[layer]!]![i]!),
    ),
    report: {
      before: count(parameters),
      after: count(left),
      layers: kernels.map(({ kernel }) => ({
        name: names[kernel]!,
        before: parameters[kernel]!.shape.at(-1)!,
        after: left[kernel]!.shape.at(-1)!,
      })),
      left: kernels.flatMap(({ kernel, outputs }) => {
        const filters = stays[outputs]!.reduce((sum, flag, c) => sum + flag * constant[outputs]![c]!, 0);
        return filters === 0 ? [] : [{ name: names[kernel]!, filters, why: 'constant, but the next layer pads it, has no bias to take it, or would be left without inputs' }]; // prettier-ignore
      }),
    },
  };
}

/** Calls `f` for each weight of a product's kernel that the mask keeps. */
type Edges = (product: Product, f: (input: number, output: number, weight: number) => void) => void;

function edgesOf(mask: Mask, names: readonly string[], parameters: readonly Piece[], groups: readonly Group[]): Edges {
  const layers = new Map(mask.layers.map((layer) => [layer.name, layer]));
  return ({ kernel, inputs }, f) => {
    const { shape, values } = parameters[kernel]!;
    const [rows, columns] = shape.slice(-2) as [number, number];
    const layer = layers.get(names[kernel]!);
    for (let i = 0; i < values.length; i++) {
      if (layer === undefined || isKept(layer, i)) f((Math.floor(i / columns) % rows) % groups[inputs]!.size, i % columns, i); // prettier-ignore
    }
  };
}

/** Which channels stay, which of the others are constants that go into biases, and which are constant at all. */
function decide({ products, groups }: Channels, edges: Edges): { stays: Flags; folds: Flags; constant: Flags } {
  const flags = (f: (group: number, channel: number) => boolean): Uint8Array[] =>
    groups.map(({ size }, group) => Uint8Array.from({ length: size }, (_, channel) => Number(f(group, channel))));
  const pinned = (g: number) => groups[g]!.pinned !== null;

  const live = flags(pinned);
  spread(live, products, (product) => {
    edges(product, (i, o) => {
      if (live[product.inputs]![i]) live[product.outputs]![o] = 1;
    });
  });
  const constant = flags((g, c) => !live[g]![c]);
  const folds = flags((g, c) => {
    const readers = products.filter(({ inputs }) => inputs === g);
    return constant[g]![c] === 1 && readers.every((reader) => foldable(reader, groups[g]!.size, c));
  });
  const roots = flags(pinned);
  for (;;) {
    const needed = roots.map((group) => group.slice());
    spread(needed, products, (product) => {
      edges(product, (i, o) => {
        if (needed[product.outputs]![o] && !folds[product.outputs]![o]) needed[product.inputs]![i] = 1;
      });
    });
    const stays = flags((g, c) => needed[g]![c] === 1 && !folds[g]![c]);
    const empty = stays.findIndex((group) => !group.includes(1));
    if (empty < 0) return { stays, folds, constant };
    // No layer is left without outputs, and what its one output is made of stays as well.
    roots[empty]![0] = 1;
    folds[empty]![0] = 0;
  }
}

/** Repeats `step` for all products until it sets no more flags. */
function spread(flags: Flags, products: readonly Product[], step: (product: Product) => void): void {
  const total = () => flags.reduce((sum, group) => sum + group.reduce((ones, flag) => ones + flag, 0), 0);
  for (let before = -1; before < total();) {
    before = total();
    products.forEach(step);
  }
}

/** Whether a constant channel adds the same to a product's output at all positions, and a bias takes it. */
function foldable({ sample, padded, bias, width }: Product, size: number, channel: number): boolean {
  let [zero, uniform] = [true, true];
  for (let i = channel; i < sample.length; i += size) {
    if (sample[i] !== 0) zero = false;
    if (sample[i] !== sample[i % width]) uniform = false;
  }
  return zero || (uniform && !padded && bias !== null);
}

/** Biases with what removed constants added to their products. */
function foldedBiases(
  { products, groups }: Channels,
  parameters: readonly Piece[],
  folds: Flags,
): Map<number, Float32Array> {
  const biases = new Map<number, Float32Array>();
  for (const { kernel, inputs, bias, sample, width } of products) {
    if (bias === null) continue;
    const sums = Float64Array.from(parameters[bias]!.values);
    parameters[kernel]!.values.forEach((weight, i) => {
      const row = Math.floor(i / sums.length) % width;
      const channel = row % groups[inputs]!.size;
      if (folds[inputs]![channel]) sums[i % sums.length]! += weight * sample[row]!;
    });
    biases.set(bias, Float32Array.from(sums));
  }
  return biases;
}

/** Whether place `i` of an axis is kept. */
const staysAt = (stays: Flags, group: number | null, i: number) =>
  group === null || stays[group]![i % stays[group]!.length] === 1;

/** The shape of what is left; `groups` are those of the last axes. */
function sides(shape: readonly number[], groups: readonly (number | null)[], stays: Flags): number[] {
  return shape.map((side, axis) => {
    const group = groups[axis - (shape.length - groups.length)] ?? null;
    let left = 0;
    for (let i = 0; i < side; i++) if (staysAt(stays, group, i)) left++;
    return left;
  });
}

/** Places, in row-major order, of what is left. */
function indices(shape: readonly number[], groups: readonly (number | null)[], stays: Flags): Uint32Array {
  const last = shape.slice(shape.length - groups.length);
  const places: number[] = [];
  for (let i = 0; i < sizeOf(shape); i++) {
    let rest = i;
    let all = true;
    for (let axis = last.length - 1; axis >= 0; axis--) {
      all &&= staysAt(stays, groups[axis]!, rest % last[axis]!);
      rest = Math.floor(rest / last[axis]!);
    }
    if (all) places.push(i);
  }
  return Uint32Array.from(places);
}
