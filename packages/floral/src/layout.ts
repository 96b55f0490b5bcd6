/** Where the numbers of a model lie: its base in one flat array, all adaptors of all clusters in another. */
import { integer, invalid, oneOf, requireKeys, requireOptions } from '@assay-ml/numerics/check';
import { convolution, type ConvMethod } from './adaptors/convolution.js';
import { rankOf, type Rank, type RankRule } from './rank.js';

/** What a layer holds. Kernels are as in TensorFlow.js: [in, out], and [height, width, in, out] of convolutions. */
export type Layer =
  | { readonly kind: 'dense'; readonly name: string; readonly inputs: number; readonly outputs: number; readonly bias?: boolean }
  | {
      readonly kind: 'conv';
      readonly name: string;
      /** Height and width. */
      readonly kernel: readonly [number, number];
      readonly inputs: number;
      readonly outputs: number;
      readonly bias?: boolean;
    }
  | { readonly kind: 'embedding'; readonly name: string; readonly inputs: number; readonly outputs: number }
  /** Layer, group or batch norm: a gain and a shift a channel, where it has them, and running statistics that are averaged, or stay with the client. */
  | { readonly kind: 'norm'; readonly name: string; readonly outputs: number; readonly gain?: boolean; readonly bias?: boolean; readonly statistics?: 'shared' | 'private' }
  /** Of the base alone. */
  | { readonly kind: 'other'; readonly name: string; readonly shapes: readonly (readonly number[])[] }; // prettier-ignore

/** Which layers get adaptors. */
export interface AdaptorChoice {
  /** Dense layers. Default true. */
  readonly linear?: boolean;
  /** Convolutions. Default true. */
  readonly conv?: boolean;
  /** A full vector beside each adapted layer's bias. Default true. */
  readonly bias?: boolean;
  /** Gains and shifts of norms, as the paper's reparameterised form: statistics stay the base's. Default false, as published. */
  readonly norm?: boolean;
  /** Default false, as published. */
  readonly embedding?: boolean;
}

/** Options of `layoutOf`. */
export interface LayoutOptions {
  /** C, how many adaptors; 0 for a base alone. */
  readonly clusters: number;
  /** Default 0.1, a tenth of a kernel's numbers, as published. */
  readonly rank?: Rank;
  /** Default 'paper'. */
  readonly rankRule?: RankRule;
  /** Default 'balanced_2d', the paper's best. */
  readonly convMethod?: ConvMethod;
  readonly adaptors?: AdaptorChoice;
}

/** One variable of the base. */
export interface BaseBlock {
  readonly layer: number;
  readonly name: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly size: number;
  /** Whether it stays with the client under every method. */
  readonly private: boolean;
  /** Whether it is a running statistic, which no gradient moves. */
  readonly running: boolean;
}

/**
 * An adaptor of low rank, transposed: of cluster c the rows V_c [rank, inPlaces·inputs] and U_c [rank, outPlaces·outputs].
 * At each place of the kernel it adds Σ_j V_c[j, p]ᵀ U_c[j, q]; a dense layer has one place.
 */
export interface FactorBlock {
  readonly kind: 'factors';
  readonly target: BaseBlock;
  readonly rank: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly inPlaces: number;
  readonly outPlaces: number;
  /** [inPlaces·outPlaces] to which place of the kernel each pair belongs. */
  readonly places: Uint32Array;
  readonly v: Part;
  readonly u: Part;
  /** How V starts where it is drawn: 'uniform' in ±√(6/fan in), or 'normal'. */
  readonly draw: 'uniform' | 'normal';
}

/** An adaptor that is a whole vector. */
export interface VectorBlock {
  readonly kind: 'vector';
  readonly target: BaseBlock;
  readonly part: Part;
}

/** Numbers of all clusters, one cluster behind the other: those of cluster c from start + c·length. */
export interface Part {
  readonly start: number;
  readonly length: number;
}

/** Where everything lies. */
export interface Layout {
  readonly layers: readonly Layer[];
  readonly clusters: number;
  readonly base: readonly BaseBlock[];
  /** Numbers of the base. */
  readonly baseSize: number;
  readonly adaptors: readonly (FactorBlock | VectorBlock)[];
  /** Numbers of all adaptors of all clusters. */
  readonly adaptorSize: number;
  /** Every part of the adaptors, in order. */
  readonly parts: readonly Part[];
}

const NAMES = { clusters: 1, rank: 1, rankRule: 1, convMethod: 1, adaptors: 1 };
const CHOICES = { linear: 1, conv: 1, bias: 1, norm: 1, embedding: 1 };

/**
 * Lays out a model of these layers.
 * @throws RangeError for an option out of range, a size that is none, or clusters without a layer that takes an adaptor
 */
