/** Every kernel through a native library, against the textbook. */
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import {
  cholesky,
  gemm,
  gemv,
  gemvStridedBatched,
  invert,
  invertTriangular,
  NotPositiveDefiniteError,
  spmv,
  spmvStridedBatched,
  stream,
  syrk,
  trsm,
} from '../src/index.js';
import { sgemm } from '../src/sgemm.js';
import { here, none, throughAll } from './engine-places.js';
import { at, expectSame, integers, place, property, release, unsigned } from './places.js';

afterEach(release);

const size = fc.integer({ min: 1, max: 40 });
const factor = fc.constantFrom(0, 1, -1, 0.5, 3);
const scale = fc.constantFrom(1, -1, 0.5, 3);
const gap = fc.constantFrom(0, 0, 1, 7);
const normals = (seed: number, name: string, length: number) => stream(seed, name).fillNormal(new Float64Array(length));

/** Rows of `values` with `gap` numbers between them and none behind the last. */
function apart(rows: number, columns: number, gap: number, values: Float64Array): Float64Array {
  const out = new Float64Array((rows - 1) * (columns + gap) + columns).fill(-777);
  for (let i = 0; i < rows; i++) out.set(values.subarray(i * columns, (i + 1) * columns), i * (columns + gap));
  return out;
}

/** The transpose of a matrix of rows × columns. */
const transposed = (rows: number, columns: number, a: Float64Array): Float64Array =>
  Float64Array.from({ length: rows * columns }, (_, at) => a[(at % rows) * columns + Math.floor(at / rows)]!);

/** AB of m × k and k × n by the definition. */
function product(m: number, n: number, k: number, a: Float64Array, b: Float64Array): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) for (let p = 0; p < k; p++) c[i * n + j]! += a[i * k + p]! * b[p * n + j]!;
  }
  return c;
}

/** L with a diagonal from 1 on; above it numbers that must not be read. */
function triangle(seed: number, n: number, above = NaN): Float64Array {
  const l = normals(seed, 'l', n * n).map((value) => value / n);
  for (let i = 0; i < n; i++) {
    l[i * (n + 1)] = 1 + Math.abs(l[i * (n + 1)]!);
    l.fill(above, i * n + i + 1, (i + 1) * n);
  }
  return l;
}

function expectClose(actual: Float64Array, expected: Float64Array, within = 1e-12): void {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-300);
  const off = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  if (!(actual.length === expected.length && off <= within * largest)) expect(actual).toEqual(expected);
}

if (here.length === 0) test.skip(none, () => undefined);

