/** Whether a library computes what the kernels in WebAssembly compute. */
import { gemv } from './blas.js';
import { cholesky } from './cholesky.js';
import { through, type Blas } from './engine-slot.js';
import { gemm } from './gemm.js';
import { invert } from './invert.js';
import { stream } from './random.js';
import { sgemm } from './sgemm.js';
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
  gemm: () =>
    FLAGS.flatMap((transposeA) =>
      FLAGS.map((transposeB) => {
        const [m, n, k] = [11, 7, 13];
        const a = normals('a', (transposeA ? k : m) * 15);
        const b = normals('b', (transposeB ? n : k) * 14);
        return gemm(m, n, k, a, b, empty(m * 9), { transposeA, transposeB, alpha: 0.5, lda: 15, ldb: 14, ldc: 9 });
      }),
    ),
  sgemm: () =>
    FLAGS.flatMap((transposeA) =>
      FLAGS.map((transposeB) => {
        const [m, n, k] = [11, 7, 13];
        const a = Float32Array.from(normals('a', (transposeA ? k : m) * 15));
        const b = Float32Array.from(normals('b', (transposeB ? n : k) * 14));
        const c = new Float32Array(m * 9).fill(NaN);
        const operand = (array: Float32Array, ld: number) => ({ array, start: 0, ld });
        const [left, right, out] = [operand(a, 15), operand(b, 14), operand(c, 9)];
        if (sgemm(m, n, k, left, transposeA, right, transposeB, out)) return Float64Array.from(c);
        const [wideA, wideB] = [Float64Array.from(a), Float64Array.from(b)];
        return gemm(m, n, k, wideA, wideB, empty(m * 9), { transposeA, transposeB, lda: 15, ldb: 14, ldc: 9 });
      }),
    ),
  gemv: () =>
    FLAGS.map((transpose) => gemv(normals('a', 17 * 11), normals('x', 17), empty(11), { transpose, alpha: 0.5 })),
  spmv: () => [spmv(normals('a', 91), normals('x', 13), normals('y', 13), { alpha: 0.5, beta: -1 })],
  syrk: () => FLAGS.map((transpose) => syrk(11, 19, normals('a', 11 * 19), empty(11 * 11), { transpose, alpha: 0.5 })),
  trsm: () =>
    FLAGS.flatMap((right) =>
      FLAGS.map((transpose) => trsm(11, 3, cholesky(11, positive(11)), normals('b', 3 * 11), { right, transpose })),
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
    const { values, vectors } = symmetricEigen(13, normals('a', 13 * 13));
    const scaled = vectors.map((x, at) => x * values[Math.floor(at / 13)]!);
    return [product(13, 13, 13, vectors, scaled, true), product(13, 13, 13, vectors, vectors, true), ascending(values)];
  },
  svd: () =>
    [7, 13].flatMap((m) => {
      const n = 20 - m;
      const { values, u, vt } = svd(m, n, normals('a', m * n));
      const scaled = vt.map((x, at) => x * values[Math.floor(at / n)]!);
      return [product(m, n, 7, u, scaled, false), product(7, 7, m, u, u, true), ascending(values.map((x) => -x))];
    }),
};

/** What is known without a twin. */
const KNOWN: Readonly<Partial<Record<keyof Blas, () => readonly Float64Array[]>>> = {
  symmetricEigen: () => {
    const a = normals('a', 13 * 13);
    const symmetric = a.map((x, at) => (at % 13 > Math.floor(at / 13) ? a[(at % 13) * 13 + Math.floor(at / 13)]! : x));
    return [symmetric, identity(13), new Float64Array(13).fill(1)];
  },
  svd: () => [7, 13].flatMap((m) => [normals('a', m * (20 - m)), identity(7), new Float64Array(7).fill(1)]),
};

/** 1 where a value is no smaller than the one before. */
const ascending = (values: Float64Array) => values.map((x, at) => (at === 0 || x >= values[at - 1]! ? 1 : 0));
const identity = (n: number) => new Float64Array(n * n).map((_, at) => (at % (n + 1) === 0 ? 1 : 0));

/** A product in WebAssembly, whatever computes the rest. */
const product = (m: number, n: number, k: number, a: Float64Array, b: Float64Array, transposeA: boolean) =>
  through(null, () => gemm(m, n, k, a, b, new Float64Array(m * n), { transposeA }));

const FLAGS = [false, true];
const normals = (name: string, length: number) => stream(1, 'engine', name).fillNormal(new Float64Array(length));
const empty = (length: number) => new Float64Array(length).fill(NaN);

/** A matrix whose symmetric part is positive definite. */
function positive(n: number): Float64Array {
  const a = normals('a', n * n);
  for (let i = 0; i < n; i++) a[i * (n + 1)]! += 3 * n;
  return a;
}

/**
 * Compares every function with its twin.
 * @throws Error that names the first function that is further off than 1e-12, in float32 1e-5, and by how much
 */
export function selfTest(blas: Blas): void {
  for (const [name, run] of Object.entries(CASES)) {
    const expected = through(null, KNOWN[name as keyof Blas] ?? run);
    const off = Math.max(...through(blas, run).map((result, i) => distance(result, expected[i]!)));
    const tolerance = name === 'sgemm' ? FLOAT_TOLERANCE : TOLERANCE;
    if (!(off <= tolerance)) {
      throw new Error(
        `its ${name} is ${off.toExponential(1)} off the one in WebAssembly; must be ${tolerance} at most`,
      );
    }
  }
}

/** Largest difference over the largest entry; NaN where one of the two alone is NaN. */
function distance(x: Float64Array, y: Float64Array): number {
  let largest = 0;
  let off = 0;
  for (let i = 0; i < y.length; i++) {
    if (Number.isNaN(x[i]) && Number.isNaN(y[i])) continue; // between rows that lie apart
    largest = Math.max(largest, Math.abs(y[i]!));
    off = Math.max(off, Math.abs(x[i]! - y[i]!));
  }
  return off / largest;
}
