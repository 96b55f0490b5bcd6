/** Whether a library computes what the kernels in WebAssembly compute. */
import { axpy, gemv, normInf } from './blas.js';
import { cholesky } from './cholesky.js';
import { blas, through, type Blas } from './engine-slot.js';
import { gemm } from './gemm.js';
import { invert } from './invert.js';
import { stream } from './random.js';
import { spmv } from './spmv.js';
import { svd } from './svd.js';
import { symmetricEigen } from './symmetric-eigen.js';
import { syrk } from './syrk.js';
import { trsm } from './triangular.js';

/** How far a result may be from its twin, relative to the twin's largest entry. */
const TOLERANCE = 1e-12;
/** The same of float32. */
const FLOAT_TOLERANCE = 1e-5;

/** Each function as its callers use it; what is overwritten holds NaN before. */
const CASES: Readonly<Record<keyof Blas, () => readonly Float64Array[]>> = {
  gemm: () => PRODUCTS.map((product) => double(product)),
  sgemm: () => PRODUCTS.map((product) => single(product)),
  gemv: () =>
    FLAGS.map((transpose) => gemv(uniforms('a', 17 * 11), uniforms('x', 17), empty(11), { transpose, alpha: 0.5 })),
  spmv: () => [spmv(uniforms('a', 91), uniforms('x', 13), uniforms('y', 13), { alpha: 0.5, beta: -1 })],
  syrk: () => [
    syrk(11, 19, uniforms('a', 11 * 19), empty(11 * 11), { alpha: 0.5 }),
    syrk(13, 17, uniforms('a', 13 * 17), uniforms('c', 13 * 13), { transpose: true, alpha: 0.5, beta: -2 }),
  ],
  trsm: () =>
    FLAGS.flatMap((right) =>
      FLAGS.map((transpose) => trsm(11, 3, cholesky(11, positive(11)), uniforms('b', 3 * 11), { right, transpose })),
    ),
  cholesky: () => [cholesky(19, positive(19))],
  invert: () => {
    const a = positive(19);
    const logarithm = invert(19, a);
    return [a, Float64Array.of(logarithm)];
  },
  // Vectors have no sign of their own: what they make is compared, with what was taken apart and with the identity, which
  // costs less than the twin.
  symmetricEigen: () => {
    const { values, vectors } = symmetricEigen(13, uniforms('a', 13 * 13));
    const scaled = vectors.map((x, at) => x * values[Math.floor(at / 13)]!);
    return [product(13, 13, 13, vectors, scaled, true), product(13, 13, 13, vectors, vectors, true), ascending(values)];
  },
  svd: () =>
    [7, 13].flatMap((m) => {
      const n = 20 - m;
      const { values, u, vt } = svd(m, n, uniforms('a', m * n));
      const scaled = vt.map((x, at) => x * values[Math.floor(at / n)]!);
      return [product(m, n, 7, u, scaled, false), product(7, 7, m, u, u, true), ascending(values.map((x) => -x))];
    }),
};

/** A product C ← AB + βC, with rows of A, B and C that lie apart. */
interface Product {
  readonly sizes: readonly [m: number, n: number, k: number];
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly beta: number;
}

/** The first is larger than the tiles of kernels in every direction, and no multiple of them. Its numbers serve the others, too. */
const PRODUCTS: readonly Product[] = [
  { sizes: [65, 67, 66], transposeA: false, transposeB: false, beta: 1 },
  { sizes: [11, 7, 13], transposeA: false, transposeB: true, beta: 0 },
  { sizes: [11, 7, 13], transposeA: true, transposeB: false, beta: 0 },
];

function double({ sizes: [m, n, k], transposeA, transposeB, beta }: Product): Float64Array {
  const [lda, ldb, ldc] = [(transposeA ? m : k) + 2, (transposeB ? k : n) + 3, n + 2];
  const a = uniforms('a', (transposeA ? k : m) * lda);
  const b = uniforms('b', (transposeB ? n : k) * ldb);
  const c = beta === 0 ? unwritten(m, n, ldc) : uniforms('c', m * ldc);
  return gemm(m, n, k, a, b, c, { transposeA, transposeB, alpha: 0.5, beta, lda, ldb, ldc });
}

