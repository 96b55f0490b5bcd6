/**
 * Matrix products on Float64 in WebAssembly SIMD: packed blocks and a register tile, after Goto and van de Geijn, "Anatomy
 * of high-performance matrix multiplication", ACM TOMS 34 (2008). assembly/gemm.ts has the inner loops.
 *
 * The block of A stays in the second-level cache, a strip of B in the first. Sums run over k in order in blocks of
 * `INNER`; the other two sizes cut rows and columns only and do not change a bit.
 */
import {
  addressOf,
  copy,
  refresh,
  refuseDetached,
  refuseOverlap,
  requireDoubles,
  requireNumber,
  requireSwitch,
  stagingArea,
} from './border.js';
import { requireOptions as checkNames } from './check.js';
import { blas, sizes, type Operand } from './engine-slot.js';
import { exports, packedColumns, packedRows, staging } from './wasm.js';

/** Rows of A, columns of B and terms of the sums in a block; assembly/scratch.ts has room for these. */
const ROWS = 120;
const COLUMNS = 512;
const INNER = 256;

/** How a matrix product is read and scaled. */
export interface GemmOptions {
  /** a holds Aᵀ, k × m. Default false: m × k. */
  readonly transposeA?: boolean;
  /** b holds Bᵀ, n × k. Default false: k × n. */
  readonly transposeB?: boolean;
  /** Factor of the product, any number, NaN and infinities included. Default 1; at 0 a and b are not read. */
  readonly alpha?: number;
  /** Factor of what is in c, any number. Default 0: c is overwritten, whatever it held, NaN included. */
  readonly beta?: number;
  /** Elements from one stored row of a to the next. Default: as many as a row has. */
  readonly lda?: number;
  /** Elements from one stored row of b to the next. Default: as many as a row has. */
  readonly ldb?: number;
  /** Elements from one row of c to the next. Default n. */
  readonly ldc?: number;
}

const DEFAULTS: GemmOptions = {};

/** The options of gemm, for `options` of check.ts. */
export const NAMES = { transposeA: 0, transposeB: 0, alpha: 0, beta: 0, lda: 0, ldb: 0, ldc: 0 };

/**
 * C ← αAB + βC with A of m × k, B of k × n and C of m × n, all flat and row-major.
 *
 * Arrays in kernel memory (`allocate`) are used where they lie; others are copied in blocks, which costs a tenth of the
 * time at 64 × 64 and less above, with the same bits as result. Below 8 × 8 a plain loop is as fast.
 * @param a A, or Aᵀ with `transposeA`
 * @param b B, or Bᵀ with `transposeB`
 * @param c must not overlap a or b
 * @returns c
 * @throws RangeError for sizes that are no integers from 0 on, for arrays of other lengths, and if c overlaps a or b
 * @throws TypeError for arrays of another kind, factors that are no numbers and switches that are neither true nor false
 * @example
 * gemm(rows, 10, 784, images, weights, scores); // scores = images · weights
 * gemm(784, 10, rows, images, errors, gradient, { transposeA: true, alpha: 1 / rows }); // imagesᵀ · errors / rows
 */
export function gemm(
  m: number,
  n: number,
  k: number,
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  options: GemmOptions = DEFAULTS,
): Float64Array {
  checkNames('gemm', options, NAMES);
  const { transposeA = false, transposeB = false, alpha = 1, beta = 0 } = options;
  checkHow(transposeA, transposeB, alpha, beta);
  checkSize('m', m);
  checkSize('n', n);
  checkSize('k', k);
  const lda = checkMatrix('a', a, transposeA ? k : m, transposeA ? m : k, 'lda', options.lda);
  const ldb = checkMatrix('b', b, transposeB ? n : k, transposeB ? k : n, 'ldb', options.ldb);
  const ldc = checkMatrix('c', c, m, n, 'ldc', options.ldc);
  refresh();
  const aAddress = addressOf(a);
  const bAddress = addressOf(b);
  const cAddress = addressOf(c);
  refuseOverlap('gemm', 'c', c, cAddress, 'a', a, aAddress);
  refuseOverlap('gemm', 'c', c, cAddress, 'b', b, bAddress);
  multiply(
    { rows: m, columns: n, terms: k, transposeA, transposeB, alpha, beta, lower: false },
    { array: a, address: aAddress, start: 0, ld: lda },
    { array: b, address: bAddress, start: 0, ld: ldb },
    { array: c, address: cAddress, start: 0, ld: ldc },
  );
  return c;
}

/** A matrix in an array. */
export interface Stored extends Operand {
  /** Of the array, by `addressOf`. */
  readonly address: number;
}

/** The part of a stored matrix that begins at (row, column). */
export function part(x: Stored, row: number, column: number): Stored {
  return { ...x, start: x.start + row * x.ld + column };
}

