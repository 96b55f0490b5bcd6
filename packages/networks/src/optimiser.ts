/** What moves the weights: plain state, and two pure functions on it. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { complaint } from '@assay-ml/numerics/check';

import type { ParameterSpec } from './network.js';
import { sgd, type SgdOptions } from './sgd.js';

/** A parameter as optimisers are told of it. */
export type Trained = Pick<ParameterSpec, 'name' | 'role' | 'shape'>;

/**
 * An optimiser that steps on arrays: every method of `@assay-ml/frugal-opt` is one. Gradients are read from the backend for it and
 * weights are sent back.
 * @typeParam S its state: plain data whose leaves are numbers, texts and typed arrays
 */
export interface ArrayOptimiser<S> {
  /** Name and options, to tell states apart. */
  readonly tag: string;
  readonly values?: 'arrays';
  /** The state before the first step. */
  init(parameters: readonly Trained[], x: readonly Float32Array[]): S;
  /**
   * One step.
   * @param from weights and state
   * @param g gradients, of the weights' lengths
   * @param into where the result is written: `from` itself, in training
   */
  step(
    from: { readonly x: readonly Float32Array[]; readonly state: S },
    g: readonly Float32Array[],
    into: { readonly x: readonly Float32Array[]; readonly state: S },
  ): unknown;
}

/**
 * An optimiser that steps on tensors, within `tf.tidy`.
 * @typeParam S its state: plain data whose leaves are numbers, texts and tensors
 */
export interface TensorOptimiser<S> {
  /** Name and options, to tell states apart. */
  readonly tag: string;
  readonly values: 'tensors';
  /** The state before the first step. */
  init(parameters: readonly Trained[], x: readonly Tensor[]): S;
  /**
   * One step. It may change the tensors that it is given in place, and gives them back then; training owns them all.
   * @returns weights and state after it
   */
  step(
    from: { readonly x: readonly Tensor[]; readonly state: S },
    g: readonly Tensor[],
  ): { readonly x: readonly Tensor[]; readonly state: S };
}

/** An optimiser: what `train` takes. */
export type Optimiser<S> = ArrayOptimiser<S> | TensorOptimiser<S>;

/** The state of SGD: the velocity of each parameter. */
export type SgdMoments = { velocity: Tensor[] };

/** SGD with momentum and coupled weight decay, what `train` takes by default. */
export function sgdOptimiser(options: SgdOptions): TensorOptimiser<SgdMoments> {
  return {
    tag: 'sgd',
    values: 'tensors',
    init: (_, x) => ({ velocity: x.map((t) => tf.zerosLike(t)) }),
    step({ x, state }, g) {
      const { parameters, velocity } = sgd({ parameters: [...x], velocity: state.velocity }, g, options);
      return { x: parameters, state: { velocity } };
    },
  };
}

/** @throws TypeError for what is no optimiser */
export function checkOptimiser<S>(where: string, optimiser: Optimiser<S>): void {
  const parts: Partial<Optimiser<S>> | null = typeof optimiser === 'object' ? optimiser : null;
  if (typeof parts?.init === 'function' && typeof parts.step === 'function' && typeof parts.tag === 'string') return;
  throw new TypeError(complaint(where, 'optimiser', optimiser, 'an object with tag, init and step', 'Leave it out for SGD.')); // prettier-ignore
}
