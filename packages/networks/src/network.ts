/**
 * What a network is here: plain lists of parameters and buffers, and a pure forward pass over them.
 *
 * Nothing hides inside: a caller holds the tensors, differentiates with respect to them, masks them, saves them.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Stream } from '@assay-ml/numerics';
import { complaint } from '@assay-ml/numerics/check';

import type { Scheme } from './scheme.js';

/**
 * What a parameter is for; it decides what is pruned, what decays, what an optimiser splits and how it is initialised.
 * `output` is the kernel from a decoder's last layer to the vocabulary.
 */
export type Role =
  'kernel' | 'bias' | 'norm-scale' | 'norm-offset' | 'classifier' | 'classifier-bias' | 'embedding' | 'output';

/** One trainable tensor. */
export interface ParameterSpec {
  /** Unique in its network, e.g. `conv1.kernel`. */
  readonly name: string;
  readonly role: Role;
  /** Kernels: [in, out] of a dense layer, [height, width, in, out] of a convolution. Embeddings: [number, width]. */
  readonly shape: readonly number[];
  /** Number of inputs that one output of its layer sums over, what PyTorch's default initialisation scales with. */
  readonly fanIn: number;
}

/** One tensor that training changes without a gradient: a running mean (0 at first) or variance (1 at first). */
export interface BufferSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: 0 | 1;
}

/** What a network that reads tokens expects and gives. */
export interface Tokens {
  /** Number of ids: 0 … vocabulary − 1. */
  readonly vocabulary: number;
  /** What has logits, and so what has a label: each position of a sequence, or the sequence as one. */
  readonly labels: 'position' | 'sequence';
}

/**
 * Takes the batch's own mean and (biased) variance for the buffers at `index` (mean) and `index + 1` (variance).
 * `count` is the number of values behind each of them, which the unbiased variance of a running buffer needs. The
 * tensors live until the pass ends: `tf.keep` what is used later.
 */
export type StatisticsSink = (index: number, mean: Tensor, variance: Tensor, count: number) => void;

/** Adds ((x·vᵀ) ∘ scale)·u to a product x·kernel, in two thin products: x [S, B, n], v [S, r, n], scale [S, 1, r], u [S, r, m]. */
export interface LowRank {
  readonly v: Tensor;
  readonly scale: Tensor;
  readonly u: Tensor;
}

/** An architecture. */
export interface Network {
  readonly name: string;
  /** Shape of one input, without the batch; of tokens, the longest sequence. */
  readonly inputShape: readonly number[];
  readonly classes: number;
  /** Inputs are int32 ids in sequences of up to `inputShape`. Left out: float32 numbers of that very shape. */
  readonly tokens?: Tokens;
  /** How it starts unless `initialise` is told otherwise. Left out: `pytorch`. */
  readonly scheme?: Scheme;
  readonly parameters: readonly ParameterSpec[];
  readonly buffers: readonly BufferSpec[];
  /**
   * Logits [B, classes] of a batch [B, ...inputShape]; of a network that labels positions, [B, T, classes] of [B, T].
   * @param parameters one tensor for each of `parameters`, in order
   * @param buffers one tensor for each of `buffers`, in order
   * @param sink train mode: normalise with the batch's statistics and hand them over. Left out: eval mode, running statistics
   * @param dropout what dropout layers draw from, one after the other; of where it stands depends what is dropped. Left out: nothing
   * @throws RangeError when the number of tensors or the shape of the batch does not fit; TypeError for tokens that are not int32
   */
  forward(
    parameters: readonly Tensor[],
    buffers: readonly Tensor[],
    x: Tensor,
    sink?: StatisticsSink,
    dropout?: Stream,
  ): Tensor;
  /**
   * The networks of S clients in batched products, each with parameters of its own; a network of dense layers has it.
   * @param parameters [S, …shape] for each of `parameters`, in order
   * @param x [S, B, ...inputShape]
   * @param lowRank what is added to the products with some kernels, by their places in `parameters`
   * @returns logits [S, B, classes]: of each client what `forward` gives
   * @throws RangeError when the number of tensors or a shape does not fit
   */
  cohort?(parameters: readonly Tensor[], x: Tensor, lowRank?: ReadonlyMap<number, LowRank>): Tensor;
}

/** @throws TypeError for what is no network */
export function checkNetwork(where: string, network: Network): void {
  const parts: Partial<Network> | null = typeof network === 'object' ? network : null;
  if (Array.isArray(parts?.parameters) && typeof parts.forward === 'function') return;
  throw new TypeError(complaint(where, 'network', network, 'a network', 'mlp(), resnetMini(), … make one.'));
}

/** The tensors of a network, in the order of its `parameters` and `buffers`. Release them with `tf.dispose(weights)`. */
export type Weights = {
  parameters: Tensor[];
  buffers: Tensor[];
};
