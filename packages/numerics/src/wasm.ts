/**
 * The one WebAssembly module and the one memory of this package.
 *
 * The module's bytes travel in the source as base64 text, and it is compiled synchronously when this file is first
 * imported: no fetch, no file, no promise, so it works in Node, in a worker, in a browser and under any bundler. A
 * browser's main thread refuses to compile large modules synchronously: Chromium above 8 MB since version 114, older
 * ones above 4 kB (import the package in a worker there). The module is some tens of kilobytes.
 *
 * Memory map: static tables, the scratch windows, the staging area and packed blocks below `heapBase`; from
 * `heapBase` on, the arena of arena.ts.
 */
import { INITIAL_PAGES, KERNELS, MAXIMUM_PAGES } from './kernels.wasm.js';

/** Draws n numbers from number `odd` (0 or 1) of block c0 on, to address `out`. */
export type FillKernel = (
  k0: number,
  k1: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  odd: number,
  n: number,
  out: number,
) => void;

/** y ← αAx + βy (or Aᵀ) of an m × n matrix at `a` whose rows are `lda` bytes apart. */
type GemvKernel = (
  m: number,
  n: number,
  alpha: number,
  a: number,
  lda: number,
  x: number,
  beta: number,
  y: number,
) => void;

/** `count` such products, each stored behind the one before. */
type GemvBatchKernel = (
  count: number,
  m: number,
  n: number,
  alpha: number,
  a: number,
  x: number,
  beta: number,
  y: number,
) => void;

/** Packs lines that are `line` bytes apart, of k elements that are `step` bytes apart. */
type PackKernel = (lines: number, k: number, a: number, line: number, step: number, out: number) => void;

/** What the module exports. Pointers are byte addresses in `memory`; all integers are 32-bit. */
export interface Kernels {
  scratch(): number;
  staging(): number;
  packedRows(): number;
  packedColumns(): number;
  heapBase(): number;
  // Random streams: assembly/random.ts. Key k0, k1; counter c0..c3; `odd`: start at the block's second number.
  philoxBlock(): number;
  philox(k0: number, k1: number, c0: number, c1: number, c2: number, c3: number): void;
  fillUniform: FillKernel;
  fillNormal: FillKernel;
  fillExponential: FillKernel;
  fillGumbel: FillKernel;
  fillLaplace: FillKernel;
  normalOf(u: number): number;
  exponentialOf(u: number): number;
  // Elementary functions: assembly/elementary.ts.
  logOf(x: number): number;
  expOf(x: number): number;
  sinOf(x: number): number;
  cosOf(x: number): number;
  sin(n: number, x: number, out: number): void;
  cos(n: number, x: number, out: number): void;
  exp(n: number, x: number, out: number): void;
  log(n: number, x: number, out: number): void;
  // Of one number: assembly/scalar.ts.
  powOf(x: number, y: number): number;
  expm1Of(x: number): number;
  log1pOf(x: number): number;
  log2Of(x: number): number;
  log10Of(x: number): number;
  sinhOf(x: number): number;
  coshOf(x: number): number;
  cbrtOf(x: number): number;
  hypotOf(x: number, y: number): number;
  // Of arrays: assembly/hyperbolic.ts.
  sinh(n: number, x: number, out: number): void;
  cosh(n: number, x: number, out: number): void;
  tanh(n: number, x: number, out: number): void;
  tanhOf(x: number): number;
  tanhBackward(n: number, h: number, delta: number): void;
  // Dense kernels: assembly/blas.ts and gemv.ts.
  axpy(n: number, alpha: number, x: number, y: number): void;
  dot(n: number, x: number, y: number): number;
  sumOfSquares(n: number, scale: number, x: number): number;
  sumOfSizes(n: number, x: number): number;
  largestSize(n: number, x: number): number;
  gemvRows: GemvKernel;
  gemvColumns: GemvKernel;
  gemvBatchRows: GemvBatchKernel;
  gemvBatchColumns: GemvBatchKernel;
  // Packed symmetric matrices: assembly/spmv.ts.
  spmvRows(from: number, to: number, alpha: number, a: number, x: number, y: number): void;
  // Matrix products: assembly/gemm.ts.
  packRows: PackKernel;
  packColumns: PackKernel;
  multiplyPacked(
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: number,
    b: number,
    beta: number,
    c: number,
    ldc: number,
  ): void;
  // Triangular matrices and inverses: assembly/triangular.ts.
  solveVectors(
    n: number,
    count: number,
    l: number,
    row: number,
    column: number,
    x: number,
    vector: number,
    element: number,
  ): void;
  choleskyBlock(n: number, a: number, lda: number): number;
  invertMatrix(n: number, a: number, order: number): number;
  // Gradient descent: assembly/descent.ts. `form`: 0 one diagonal, 1 summed along rows, 2 along columns; s = 0: none.
  descend(
    count: number,
    d: number,
    form: number,
    steps: number,
    eta: number,
    rho: number,
    a: number,
    b: number,
    s: number,
    y: number,
  ): void;
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The memory of all kernels. It grows, which detaches `memory.buffer`: never keep a view across calls. */
export const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES });

/** The kernels, typed. */
export const exports = new WebAssembly.Instance(new WebAssembly.Module(decode(KERNELS)), {
  env: {
    memory,
    abort: () => {
      throw new Error('numerics: a kernel stopped; this is a defect of the package.');
    },
  },
}).exports as unknown as Kernels;

/** Byte address of the two scratch windows of `SCRATCH_LENGTH` doubles each. */
export const scratch = exports.scratch();

/** Doubles in one scratch window. */
export const SCRATCH_LENGTH = 2048;

/** Byte address of the area that blocks of matrices outside kernel memory are copied to. */
export const staging = exports.staging();

/** Doubles in the staging area. */
export const STAGING_LENGTH = 131072;

/** Byte address of the packed rows of a matrix product. */
export const packedRows = exports.packedRows();

/** Byte address of the packed columns of a matrix product. */
export const packedColumns = exports.packedColumns();

/** First byte that belongs to the arena of arena.ts; a multiple of 16. */
export const heapBase = exports.heapBase();

/** Byte address of the four 32-bit words that `exports.philox` wrote last. */
export const philoxBlock = exports.philoxBlock();