export function layoutOf(layers: readonly Layer[], options: LayoutOptions): Layout {
  requireOptions<LayoutOptions>('layoutOf', options, NAMES);
  const { clusters, rank = 0.1, rankRule = 'paper', convMethod = 'balanced_2d', adaptors: choice = {} } = options;
  integer('layoutOf', 'clusters', clusters, 0, 'It is C, how many adaptors are shared.');
  oneOf('layoutOf', 'rankRule', rankRule, ['paper', 'official']);
  requireOptions<AdaptorChoice>('layoutOf', choice, CHOICES, 'adaptors');
  const { linear = true, conv = true, bias = true, norm = false, embedding = false } = choice;
  const base: BaseBlock[] = [];
  const adaptors: (FactorBlock | VectorBlock)[] = [];
  const parts: Part[] = [];
  let [baseSize, adaptorSize] = [0, 0];
  const block = (layer: number, name: string, shape: readonly number[], stays = false, running = false): BaseBlock => {
    for (const side of shape) integer('layoutOf', `shape of ${name}`, side, 1);
    const size = shape.reduce((a, b) => a * b, 1);
    const added = { layer, name, shape, start: baseSize, size, private: stays, running };
    base.push(added);
    baseSize += size;
    return added;
  };
  const part = (length: number): Part => {
    const added = { start: adaptorSize, length };
    parts.push(added);
    adaptorSize += clusters * length;
    return added;
  };
  const factors = (
    target: BaseBlock,
    sides: { inputs: number; outputs: number; inPlaces: number; outPlaces: number; places: Uint32Array },
    draw: 'uniform' | 'normal' = 'uniform',
  ) => {
    const ofIn = sides.inPlaces * sides.inputs;
    const ofOut = sides.outPlaces * sides.outputs;
    const chosen =
      rankRule === 'official' && sides.places.length > 1
        ? rankOf(rank, 2 * sides.inputs, 2 * sides.outputs, 4 * sides.inputs * sides.outputs, 'layoutOf')
        : rankOf(rank, ofIn, ofOut, target.size, 'layoutOf');
    adaptors.push({ kind: 'factors', target, rank: chosen, ...sides, v: part(chosen * ofIn), u: part(chosen * ofOut), draw }); // prettier-ignore
  };
  const vector = (target: BaseBlock) => adaptors.push({ kind: 'vector', target, part: part(target.size) });
  layers.forEach((layer, i) => {
    switch (layer.kind) {
      case 'dense':
      case 'conv': {
        const { name, inputs, outputs } = layer;
        const shape = layer.kind === 'dense' ? [inputs, outputs] : [...layer.kernel, inputs, outputs];
        const kernel = block(i, `${name}/kernel`, shape);
        const shift = layer.bias === false ? null : block(i, `${name}/bias`, [outputs]);
        if (clusters === 0 || !(layer.kind === 'dense' ? linear : conv)) return;
        if (layer.kind === 'dense') {
          factors(kernel, { inputs, outputs, inPlaces: 1, outPlaces: 1, places: new Uint32Array(1) });
        } else factors(kernel, convolution(layer, convMethod));
        if (bias && shift) vector(shift);
        return;
      }
      case 'embedding': {
        const { name, inputs, outputs } = layer;
        const table = block(i, `${name}/embeddings`, [inputs, outputs]);
        if (clusters > 0 && embedding) {
          factors(table, { inputs, outputs, inPlaces: 1, outPlaces: 1, places: new Uint32Array(1) }, 'normal');
        }
        return;
      }
      case 'norm': {
        const { name, outputs, gain = true, bias: shift = true, statistics } = layer;
        const found = [...(gain ? ['gamma'] : []), ...(shift ? ['beta'] : [])].map((v) => block(i, `${name}/${v}`, [outputs])); // prettier-ignore
        if (clusters > 0 && norm) found.forEach(vector);
        if (statistics) ['moving_mean', 'moving_variance'].forEach((v) => block(i, `${name}/${v}`, [outputs], statistics === 'private', true)); // prettier-ignore
        return;
      }
      case 'other':
        layer.shapes.forEach((shape, k) => block(i, `${layer.name}/${k}`, shape));
    }
  });
  if (clusters > 0 && adaptors.length === 0) {
    throw invalid('layoutOf', 'adaptors', Object.entries({ linear, conv, bias, norm, embedding }).filter(([, on]) => on).map(([name]) => name), 'of a kind that a layer of the model has', 'No layer is left that an adaptor fits.'); // prettier-ignore
  }
  return { layers, clusters, base, baseSize, adaptors, adaptorSize, parts };
}

/** How much a layout adds to its base. */
export interface Stats {
  /** Numbers of the base. */
  readonly base: number;
  /** Numbers of one adaptor, biases among them. */
  readonly adaptor: number;
  /** Of all C adaptors, in per cent of the base. */
  readonly percent: number;
  /** Bytes that a client sends in a round, and receives, at 8 bytes a number; its router is never sent, C weights are. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/** Sizes of a layout. @throws TypeError for arguments of another kind */
export function stats(layout: Layout): Stats {
  requireKeys('stats', 'layout', layout, ['baseSize', 'adaptorSize', 'clusters'], 'layoutOf() makes one.');
  const { baseSize, adaptorSize, clusters } = layout;
  return {
    base: baseSize,
    adaptor: clusters === 0 ? 0 : adaptorSize / clusters,
    percent: (100 * adaptorSize) / baseSize,
    bytesUp: 8 * (baseSize + adaptorSize + clusters),
    bytesDown: 8 * (baseSize + adaptorSize),
  };
}
