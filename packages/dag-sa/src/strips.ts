/**
 * Matrices as ψDAG's kernels have them (assembly/strips.ts): in strips of `columns`, a strip's rows one behind the other, their
 * number rounded up to fives, zeros in what is added. Both precisions fill two vectors with the row of a strip.
 */
import { allocate } from '@assay-ml/numerics';
import { memory } from '@assay-ml/numerics/memory';
import { KERNELS } from './kernels.wasm.js';

/** Numbers of the state: 8 bytes or 4. */
export type Precision = 'float64' | 'float32';

/** What the module exports for one precision; pointers are byte addresses, see assembly/strips.ts. */
interface Kernels {
  multiply(fives: number, terms: number, d: number, a: number, strips: number, w: number, out: number): void;
  spread(fives: number, terms: number, a: number, strips: number, r: number, rStride: number, out: number, outStride: number): void; // prettier-ignore
  move(bytes: number, s: number, t: number, x: number, g: number, sum: number): void;
  collect(bytes: number, x: number, g: number, next: number, sums: number): void;
  pack(b: number, d: number, padded: number, rows: number, index: number, mean: number, byRow: number, byVariable: number): void; // prettier-ignore
}

type Named<Bits extends 32 | 64> = { readonly [Name in keyof Kernels as `${Name}${Bits}`]: Kernels[Name] };

const bytes = Uint8Array.from(atob(KERNELS), (character) => character.charCodeAt(0));
const module = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as unknown as
  & Named<32>
  & Named<64>
  & { release(d: number, r: number, c: number, column: number, row: number, noSink: number, noSource: number, found: number): void }; // prettier-ignore

/** One vertex out of the projection's sums; see assembly/project.ts. */
export const { release } = module;

/** The kernels of each precision. */
export const kernels: Readonly<Record<Precision, Kernels>> = {
  float64: {
    multiply: module.multiply64,
    spread: module.spread64,
    move: module.move64,
    collect: module.collect64,
    pack: module.pack64,
  },
  float32: {
    multiply: module.multiply32,
    spread: module.spread32,
    move: module.move32,
    collect: module.collect32,
    pack: module.pack32,
  },
};

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
  readonly d: number;
  /** Columns of a strip: 4 of float64, 8 of float32. */
  readonly columns: number;
  /** Strips. */
  readonly strips: number;
  /** Rows of a strip, a multiple of 5. */
  readonly rows: number;
  /** Numbers in a strip. */
  readonly length: number;
}

/** The layout of d × d matrices. */
export function layout(d: number, precision: Precision): Layout {
  const columns = precision === 'float64' ? 4 : 8;
  const rows = Math.ceil(d / 5) * 5;
  return { d, columns, strips: Math.ceil(d / columns), rows, length: rows * columns };
}

/** Where entry (i, j) is. */
export function place({ columns, length }: Layout, i: number, j: number): number {
  const within = j % columns;
  return ((j - within) / columns) * length + i * columns + within;
}