describe.each(here)('$name', (library) => {
  test('gemm: sizes, transposes, factors, leading dimensions, places; bytes around and between rows stay', () => {
    const shape = fc.tuple(size, size, size, fc.boolean(), fc.boolean(), scale, factor, gap, gap, gap);
    fc.assert(
      property(shape, fc.nat(), place, place, place, (sizes, seed, aPlace, bPlace, cPlace) => {
        const [m, n, k, transposeA, transposeB, alpha, beta, aGap, bGap, cGap] = sizes;
        const a = integers(seed, 'a', m * k);
        const b = integers(seed, 'b', k * n);
        const c = integers(seed, 'c', m * n);
        const expected = product(m, n, k, a, b).map((value, i) => alpha * value + beta * c[i]!);
        const [aRows, aColumns] = transposeA ? [k, m] : [m, k];
        const [bRows, bColumns] = transposeB ? [n, k] : [k, n];
        const left = at(aPlace, apart(aRows, aColumns, aGap, transposeA ? transposed(m, k, a) : a));
        const right = at(bPlace, apart(bRows, bColumns, bGap, transposeB ? transposed(k, n, b) : b));
        // Seven numbers before C and behind it, which nobody may write.
        const old = apart(m, n, cGap, beta === 0 ? c.fill(NaN) : c);
        const whole = at(cPlace, new Float64Array(old.length + 14).fill(-777));
        const out = whole.subarray(7, 7 + old.length);
        out.set(old);
        const options = {
          transposeA,
          transposeB,
          alpha,
          beta,
          lda: aColumns + aGap,
          ldb: bColumns + bGap,
          ldc: n + cGap,
        };
        const result = throughAll(library, 'gemm', () => gemm(m, n, k, left, right, out, options));
        expect(result).toBe(out);
        const around = new Float64Array(old.length + 14).fill(-777);
        around.set(apart(m, n, cGap, expected), 7);
        expectSame(unsigned(whole), unsigned(around));
      }),
      { numRuns: 400 },
    );
  });

  test('sgemm: sizes, transposes, leading dimensions, offsets; bytes around and between rows stay', () => {
    const shape = fc.tuple(size, size, size, fc.boolean(), fc.boolean(), gap, gap, gap, fc.nat(9));
    fc.assert(
      fc.property(shape, fc.nat(), (sizes, seed) => {
        const [m, n, k, transposeA, transposeB, aGap, bGap, cGap, offset] = sizes;
        const [a, b] = [integers(seed, 'a', m * k), integers(seed, 'b', k * n)];
        const [aRows, aColumns] = transposeA ? [k, m] : [m, k];
        const [bRows, bColumns] = transposeB ? [n, k] : [k, n];
        const put = (values: Float64Array, ld: number) => {
          const array = new Float32Array(values.length + offset + 7).fill(-777);
          array.set(values, offset);
          return { array, start: offset, ld };
        };
        const left = put(apart(aRows, aColumns, aGap, transposeA ? transposed(m, k, a) : a), aColumns + aGap);
        const right = put(apart(bRows, bColumns, bGap, transposeB ? transposed(k, n, b) : b), bColumns + bGap);
        const out = put(apart(m, n, cGap, new Float64Array(m * n).fill(NaN)), n + cGap);
        const expected = put(apart(m, n, cGap, product(m, n, k, a, b)), n + cGap);
        const done = throughAll(library, 'sgemm', () => sgemm(m, n, k, left, transposeA, right, transposeB, out));
        expect(done).toBe(true);
        expectSame(unsigned(Float64Array.from(out.array)), unsigned(Float64Array.from(expected.array)));
      }),
      { numRuns: 200 },
    );
  });

  test('doubles that begin within an array: gemm and gemv; numbers before and behind stay', () => {
    const shape = fc.tuple(size, size, size, fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(shape, fc.nat(), ([m, n, k, start], seed) => {
        const [a, b] = [integers(seed, 'a', m * k), integers(seed, 'b', k * n)];
        const put = (values: Float64Array, ld: number) => {
          const array = new Float64Array(values.length + start + 7).fill(-777);
          array.set(values, start);
          return { array, start, ld };
        };
        const [c, y] = [put(new Float64Array(m * n).fill(NaN), n), put(new Float64Array(m).fill(NaN), m)];
        library.blas.gemm(m, n, k, 1, put(a, k), false, put(b, n), false, 0, c);
        expectSame(c.array, put(product(m, n, k, a, b), n).array);
        library.blas.gemv(m, k, 1, put(a, k), false, put(b.slice(0, k), k), 0, y);
        expectSame(y.array, put(product(m, 1, k, a, b.slice(0, k)), m).array);
      }),
      { numRuns: 50 },
    );
  });

  test('gemm of normal numbers, to 2e-15 of the largest entry', () => {
    for (const [m, n, k] of [
      [64, 64, 64],
      [1, 200, 300],
      [300, 1, 200],
      [129, 70, 513],
    ] as const) {
      const a = normals(1, 'a', m * k);
      const b = normals(1, 'b', k * n);
      const c = throughAll(library, 'gemm', () => gemm(m, n, k, a, b, new Float64Array(m * n)));
      expectClose(c, product(m, n, k, a, b), 2e-15 * Math.sqrt(k));
    }
  });

  test('NaN and ∞ go through a product; with α = 0 nothing is read', () => {
    const a = new Float64Array(100).fill(1);
    a[55] = NaN;
    a[66] = Infinity;
    const c = throughAll(library, 'gemm', () =>
      gemm(10, 10, 10, a, new Float64Array(100).fill(1), new Float64Array(100)),
    );
    expect([...c]).toEqual(Array.from({ length: 100 }, (_, i) => (i < 50 || i > 69 ? 10 : i < 60 ? NaN : Infinity)));
    expect([...gemm(10, 10, 10, a, a.slice(), c, { alpha: 0 })]).toEqual(new Array(100).fill(0));
  });

  test('gemv, plain and transposed, one and many', () => {
    fc.assert(
      property(
        size,
        size,
        fc.boolean(),
        scale,
        factor,
        fc.integer({ min: 1, max: 3 }),
        fc.nat(),
        place,
        place,
        (...all) => {
          const [inner, outer, transpose, alpha, beta, count, seed, aPlace, yPlace] = all;
          const a = integers(seed, 'a', count * inner * outer);
          const x = integers(seed, 'x', count * inner);
          const y = integers(seed, 'y', count * outer);
          const expected = y.map((old, at) => {
            const [i, row] = [Math.floor(at / outer), at % outer];
            let sum = 0;
            for (let k = 0; k < inner; k++) {
              const element = transpose ? k * outer + row : row * inner + k;
              sum += a[i * inner * outer + element]! * x[i * inner + k]!;
            }
            return alpha * sum + beta * old;
          });
          const out = at(yPlace, beta === 0 ? y.fill(NaN) : y);
          const options = { transpose, alpha, beta };
          const matrix = at(aPlace, a);
          throughAll(library, 'gemv', () =>
            count === 1 ? gemv(matrix, x, out, options) : gemvStridedBatched(count, matrix, x, out, options),
          );
          expectSame(unsigned(out), unsigned(expected));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('spmv, one and many', () => {
    fc.assert(
      property(
        size,
        scale,
        factor,
        fc.integer({ min: 1, max: 3 }),
        fc.nat(),
        place,
        (d, alpha, beta, count, seed, yPlace) => {
          const packed = (d * (d + 1)) / 2;
          const a = integers(seed, 'a', count * packed);
          const x = integers(seed, 'x', count * d);
          const y = integers(seed, 'y', count * d);
          const expected = y.map((old, at) => {
            const [which, i] = [Math.floor(at / d), at % d];
            let sum = 0;
            for (let j = 0; j < d; j++) {
              const [row, column] = i >= j ? [i, j] : [j, i];
              sum += a[which * packed + (row * (row + 1)) / 2 + column]! * x[which * d + j]!;
            }
            return alpha * sum + beta * old;
          });
          const out = at(yPlace, beta === 0 ? y.fill(NaN) : y);
          throughAll(library, 'spmv', () =>
            count === 1 ? spmv(a, x, out, { alpha, beta }) : spmvStridedBatched(count, a, x, out, { alpha, beta }),
          );
          expectSame(unsigned(out), unsigned(expected));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('syrk, plain and transposed, symmetric to the bit', () => {
    fc.assert(
      property(
        size,
        size,
        fc.boolean(),
        scale,
        factor,
        fc.nat(),
        place,
        (n, k, transpose, alpha, beta, seed, cPlace) => {
          const a = integers(seed, 'a', n * k);
          const rows = transpose ? transposed(k, n, a) : a;
          const c = integers(seed, 'c', n * n);
          const sums = product(n, n, k, rows, transposed(n, k, rows));
          const expected = sums.map((sum, at) => {
            const [i, j] = [Math.floor(at / n), at % n];
            return alpha * sum + beta * c[i >= j ? at : j * n + i]!;
          });
          const out = at(cPlace, beta === 0 ? c.fill(NaN) : c);
          throughAll(library, 'syrk', () => syrk(n, k, a, out, { transpose, alpha, beta }));
          expectSame(unsigned(out), unsigned(expected));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('trsm solves from either side, with L and Lᵀ, and does not read above the diagonal', () => {
    fc.assert(
      property(size, size, fc.boolean(), fc.boolean(), fc.nat(), place, (n, m, right, transpose, seed, bPlace) => {
        const l = triangle(seed, n);
        const full = triangle(seed, n, 0);
        const factor = transpose ? transposed(n, n, full) : full;
        const x = normals(seed, 'x', n * m);
        const b = at(bPlace, right ? product(m, n, n, x, factor) : product(n, m, n, factor, x));
        throughAll(library, 'trsm', () => trsm(n, m, l, b, { right, transpose }));
        expectClose(b, x, 1e-11);
      }),
      { numRuns: 150 },
    );
  });

  test('cholesky gives L, zeros above it, and reads the lower triangle alone', () => {
    fc.assert(
      property(size, fc.nat(), place, (n, seed, aPlace) => {
        const l = triangle(seed, n, 0);
        const a = product(n, n, n, l, transposed(n, n, l));
        for (let i = 0; i < n; i++) a.fill(NaN, i * n + i + 1, (i + 1) * n);
        const out = at(aPlace, a);
        throughAll(library, 'cholesky', () => cholesky(n, out));
        expectClose(out, l);
        for (let i = 0; i < n; i++) expect(out.subarray(i * n + i + 1, (i + 1) * n).every((x) => x === 0)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    [0, 0, -1],
    [7, 7, 0],
    [7, 3, NaN],
    [39, 39, Infinity],
  ])('cholesky names the row that is not positive: row %d, of column %d %d', (row, column, value) => {
    const a = new Float64Array(40 * 40);
    for (let i = 0; i < 40; i++) a[i * 41] = 2;
    a[row * 40 + column] = value;
    expect(() => throughAll(library, 'cholesky', () => cholesky(40, a))).toThrow(new NotPositiveDefiniteError(row));
  });

  test('invert gives A⁻¹ and log|det A|, whatever the pivots', () => {
    fc.assert(
      property(size, fc.nat(), place, (n, seed, aPlace) => {
        const l = triangle(seed, n, 0);
        const u = transposed(n, n, triangle(seed + 1, n, 0));
        const a = product(n, n, n, l, u);
        // Rows in another order need exchanges and keep |det A|.
        const order = stream(seed, 'order').permutation(new Uint32Array(n));
        const rows = Float64Array.from({ length: n * n }, (_, at) => a[order[Math.floor(at / n)]! * n + (at % n)]!);
        const out = at(aPlace, rows);
        const logarithm = throughAll(library, 'invert', () => invert(n, out));
        let expected = 0;
        for (let i = 0; i < n; i++) expected += Math.log(l[i * (n + 1)]!) + Math.log(u[i * (n + 1)]!);
        expect(logarithm).toBeCloseTo(expected, 10);
        const identity = new Float64Array(n * n);
        for (let i = 0; i < n; i++) identity[i * (n + 1)] = 1;
        expectClose(product(n, n, n, rows, out), identity, 1e-10);
      }),
      { numRuns: 100 },
    );
  });

  test('invert takes more rows than outside kernel memory go without a library', () => {
    const n = 400;
    const a = normals(4, 'a', n * n);
    for (let i = 0; i < n; i++) a[i * (n + 1)]! += 2 * n;
    const inverse = a.slice();
    expect(() => invert(n, a.slice())).toThrow("invert: 'n' is 400; must be 362 at most outside kernel memory.");
    const logarithm = throughAll(library, 'invert', () => invert(n, inverse));
    const identity = new Float64Array(n * n);
    for (let i = 0; i < n; i++) identity[i * (n + 1)] = 1;
    expectClose(product(n, n, n, a, inverse), identity, 1e-13);
    // AAᵀ = LLᵀ, so that |det A| = det L.
    const l = cholesky(n, gemm(n, n, n, a, a, new Float64Array(n * n), { transposeB: true }));
    let expected = 0;
    for (let i = 0; i < n; i++) expected += Math.log(l[i * (n + 1)]!);
    expect(logarithm).toBeCloseTo(expected, 9);
  });

  test('invert of a singular matrix, or one with NaN or ∞, is −∞', () => {
    for (const value of [0, NaN, Infinity]) {
      const a = new Float64Array(25);
      for (let i = 0; i < 5; i++) a[i * 6] = i === 3 ? value : 2;
      expect(throughAll(library, 'invert', () => invert(5, a))).toBe(-Infinity);
    }
  });

  test('invertTriangular goes through trsm and gemm', () => {
    const n = 100;
    const l = triangle(5, n, 0);
    const inverse = throughAll(library, 'trsm', () => invertTriangular(n, l.slice()));
    const identity = new Float64Array(n * n);
    for (let i = 0; i < n; i++) identity[i * (n + 1)] = 1;
    expectClose(product(n, n, n, l, inverse), identity, 1e-12);
  });
});
