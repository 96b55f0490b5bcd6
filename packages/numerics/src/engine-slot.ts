/** The library that large products go through, where `useEngine` has chosen one; the kernels of this package ask here. */

/** A matrix in an array: its first element and the elements from one row to the next. A vector is one row. */
export interface Operand {
  readonly array: Float64Array;
  readonly start: number;
  readonly ld: number;
}

/** A matrix of float32. */
export interface FloatOperand {
  /** What it lies in. */
  readonly array: Float32Array;
  /** Its first element. */
  readonly start: number;
  /** Elements from one stored row to the next. */
  readonly ld: number;
}

/**
 * A BLAS with LAPACK, on row-major matrices. Each function checks that sizes are integers from 1 on and that every operand
 * ends within its array, and throws where not: the library itself would end the process or compute nothing. `gemm` and
 * `sgemm`, which other packages call, too, also check switches, factors, and that C shares no element with A or B.
 */
export interface Blas {
  /** C ← αAB + βC with A of m × k and B of k × n, or their transposes. */
  gemm(
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: Operand,
    transposeA: boolean,
    b: Operand,
    transposeB: boolean,
    beta: number,
    c: Operand,
  ): void;
  /** C ← AB + βC in float32 with A of m × k and B of k × n, or their transposes. With β = 0 C is not read. */
  sgemm(
    m: number,
    n: number,
    k: number,
    a: FloatOperand,
    transposeA: boolean,
    b: FloatOperand,
    transposeB: boolean,
    beta: number,
    c: FloatOperand,
  ): void;
  /** y ← αAx + βy of a rows × columns matrix as stored, or αAᵀx + βy. */
  gemv(
    rows: number,
    columns: number,
    alpha: number,
    a: Operand,
    transpose: boolean,
    x: Operand,
    beta: number,
    y: Operand,
  ): void;
  /** y ← αAx + y, A symmetric, its lower triangle packed row by row. */
  spmv(d: number, alpha: number, a: Operand, x: Operand, y: Operand): void;
  /** The lower triangle of C ← αAAᵀ + βC with A of n × k, or αAᵀA + βC with A of k × n. */
  syrk(n: number, k: number, alpha: number, a: Operand, transpose: boolean, beta: number, c: Operand): void;
  /** B ← L⁻¹B, BL⁻¹ or with Lᵀ; B of n × m, with `right` m × n. */
  trsm(n: number, m: number, l: Operand, b: Operand, right: boolean, transpose: boolean): void;
  /** The lower triangle of A ← L, A = LLᵀ. Returns n, or the first row whose pivot is not positive. */
  cholesky(n: number, a: Operand): number;
  /** A ← A⁻¹. Returns log|det A|, −Infinity for a singular matrix. */
  invert(n: number, a: Operand): number;
  /** Eigenvalues of A, of its lower triangle, ascending; A ← its eigenvectors, row by row. Returns how much did not converge. */
  symmetricEigen(n: number, a: Operand, values: Operand): number;
  /** A = U diag(values) Vᵀ with A of m × n, U of m × r, Vᵀ of r × n; A is lost. Returns how much did not converge. */
  svd(m: number, n: number, a: Operand, values: Operand, u: Operand, vt: Operand): number;
}

/**
 * From which size on the library was faster than WebAssembly, one thread each; measured on kernels for AVX-512 and for
 * AVX2, the later of both. One table for all machines, so that which of the two computes depends on sizes alone.
 */
const LARGE = {
  /** m · n · k */
  gemm: 9 * 9 * 9,
  /** m · n · k */
  sgemm: 32 * 32 * 32,
  /** rows · columns */
  gemv: 64 ** 2,
  /** rows · columns, transposed */
  gemvTransposed: 128 ** 2,
  /** d */
  spmv: 512,
  /** n · n · k */
  syrk: 10 * 10 * 64,
  /** n */
  trsm: 64,
  /** n */
  cholesky: 16,
  /** n */
  invert: 100,
  /** n */
  symmetricEigen: 8,
  /** the smaller of m and n */
  svd: 8,
};

/** The library in use on this thread; null: all is computed in WebAssembly. */
export let blas: Blas | null = null;

/** The sizes from which on it computes. */
export let sizes: Readonly<typeof LARGE> = LARGE;

/** Puts a library into use for large sizes, or with null none. */
export function setBlas(to: Blas | null): void {
  blas = to;
}

/**
 * The library in use on this thread, or null, for packages that lay their matrices out for its products. Take it once and keep
 * it: what is laid out for it then goes through it to the end, whichever engine is chosen in between.
 */
export function products(): Products | null {
  return blas;
}

/** What {@link products} gives: matrix products of operands where they lie, without an allocation. */
export type Products = Pick<Blas, 'gemm' | 'sgemm'>;

/** What `run` returns when all of it is computed by that library, whatever its size, or with null in WebAssembly. */
export function through<T>(library: Blas | null, run: () => T): T {
  const before = { blas, sizes };
  blas = library;
  sizes = ALL;
  try {
    return run();
  } finally {
    ({ blas, sizes } = before);
  }
}

const ALL: typeof LARGE = {
  gemm: 1,
  sgemm: 1,
  gemv: 1,
  gemvTransposed: 1,
  spmv: 1,
  syrk: 1,
  trsm: 1,
  cholesky: 1,
  invert: 1,
  symmetricEigen: 1,
  svd: 1,
};
