/** What the method needs of a model: values and pulled-back gradients, with the mixture inside. */
import type { Layout } from './layout.js';
import type { Moments } from './local-step.js';
import type { Loss } from './loss.js';
import type { Method, Training } from './method.js';
import type { Router } from './router.js';

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
  /**
   * The forward pass of a local step, where it is another: running statistics in `weights.base` become, in place, what they are
   * after this batch. Left out: `forward`.
   */
  step?(tape: number, weights: Weights, x: Float64Array, rows: Uint32Array): Float64Array;
  /** Adds the gradients of the last forward pass of a tape to `into`. */
  backward(tape: number, weights: Weights, ofOutputs: Float64Array, into: Gradients): void;
  /** The local steps of many clients at once; left out, a client at a time goes through `forward` and `backward`. */
  readonly cohort?: Cohort;
}

/** What the server averages: one client's part, or several added. */
export type Sums = {
  /** Whose updates are in it. */
  readonly clients: number[];
  /** Σ N. */
  weight: number;
  /** [C] Σ π_c N. */
  readonly weights: Float64Array;
  readonly base: Float64Array;
  /** With `product`: of each block whole kernels of all clusters, or vectors; else as the adaptors. */
  readonly adaptors: Float64Array;
};

/** A client in its local steps. */
export interface Member {
  readonly client: number;
  readonly data: ClientData;
  /** N. */
  readonly examples: number;
  /** What it has at hand: changed in place. */
  readonly local: Shared;
  /** [C], changed in place. */
  readonly theta: Float64Array;
  /** The base that it was sent. */
  readonly anchor: Float64Array;
  /** [N, C] how much each example counts for each model of an ensemble; null: 1 each, and outputs are mixed. */
  readonly shares: Float64Array | null;
  /** Changed in place. */
  readonly moments: Moments;
}

/** What a model does for many clients at once: to 1e-5 what it does for them one by one. */
export interface Cohort {
  /** The local steps of a round, in place on the members. */
  descend(round: Round, members: readonly Member[], proximal: number): void;
  /**
   * The same where of bases and shared adaptors nothing but the sums is asked for: added as `addUpdate` adds updates; θ and
   * adaptors that are private change in place, bases do not. Members may have one array in common.
   * @returns false where a sum is not finite; then nothing was added
   */
  add(round: Round, members: readonly Member[], proximal: number, sums: Sums): boolean;
  /** Losses of each example under each cluster alone, [N, C] a member. */
  losses(round: Round, members: readonly Member[]): Float64Array[];
}

/** A model with its loss. */
export interface Problem {
  readonly model: Model;
  readonly loss: Loss;
}

/** Examples of a client; all of one class are allowed. */
export interface ClientData {
  /** [N, inputs], flat. */
  readonly x: Float64Array;
  /** [N, outputs] of `squared`, [N] classes of `cross-entropy`. */
  readonly y: ArrayLike<number>;
}

/** What the server shares. */
export type Shared = {
  /** The base, [P], or the models of an ensemble, [C, P]. */
  readonly base: Float64Array;
  /** Of all clusters; empty where there are none. */
  readonly adaptors: Float64Array;
};

/** Everything a client's round depends on but its own data and state. */
export interface Round {
  readonly problem: Problem;
  readonly method: Method;
  readonly training: Training;
  readonly router: Router;
  readonly seed: number;
  readonly round: number;
}
