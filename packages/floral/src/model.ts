/** What the method needs of a model: values and pulled-back gradients, with the mixture inside. */
import type { Layout } from './layout.js';

/** Parameters of one forward pass. Left out adaptors: the base alone. */
export interface Weights {
  readonly base: Float64Array;
  readonly adaptors: Float64Array | null;
  /** [C] weights of the adaptors. */
  readonly pi: Float64Array | null;
}

/** Where gradients are added. */
export interface Gradients {
  readonly base: Float64Array;
  readonly adaptors: Float64Array;
  readonly pi: Float64Array;
}

/** A model with its layout. Tapes are numbers from 0 on: what one forward pass keeps for its backward pass. */
export interface Model {
  readonly layout: Layout;
  /** Numbers of an example, and of its output. */
  readonly inputs: number;
  readonly outputs: number;
  /** The base at the start; every `member` of an ensemble has its own. */
  start(seed: number, member?: number): Float64Array;
  /**
   * Outputs of the examples `rows` of `x` [N, inputs].
   * @returns [rows.length, outputs], valid until the tape is used again
   */
  forward(tape: number, weights: Weights, x: Float64Array, rows: Uint32Array): Float64Array;
  /** Adds the gradients of the last forward pass of a tape to `into`. */
  backward(tape: number, weights: Weights, ofOutputs: Float64Array, into: Gradients): void;
}
