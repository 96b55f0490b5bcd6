/**
 * Matrices as ψDAG's kernels have them (assembly/strips.ts): in strips of `columns`, a strip's rows one behind the other, their
 * number rounded up to fives, zeros in what is added. Both precisions fill two vectors with the row of a strip.
 */
import { allocate } from '@assay-ml/numerics';

/** Numbers of the state: 8 bytes or 4. */
export type Precision = 'float64' | 'float32';

/** Variables above which numbers are float32 by default, as the spec recommends: a matrix of float64 takes 200 MB there. */
const LARGE = 5000;

/** The default for d variables. */
export function precisionFor(d: number): Precision {
  return d > LARGE ? 'float32' : 'float64';
}

/** Numbers in kernel memory, of either precision. */
export interface Vector {
  /** A live view, zeros at first. */
  readonly array: Float64Array | Float32Array;
  free(): void;
}

/** A vector of n zeros. */
export function vector(n: number, precision: Precision): Vector {
  const block = allocate(precision === 'float64' ? n : Math.ceil(n / 2));
  if (precision === 'float64') return block;
  let view = new Float32Array(0);
  return {
    get array() {
      // A detached view has length 0.
      const { buffer, byteOffset } = block.array;
      if (view.length === 0) view = new Float32Array(buffer, byteOffset, n);
      return view;
    },
    free: () => block.free(),
  };
}

/** Where the numbers of a d × d matrix lie in strips. */
export interface Layout {
  /** Columns of a strip: 4 of float64, 8 of float32; with a library some 128. */
  readonly columns: number;
  /** Strips. */
  readonly strips: number;
  /** Rows of a strip, a multiple of 5. */
  readonly rows: number;
  /** Numbers in a strip. */
  readonly length: number;
}

/** Columns of a strip that a library multiplies: with fewer its products are slower, more do not fit into the cache. */
const WIDE = 128;

/**
 * The layout of d × d matrices.
 * @param wide strips for products of a library: as few as 128 columns allow, and of equal widths
 */
export function layout(d: number, precision: Precision, wide = false): Layout {
  const columns = wide ? Math.ceil(d / Math.ceil(d / WIDE) / 8) * 8 : precision === 'float64' ? 4 : 8;
  const rows = Math.ceil(d / 5) * 5;
  return { columns, strips: Math.ceil(d / columns), rows, length: rows * columns };
}

/**
 * Renumbers a matrix: entry (i, j) becomes what entry (order[i], order[j]) was. Column by column: what is read of one lies in one strip,
 * which the second-level cache holds.
 * @param upper whether what is not above the diagonal becomes 0
 */
export function renumber(
  layout: Layout,
  order: Uint32Array,
  from: Float64Array | Float32Array,
  to: Float64Array | Float32Array,
  upper: boolean,
): void {
  const { columns } = layout;
  const rows = order.map((v) => v * columns);
  for (let j = 0; j < order.length; j++) {
    const at = place(layout, 0, j);
    const source = place(layout, 0, order[j]!);
    const beyond = upper ? j : rows.length;
    for (let i = 0; i < beyond; i++) to[at + i * columns] = from[source + rows[i]!]!;
    for (let i = beyond; i < rows.length; i++) to[at + i * columns] = 0;
  }
}

/** Rows of a matrix that are written together, as what is read of a strip then fills whole lines of the cache. */
const BLOCK = 16;

/** Writes factor times a matrix row by row, its k-th variable counted as order[k]: W[order[i]·d + order[j]]. */
export function unpack(
  { columns, length }: Layout,
  order: Uint32Array,
  from: Float64Array | Float32Array,
  factor: number,
  W: Float64Array,
): void {
  const d = order.length;
  for (let top = 0; top < d; top += BLOCK) {
    const bottom = Math.min(d, top + BLOCK);
    for (let left = 0, strip = 0; left < d; left += columns, strip += length) {
      const right = Math.min(d, left + columns);
      for (let i = top; i < bottom; i++) {
        const row = order[i]! * d;
        const at = strip + i * columns - left;
        for (let j = left; j < right; j++) W[row + order[j]!] = factor * from[at + j]!;
      }
    }
  }
}

/** Where entry (i, j) is. */
export function place({ columns, length }: Layout, i: number, j: number): number {
  const within = j % columns;
  return ((j - within) / columns) * length + i * columns + within;
}
