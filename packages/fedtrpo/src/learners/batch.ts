/** What a policy step learns from, and what comes of it. */
import type { Stream } from '@assay-ml/numerics';

/** Plain rows, trajectory after trajectory. */
export interface Batch {
  readonly rows: number;
  /** [rows × features] */
  readonly observations: Float64Array;
  /** [rows × actions] before they were squashed. */
  readonly actions: Float64Array;
  /** [rows] log π of them under the policy that took them. */
  readonly logDensities: Float64Array;
  /** [rows] */
  readonly advantages: Float64Array;
}

/** What became of a policy step. A type, so that it may be part of a `State`. */
export type StepReport = {
  readonly stepped: boolean;
  /** Why there was none; '' where there was. */
  readonly why: string;
  /** Mean KL(π_old ‖ π_new) over the batch. */
  readonly kl: number;
  /** By how much the surrogate −mean A π/π_old fell. */
  readonly improvement: number;
  /** Gradients and products with a curvature that were asked of the batch, and evaluations without one. */
  readonly gradients: number;
  readonly evaluations: number;
};

/** Why a batch that says nothing gives no step. */
export const NO_VARIANCE = 'the advantages do not vary';

/** No step. */
export const stayed = (why: string, gradients = 0, evaluations = 0): StepReport => ({ stepped: false, why, kl: 0, improvement: 0, gradients, evaluations }); // prettier-ignore

/** Rows of a batch, copied behind each other. */
export function takeRows(x: Float64Array, rows: Uint32Array, width: number): Float64Array {
  const out = new Float64Array(rows.length * width);
  for (let i = 0, to = 0; i < rows.length; i++) {
    const from = rows[i]! * width;
    for (let j = 0; j < width; j++) out[to++] = x[from + j]!;
  }
  return out;
}

/** A permutation of n rows in so many parts, as equal as can be. */
export function minibatchesOf(n: number, parts: number, draw: Stream): Uint32Array[] {
  const order = draw.permutation(new Uint32Array(n));
  const count = Math.min(n, parts);
  return Array.from({ length: count }, (_, k) => order.subarray(Math.floor((k * n) / count), Math.floor(((k + 1) * n) / count))); // prettier-ignore
}