function single({ sizes: [m, n, k], transposeA, transposeB, beta }: Product): Float64Array {
  const [lda, ldb, ldc] = [(transposeA ? m : k) + 2, (transposeB ? k : n) + 3, n + 2];
  const a = new Float32Array(uniforms('a', (transposeA ? k : m) * lda));
  const b = new Float32Array(uniforms('b', (transposeB ? n : k) * ldb));
  const c = new Float32Array(beta === 0 ? unwritten(m, n, ldc) : uniforms('c', m * ldc));
  if (blas === null) {
    const [wideA, wideB, wideC] = [new Float64Array(a), new Float64Array(b), new Float64Array(c)];
    return gemm(m, n, k, wideA, wideB, wideC, { transposeA, transposeB, beta, lda, ldb, ldc });
  }
  const operand = (array: Float32Array, ld: number) => ({ array, start: 0, ld });
  blas.sgemm(m, n, k, operand(a, lda), transposeA, operand(b, ldb), transposeB, beta, operand(c, ldc));
  return new Float64Array(c);
}

/** What is known without a twin. */
const KNOWN: Readonly<Partial<Record<keyof Blas, () => readonly Float64Array[]>>> = {
  symmetricEigen: () => {
    const a = uniforms('a', 13 * 13);
    const symmetric = a.map((x, at) => (at % 13 > Math.floor(at / 13) ? a[(at % 13) * 13 + Math.floor(at / 13)]! : x));
    return [symmetric, identity(13), new Float64Array(13).fill(1)];
  },
  svd: () => [7, 13].flatMap((m) => [uniforms('a', m * (20 - m)), identity(7), new Float64Array(7).fill(1)]),
};

/** 1 where a value is no smaller than the one before. */
const ascending = (values: Float64Array) => values.map((x, at) => (at === 0 || x >= values[at - 1]! ? 1 : 0));
const identity = (n: number) => new Float64Array(n * n).map((_, at) => (at % (n + 1) === 0 ? 1 : 0));

/** A product in WebAssembly, whatever computes the rest. */
const product = (m: number, n: number, k: number, a: Float64Array, b: Float64Array, transposeA: boolean) =>
  through(null, () => gemm(m, n, k, a, b, new Float64Array(m * n), { transposeA }));

const FLAGS = [false, true];
const empty = (length: number) => new Float64Array(length).fill(NaN);

/** What streams have given, by their names: all cases and their twins read the same numbers, which are drawn once. */
const drawn = new Map<string, Float64Array>();

/** The first `length` uniforms of a stream: of all draws these take the least time, which is that of compiling them. */
function uniforms(name: string, length: number): Float64Array {
  let numbers = drawn.get(name);
  if (numbers === undefined || numbers.length < length) {
    numbers = stream(1, 'engine', name).fillUniform(new Float64Array(length));
    drawn.set(name, numbers);
  }
  return numbers.slice(0, length);
}

/** NaN in rows that are to be overwritten, 0 between them. */
function unwritten(m: number, n: number, ld: number): Float64Array {
  const c = new Float64Array(m * ld);
  for (let i = 0; i < m; i++) c.fill(NaN, i * ld, i * ld + n);
  return c;
}

/** A matrix whose symmetric part is positive definite. */
function positive(n: number): Float64Array {
  const a = uniforms('a', n * n);
  for (let i = 0; i < n; i++) a[i * (n + 1)]! += 3 * n;
  return a;
}

/**
 * Compares every function with its twin.
 * @throws Error that names the first function that is further off than 1e-12, in float32 1e-5, and by how much
 */
export function selfTest(library: Blas): void {
  for (const [name, run] of Object.entries(CASES)) {
    const expected = through(null, KNOWN[name as keyof Blas] ?? run);
    const off = Math.max(...through(library, run).map((result, i) => distance(result, expected[i]!)));
    const tolerance = name === 'sgemm' ? FLOAT_TOLERANCE : TOLERANCE;
    if (!(off <= tolerance)) {
      throw new Error(
        `its ${name} is ${off.toExponential(1)} off the one in WebAssembly; must be ${tolerance} at most`,
      );
    }
  }
}

/** Largest difference over the largest entry; NaN where there is one. By kernels: loops that run once take longer. */
function distance(x: Float64Array, y: Float64Array): number {
  return normInf(axpy(-1, y, x)) / normInf(y);
}
