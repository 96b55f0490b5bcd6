/** What scoring needs of a model, whoever made it. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Role as NetworkRole, Weights } from '@assay-ml/networks';

import type { Batch } from './batch.js';
import type { Layout } from './layout.js';

/** What a parameter is for; `other` is everything that a network of ours does not have, such as an embedding. */
export type Role = NetworkRole | 'other';

/** One trainable tensor. */
export interface Parameter {
  readonly name: string;
  readonly role: Role;
  readonly shape: readonly number[];
  /** How its axes are read. Default: outputs last, as networks of ours have them; null where it is not known. */
  readonly layout?: Layout | null;
  /** False for one that is frozen: it is not scored, and a mask that has it still holds. Default true. */
  readonly trainable?: boolean;
}

/** One tensor that training changes without a gradient. */
export interface Buffer {
  readonly name: string;
  readonly kind: 'mean' | 'variance' | 'other';
}

/** The tensors of a model, in the order of its `parameters` and `buffers`: what networks call their weights. */
export type Values = Weights;

/** A model as scoring sees it: named tensors and a pure forward pass in eval mode. */
export interface Model {
  readonly name: string;
  /** Shape of one input, without the batch; null for a side that may vary. */
  readonly inputShape: readonly (number | null)[];
  /** Number of logits of an output; null where outputs are no logits, so that the user has to bring a loss. */
  readonly classes: number | null;
  readonly parameters: readonly Parameter[];
  readonly buffers: readonly Buffer[];
  /** What could not be told of it, for reports. Default: nothing. */
  readonly warnings?: readonly string[];
  /** The tensors as they are now; they stay the model's. */
  values(): Values;
  /** Replaces the tensors by copies of these. */
  write(values: Values): void;
  /**
   * Outputs of a batch in eval mode, with these tensors in place of the model's own: logits where the model ends in a
   * softmax.
   */
  forward(values: Values, x: Tensor): Tensor;
  /** Renews the buffers by forward passes in train mode, parameters as they are. */
  updateStatistics(batches: () => AsyncIterable<Batch>, passes: number): Promise<void>;
  /** Trains all weights in the model's own way, where it has one. */
  train?(batches: () => AsyncIterable<Batch>, epochs: number): Promise<void>;
}

/** Decides which parameters are pruned. */
export type IsPrunable = (parameter: Parameter) => boolean;

/** The default prunable set: kernels of convolutions and hidden dense layers. No bias, no norm, no classifier. */
export const kernels: IsPrunable = ({ role }) => role === 'kernel';

/**
 * The prunable set of the original code, which goes by names: kernels, and the scales of normalisations in shortcuts, as
 * these are not called `bn…` there.
 */
export const repoCompatible: IsPrunable = ({ role, name }) =>
  role === 'kernel' || (role === 'norm-scale' && name.includes('shortcut'));
