import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { allocate, gemm, type GemmOptions, stream } from '../src/index.js';
import { at, expectSame, integers, place, places, property, release, unsigned } from './places.js';

afterEach(release);

/** The sums are cut into blocks of this many terms, each added to C by itself. */
const BLOCK = 256;

/** C ← αAB + βC by the definition, sums in order: gemm must give these bits. */
function reference(
  m: number,
  n: number,
  k: number,
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  options: GemmOptions,
): Float64Array {
  const { transposeA = false, transposeB = false, alpha = 1, beta = 0 } = options;
  const { lda = transposeA ? m : k, ldb = transposeB ? k : n, ldc = n } = options;
  const out = c.slice();
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const at = i * ldc + j;
      const old = c[at]!;
      if (k === 0 || alpha === 0) out[at] = beta === 0 ? 0 : beta * old;
      for (let start = 0; start < k && alpha !== 0; start += BLOCK) {
        let sum = 0;
        for (let p = start; p < Math.min(k, start + BLOCK); p++) {
          sum += a[transposeA ? p * lda + i : i * lda + p]! * b[transposeB ? j * ldb + p : p * ldb + j]!;
        }
        if (start === 0) out[at] = beta === 0 ? alpha * sum : alpha * sum + beta * old;
        else out[at] = alpha * sum + out[at]!;
      }
    }
  }
  return out;
}

const normals = (seed: number, name: string, length: number) => stream(seed, name).fillNormal(new Float64Array(length));
/** Elements of rows × columns with `gap` more between rows; the last row has none. */
const stored = (rows: number, columns: number, gap: number) =>
  rows * columns === 0 ? 0 : (rows - 1) * (columns + gap) + columns;

test('gemm equals the definition bit for bit: sizes, transposes, factors, leading dimensions, places', () => {
  const size = fc.integer({ min: 0, max: 24 });
  const factor = fc.constantFrom(0, 1, -1, 0.3, 2.5);
  const gap = fc.constantFrom(0, 0, 1, 7);
  const shape = fc.tuple(size, size, size, fc.boolean(), fc.boolean(), factor, factor, gap, gap, gap);
  fc.assert(
    property(shape, fc.nat(), place, place, place, (sizes, seed, aPlace, bPlace, cPlace) => {
      const [m, n, k, transposeA, transposeB, alpha, beta, aGap, bGap, cGap] = sizes;
      const [aRows, aColumns] = transposeA ? [k, m] : [m, k];
      const [bRows, bColumns] = transposeB ? [n, k] : [k, n];
      const a = normals(seed, 'a', stored(aRows, aColumns, aGap));
      const b = normals(seed, 'b', stored(bRows, bColumns, bGap));
      const c = normals(seed, 'c', stored(m, n, cGap));
      const gaps = {
        ...(aGap > 0 && { lda: aColumns + aGap }),
        ...(bGap > 0 && { ldb: bColumns + bGap }),
        ...(cGap > 0 && { ldc: n + cGap }),
      };
      const options = { transposeA, transposeB, alpha, beta, ...gaps };
      const out = at(cPlace, c);
      expect(gemm(m, n, k, at(aPlace, a), at(bPlace, b), out, options)).toBe(out);
      expectSame(unsigned(out), unsigned(reference(m, n, k, a, b, c, options)));
    }),
    { numRuns: 500 },
  );
});

test.each([
  [1, 1, 1],
  [1, 1, 1000],
  [5, 4, 256],
  [6, 5, 257],
  [119, 3, 513],
  [121, 9, 30],
  [245, 33, 258],
  [3, 511, 20],
  [7, 513, 10],
  [130, 1030, 5],
  [33, 10, 784],
  [784, 10, 33],
])('gemm equals the definition bit for bit across blocks: %d × %d, %d terms', (m, n, k) => {
  const a = normals(1, 'a', m * k);
  const b = normals(1, 'b', k * n);
  const c = normals(1, 'c', m * n);
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      const options = { transposeA, transposeB, alpha: 1.5, beta: -0.5 };
      const expected = reference(m, n, k, a, b, c, options);
      for (const where of places) {
        const out = at(where, c);
        gemm(m, n, k, at(where, a), at(where, b), out, options);
        expectSame(out, expected);
      }
    }
  }
});

test('gemm is the textbook product, exactly, on integers', () => {
  const [m, n, k] = [37, 41, 600];
  const a = integers(1, 'a', m * k);
  const b = integers(1, 'b', k * n);
  const c = gemm(m, n, k, a, b, new Float64Array(m * n));
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[i * k + p]! * b[p * n + j]!;
      expect(c[i * n + j]).toBe(sum);
    }
  }
});

test('operands may be parts of one larger matrix, and nothing around C is touched', () => {
  const whole = allocate(20 * 20);
  const { array } = whole;
  array.set(normals(1, 'whole', 400));
  const before = array.slice();
  const [a, b, c] = [array.subarray(0, 70), array.subarray(100, 195), array.subarray(200)];
  const options = { lda: 20, ldb: 20, ldc: 20, beta: 1 };
  const expected = reference(4, 9, 5, a, b, c, options);
  gemm(4, 9, 5, a, b, c, options);
  expect(c).toEqual(expected);
  expect(array.subarray(0, 200)).toEqual(before.subarray(0, 200));
  whole.free();
});