/** C ← αAB + βC of checked arrays; the elements of C must be none of A or B. */
export function multiply(
  product: {
    readonly rows: number;
    readonly columns: number;
    readonly terms: number;
    readonly transposeA: boolean;
    readonly transposeB: boolean;
    readonly alpha: number;
    readonly beta: number;
    /** Only blocks of C that reach below or onto its diagonal. */
    readonly lower: boolean;
  },
  a: Stored,
  b: Stored,
  c: Stored,
): void {
  const { rows: m, columns: n, terms: k, transposeA, transposeB, alpha, beta, lower } = product;
  if (k === 0 || alpha === 0) {
    scaleRows(m, n, beta, c);
    return;
  }
  if (blas !== null && !lower && m * n * k >= sizes.gemm) {
    blas.gemm(m, n, k, alpha, a, transposeA, b, transposeB, beta, c);
    return;
  }
  for (let column = 0; column < n; column += COLUMNS) {
    const columns = Math.min(COLUMNS, n - column);
    for (let inner = 0; inner < k; inner += INNER) {
      const terms = Math.min(INNER, k - inner);
      const factor = inner === 0 ? beta : 1;
      if (transposeB) {
        const from = place(b, column, inner, columns, terms);
        exports.packColumns(columns, terms, from, 8 * (b.address === 0 ? terms : b.ld), 8, packedColumns);
      } else {
        const from = place(b, inner, column, terms, columns);
        exports.packColumns(columns, terms, from, 8, 8 * (b.address === 0 ? columns : b.ld), packedColumns);
      }
      for (let row = 0; row < m; row += ROWS) {
        const rows = Math.min(ROWS, m - row);
        const width = lower ? Math.min(columns, row + rows - column) : columns;
        if (width <= 0) continue;
        if (transposeA) {
          const from = place(a, inner, row, terms, rows);
          exports.packRows(rows, terms, from, 8, 8 * (a.address === 0 ? rows : a.ld), packedRows);
        } else {
          const from = place(a, row, inner, rows, terms);
          exports.packRows(rows, terms, from, 8 * (a.address === 0 ? terms : a.ld), 8, packedRows);
        }
        // A copied block of C may take the place of those of A and B, which are packed. Factor 0 does not read it.
        const copied = c.address === 0 && factor === 0;
        const to = copied ? staging : place(c, row, column, rows, width);
        const step = 8 * (c.address === 0 ? width : c.ld);
        exports.multiplyPacked(rows, width, terms, alpha, packedRows, packedColumns, factor, to, step);
        if (c.address === 0) {
          for (let i = 0; i < rows; i++) {
            copy(width, stagingArea, i * width, c.array, c.start + (row + i) * c.ld + column);
          }
        }
      }
    }
  }
}

/** Address of a block of x: where it lies, or in the staging area that its rows are copied to, one behind the other. */
function place(x: Stored, row: number, column: number, rows: number, columns: number): number {
  const { array, address, ld } = x;
  const start = x.start + row * ld + column;
  if (address !== 0) return address + 8 * start;
  if (ld === columns) copy(rows * columns, array, start, stagingArea, 0);
  else for (let i = 0; i < rows; i++) copy(columns, array, start + i * ld, stagingArea, i * columns);
  return staging;
}

/** C ← βC. */
function scaleRows(m: number, n: number, beta: number, { array, start, ld }: Stored): void {
  for (let i = 0; i < m; i++) {
    const row = start + i * ld;
    for (let at = row; at < row + n; at++) array[at] = beta === 0 ? 0 : beta * array[at]!;
  }
}

/** Checks how a product is read and scaled. */
export function checkHow(transposeA: boolean, transposeB: boolean, alpha: number, beta: number): void {
  requireSwitch('gemm', 'transposeA', transposeA);
  requireSwitch('gemm', 'transposeB', transposeB);
  requireNumber('gemm', 'alpha', alpha);
  requireNumber('gemm', 'beta', beta);
}

/** Checks m, n or k. */
export function checkSize(option: string, size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new RangeError(
      `gemm: '${option}' is ${size}; must be an integer from 0 on. C is m × n, its sums have k terms.`,
    );
  }
}

/** Checks x against rows × columns as stored and returns its leading dimension. */
export function checkMatrix(
  option: string,
  x: Float64Array,
  rows: number,
  columns: number,
  ldOption: string,
  ld: number | undefined,
): number {
  requireDoubles('gemm', option, x);
  if (x.length === 0) refuseDetached('gemm', option, x);
  if (ld === undefined) {
    if (x.length !== rows * columns) {
      const advice =
        option === 'c'
          ? 'Give it a row for each row of A'
          : `Say transpose${option.toUpperCase()} if it is stored transposed`;
      throw new RangeError(
        `gemm: '${option}' is of length ${x.length}; must be ${rows} × ${columns} = ${rows * columns}. ${advice}, or ${ldOption} if its rows lie apart.`,
      );
    }
    return columns;
  }
  if (!Number.isSafeInteger(ld) || ld < Math.max(1, columns)) {
    throw new RangeError(
      `gemm: '${ldOption}' is ${ld}; must be an integer from ${Math.max(1, columns)} on, the length of a stored row of '${option}'.`,
    );
  }
  const needed = rows === 0 || columns === 0 ? 0 : (rows - 1) * ld + columns;
  if (x.length < needed) {
    throw new RangeError(
      `gemm: '${option}' is of length ${x.length}; must be at least ${needed}: ${rows} rows of ${columns}, ${ld} apart.`,
    );
  }
  return ld;
}
