import type { Stream } from '@assay-ml/numerics';
import type { Matrix, Numbers } from '../method.js';

/** A subspace of one tensor. Both functions overwrite `out`. */
export interface Projection {
  /** Of the projected gradient. */
  readonly shape: Matrix;
  /** P g, of `shape`. */
  down(g: Numbers, out: Numbers): void;
  /** P⁻¹ p, of the tensor's shape: zero outside the subspace. */
  up(p: Numbers, out: Numbers): void;
  /** Where the subspace are whole columns (or rows) of the tensor seen as a matrix of `shape`, in ascending order: those. */
  readonly whole?: { readonly byRow: boolean; readonly shape: Matrix; readonly indices: Uint32Array };
}

/** What a refresh may use. */
interface Refresh {
  readonly matrix: Matrix;
  readonly count: number;
  readonly g: Numbers;
  /** A stream of this tensor's refresh. */
  readonly draw: Stream;
  /** The basis until now; empty the first time. */
  readonly basis: readonly Numbers[];
}

/** A choice of subspaces. */
export interface Projector {
  readonly name: string;
  /** Columns, rows, entries or directions at density rho; none is refused by the caller. */
  count(matrix: Matrix, rho: number): number;
  /** Of the projected gradient. */
  shape(matrix: Matrix, count: number): Matrix;
  /** Lengths of what is stored; indices are not. */
  stores(matrix: Matrix, count: number): readonly number[];
  /** A new basis, in float64; `fallback` where it had to be a random one. */
  refresh(at: Refresh): { readonly basis: readonly Float64Array[]; readonly fallback: boolean };
  /** Drawing its subspace again takes longer than a step, and what is drawn is small: it may be remembered within a period. */
  readonly small?: true;
  /** The subspace; `draw` is the stream that its refresh had. */
  of(matrix: Matrix, count: number, basis: readonly Numbers[], draw: Stream): Projection;
}

/** How fractions become counts: half up, or half to even as Python rounds. */
export type Rounding = (value: number) => number;

/** Python's `round`: half to even. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
