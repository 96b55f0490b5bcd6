/** What every method of this package is: plain state, and two pure functions on it. */

/** Values of a tensor, row-major. */
export type Numbers = Float32Array | Float64Array;

/** What numbers are kept in from step to step: as they are, or 16 bits (bf16) or 8 (a code) of them. */
export type Kept = Numbers | Uint16Array | Uint8Array;

/** Rows and columns of a tensor seen as a matrix. */
export type Matrix = readonly [rows: number, columns: number];

/** A tensor that is trained. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** As in `@assay-ml/networks`, `kernel`, `embedding`, …; without one the name and the shape tell. */
  readonly role?: string;
}

/** What is remembered of one tensor. */
export interface TensorState {
  /** Steps of the rule since the start, or since the last reset. */
  t: number;
  /** Refreshes of the subspace so far; with the seed it gives drawn indices again, which are therefore not stored. */
  refreshes: number;
  /** Number of the step before which the subspace is chosen anew. */
  next: number;
  /** Columns, rows, entries or directions that have state; 0 or 1 for a block. */
  count: number;
  /** Of the state-full rule; with int8 states codes and scales of each, one after the other. */
  moments: Kept[];
  /** What the projector stores: orthonormal directions, one after the other. */
  basis: Numbers[];
  /** Of the state-free rule, where it keeps a number. */
  extra: Numbers[];
  /** ‖P g‖²/‖g‖² in the last step; 1 for a tensor that is not projected. */
  energy: number;
  /** Refreshes that fell back to a random subspace: a singular Gram matrix, or a gradient of zeros. */
  fallbacks: number;
}

/** What a method remembers between steps; `structuredClone` copies it, and nothing is stored outside it. */
export interface State {
  /** The method that it belongs to. */
  readonly tag: string;
  /** The tensors that it belongs to. */
  readonly parameters: readonly Parameter[];
  /** Steps done. */
  step: number;
  /** T, the steps between refreshes, as of now. */
  period: number;
  /** Where the window of active blocks begins. */
  window: number;
  readonly tensors: TensorState[];
}

/** Tensors and state: what a step turns into another. */
export interface Point {
  readonly x: readonly Numbers[];
  readonly state: State;
}

/** An optimiser. */
export interface Method {
  /** Name and options, to tell states apart. */
  readonly tag: string;
  /**
   * The state before the first step; x is read for its lengths and its precision.
   * @throws RangeError for values of another length than their shape, or an option that does not fit a tensor
   */
  init(parameters: readonly Parameter[], x: readonly Numbers[]): State;
  /**
   * One step.
   * @param from where the step starts; not changed, unless it is also `into`
   * @param g gradients, of the tensors' lengths; null for a tensor that has none, which is then left as it is
   * @param into where the result is written; default a copy. Give `from` itself to step in place
   * @returns `into`
   * @throws RangeError for a gradient that is not finite or of another length, or a state of another method; nothing is changed
   */
  step(from: Point, g: readonly (Numbers | null)[], into?: Point): Point;
}

/** A copy that shares nothing. */
export function copyPoint({ x, state }: Point): Point {
  return { x: x.map((values) => values.slice()), state: structuredClone(state) };
}

/** Numbers of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** A tensor as a matrix: the last axis are its columns, so [k, k, in, out] is [k·k·in, out], and a vector is one row. */
export function matrixOf(shape: readonly number[]): Matrix {
  const columns = shape.at(-1) ?? 1;
  return [columns === 0 ? 0 : sizeOf(shape) / columns, columns];
}

/** Whether numbers are float32. */
export function isSingle(values: Numbers): values is Float32Array {
  return values instanceof Float32Array;
}

/** Zeros of the precision of `like`. */
export function zerosLike(like: Numbers, length: number): Numbers {
  return like instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
}