test('beta = 0 overwrites NaN; alpha = 0 reads neither a nor b', () => {
  for (const where of places) {
    const nan = (length: number) => at(where, new Float64Array(length).fill(NaN));
    const ones = (length: number) => at(where, new Float64Array(length).fill(1));
    for (const n of [1, 3, 4, 5, 13]) {
      expect(gemm(n, n, n, ones(n * n), ones(n * n), nan(n * n))).toEqual(new Float64Array(n * n).fill(n));
      expect(gemm(n, n, n, nan(n * n), nan(n * n), ones(n * n), { alpha: 0, beta: 3 })).toEqual(
        new Float64Array(n * n).fill(3),
      );
      expect(gemm(n, n, n, nan(n * n), nan(n * n), nan(n * n), { alpha: 0 })).toEqual(new Float64Array(n * n));
      expect(gemm(n, n, 0, nan(0), nan(0), nan(n * n))).toEqual(new Float64Array(n * n));
    }
  }
});

test('NaN and infinities reach exactly the elements that they belong to', () => {
  const a = new Float64Array(36).fill(1);
  const b = new Float64Array(36).fill(1);
  a[1 * 6 + 2] = Infinity;
  b[3 * 6 + 4] = NaN;
  const c = gemm(6, 6, 6, a, b, new Float64Array(36));
  c.forEach((value, at) => {
    const [i, j] = [Math.floor(at / 6), at % 6];
    expect(value).toBe(j === 4 ? NaN : i === 1 ? Infinity : 6);
  });
});

test('what does not fit is refused by name', () => {
  const x = (length: number) => new Float64Array(length);
  const refused = (call: () => unknown, message: string) => expect(call).toThrow(new RangeError(`gemm: ${message}`));
  for (const size of [-1, 0.5, NaN]) {
    const rule = `is ${size}; must be an integer from 0 on. C is m × n, its sums have k terms.`;
    refused(() => gemm(size, 1, 1, x(1), x(1), x(1)), `'m' ${rule}`);
    refused(() => gemm(1, size, 1, x(1), x(1), x(1)), `'n' ${rule}`);
    refused(() => gemm(1, 1, size, x(1), x(1), x(1)), `'k' ${rule}`);
  }
  refused(
    () => gemm(2, 3, 4, x(7), x(12), x(6)),
    "'a' is of length 7; must be 2 × 4 = 8. Say transposeA if it is stored transposed, or lda if its rows lie apart.",
  );
  refused(
    () => gemm(2, 3, 4, x(8), x(13), x(6), { transposeB: true }),
    "'b' is of length 13; must be 3 × 4 = 12. Say transposeB if it is stored transposed, or ldb if its rows lie apart.",
  );
  refused(
    () => gemm(2, 3, 4, x(8), x(12), x(5)),
    "'c' is of length 5; must be 2 × 3 = 6. Give it a row for each row of A, or ldc if its rows lie apart.",
  );
  refused(
    () => gemm(2, 3, 4, x(8), x(12), x(6), { lda: 3 }),
    "'lda' is 3; must be an integer from 4 on, the length of a stored row of 'a'.",
  );
  refused(
    () => gemm(2, 3, 4, x(8), x(12), x(6), { ldc: 4 }),
    "'c' is of length 6; must be at least 7: 2 rows of 3, 4 apart.",
  );
  for (const where of ['kernel', 'outside'] as const) {
    const all = at(where, x(30));
    const [a, b, c] = [all.subarray(0, 9), all.subarray(9, 18), all.subarray(18, 27)];
    gemm(3, 3, 3, a, b, c);
    refused(
      () => gemm(3, 3, 3, a, b, all.subarray(8, 17)),
      "'c' overlaps 'a'; must not share memory with it. Use another array.",
    );
    refused(() => gemm(3, 3, 3, a, b, b), "'c' overlaps 'b'; must not share memory with it. Use another array.");
  }
});

test('a detached view is refused by name', () => {
  const block = allocate(4);
  const view = block.array;
  const before = block.array.buffer;
  const held = [];
  while (block.array.buffer === before) held.push(allocate(before.byteLength / 16));
  for (const other of held) other.free();
  const empty = new Float64Array(0);
  const message = (option: string) =>
    `gemm: '${option}' is a view of kernel memory that has grown since; must be a live array. Read block.array again after allocate.`;
  expect(() => gemm(2, 2, 2, view, block.array, new Float64Array(4))).toThrow(new TypeError(message('a')));
  expect(() => gemm(0, 0, 0, empty, view, empty)).toThrow(new TypeError(message('b')));
  expect(() => gemm(0, 0, 0, empty, empty, view)).toThrow(new TypeError(message('c')));
  block.free();
});
