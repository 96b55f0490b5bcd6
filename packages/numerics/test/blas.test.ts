import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { allocate, axpy, dot, gemv, gemvStridedBatched, norm1, norm2, normInf, stream } from '../src/index.js';
import { at, expectSame, integers, place, places, property, release, unsigned } from './places.js';

afterEach(release);

const size = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(64, 2047, 2048, 2049, 5000));
const factor = fc.constantFrom(0, 1, -1, 2, -3, 0.5);

describe('level 1', () => {
  test('axpy adds αx to y, element by element, with the same bits everywhere', () => {
    fc.assert(
      property(size, fc.double({ noNaN: true }), fc.nat(), place, place, (n, alpha, seed, xPlace, yPlace) => {
        const x = stream(seed, 'x').fillNormal(new Float64Array(n));
        const y = stream(seed, 'y').fillNormal(new Float64Array(n));
        const out = at(yPlace, y);
        expect(axpy(alpha, at(xPlace, x), out)).toBe(out);
        expectSame(
          out,
          y.map((value, i) => alpha * x[i]! + value),
        );
      }),
    );
  });

  test('axpy of x onto itself gives (α + 1)x', () => {
    for (const where of places) {
      const x = at(where, Float64Array.of(1, 2, 3, 4, 5));
      expect([...axpy(2, x, x)]).toEqual([3, 6, 9, 12, 15]);
      expect([...axpy(1, x.subarray(0, 5), x)]).toEqual([6, 12, 18, 24, 30]);
    }
  });

  test('dot is the sum of products: exact on integers', () => {
    fc.assert(
      property(size, fc.nat(), place, place, (n, seed, xPlace, yPlace) => {
        const x = integers(seed, 'x', n);
        const y = integers(seed, 'y', n);
        let sum = 0;
        for (let i = 0; i < n; i++) sum += x[i]! * y[i]!;
        expect(dot(at(xPlace, x), at(yPlace, y))).toBe(sum);
      }),
    );
  });

  test('dot and the norms give the same bits wherever arrays lie', () => {
    for (const n of [1, 2, 3, 7, 8, 9, 2048, 2049, 4100, 9999]) {
      const x = stream(n, 'x').fillNormal(new Float64Array(n));
      const y = stream(n, 'y').fillNormal(new Float64Array(n));
      for (const where of places) {
        expect(dot(at(where, x), y)).toBe(dot(x, y));
        expect(dot(x, at(where, y))).toBe(dot(x, y));
        for (const norm of [norm1, norm2, normInf]) expect(norm(at(where, x))).toBe(norm(x));
      }
    }
  });

  test('dot is as exact as its blocks allow: error of at most 800 roundings of Σ|xy|, not of n', () => {
    const n = 1_000_000;
    const x = stream(1, 'x').fillUniform(new Float64Array(n));
    let exact = 0n; // in units of 2⁻¹⁰⁶
    for (const value of x) exact += BigInt(value * 2 ** 53) ** 2n;
    // The 106 fractional bits of the exact sum, rounded once.
    const sum = Number(exact) * 2 ** -106;
    expect(Math.abs(dot(x, x) - sum)).toBeLessThanOrEqual(800 * 2 ** -53 * sum);
  });

  test('norms are those of the definition', () => {
    fc.assert(
      property(size, fc.nat(), place, (n, seed, where) => {
        const values = integers(seed, 'x', n);
        const x = at(where, values);
        expect(norm1(x)).toBe(values.reduce((sum, value) => sum + Math.abs(value), 0));
        expect(norm2(x)).toBe(Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)));
        expect(normInf(x)).toBe(values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0));
      }),
    );
  });

  test.each([2 ** 1000, 2 ** -1000, 2 ** -1070])('norm2 neither overflows nor underflows at scale %d', (scale) => {
    for (const where of places) {
      expect(norm2(at(where, Float64Array.of(3 * scale, 0, -4 * scale)))).toBe(5 * scale);
      expect(norm2(at(where, new Float64Array(10_000).fill(scale)))).toBe(100 * scale);
    }
  });

  test('norms of NaN and infinities', () => {
    for (const position of [0, 1, 2, 3, 4, 8, 9]) {
      const x = new Float64Array(10).fill(1);
      x[position] = -Infinity;
      for (const norm of [norm1, norm2, normInf]) expect(norm(x)).toBe(Infinity);
      x[position] = NaN;
      for (const norm of [norm1, norm2, normInf]) expect(norm(x)).toBe(NaN);
    }
  });

  test('other lengths and overlapping results are refused by name', () => {
    const x = new Float64Array(4);
    const kernel = allocate(5).array;
    expect(() => dot(x, new Float64Array(3))).toThrow(
      new RangeError("dot: 'y' is of length 3; must be of x's length 4. Pass a subarray of that length."),
    );
    expect(() => axpy(1, x, new Float64Array(5))).toThrow(
      new RangeError("axpy: 'y' is of length 5; must be of x's length 4. Pass a subarray of that length."),
    );
    const overlap = new RangeError("axpy: 'y' overlaps 'x'; must not share memory with it. Use another array.");
    for (const [from, to] of [
      [x.subarray(0, 3), x.subarray(1)],
      [x.subarray(1), x.subarray(0, 3)],
      [kernel.subarray(1), kernel.subarray(0, 4)],
      [kernel.subarray(0, 4), kernel.subarray(1)],
    ] as const) {
      expect(() => axpy(1, from, to)).toThrow(overlap);
    }
    axpy(1, x.subarray(0, 2), x.subarray(2));
    axpy(1, kernel.subarray(0, 2), kernel.subarray(2, 4));
  });
});

/** y_i ← αA_i x_i + βy_i by the definition. */
function reference(
  count: number,
  a: Float64Array,
  x: Float64Array,
  y: Float64Array,
  transpose: boolean,
  alpha: number,
  beta: number,
): Float64Array {
  const inner = x.length / count;
  const outer = y.length / count;
  return y.map((value, index) => {
    const b = Math.floor(index / outer);
    const i = index % outer;
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      const at = transpose ? k * outer + i : i * inner + k;
      sum += a[b * inner * outer + at]! * x[b * inner + k]!;
    }
    return alpha * sum + (beta === 0 ? 0 : beta * value);
  });
}

describe('level 2', () => {
  const dimension = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 45 }) },
    { weight: 1, arbitrary: fc.constantFrom(64, 65, 200) },
  );

  test('gemvStridedBatched equals the definition on integers: sizes, transposes, factors, places', () => {
    const count = fc.constantFrom(1, 2, 3, 10, 70);
    const inputs = fc.tuple(count, dimension, dimension, fc.boolean(), factor, factor, fc.nat(), place, place, place);
    fc.assert(
      property(inputs, ([n, outer, inner, transpose, alpha, beta, seed, aPlace, xPlace, yPlace]) => {
        const a = integers(seed, 'a', n * outer * inner);
        const x = integers(seed, 'x', n * inner);
        const y = integers(seed, 'y', n * outer);
        const out = at(yPlace, y);
        const options = { transpose, alpha, beta };
        expect(gemvStridedBatched(n, at(aPlace, a), at(xPlace, x), out, options)).toBe(out);
        expectSame(unsigned(out), unsigned(reference(n, a, x, y, transpose, alpha, beta)));
        if (n === 1) {
          const single = at(yPlace, y);
          expect(gemv(at(aPlace, a), at(xPlace, x), single, options)).toEqual(out);
        }
      }),
      { numRuns: 400 },
    );
  });

  test.each([
    [1, 2049],
    [3, 5000],
    [2049, 1],
    [5000, 3],
    [130, 2100],
    [131, 1111],
    [2100, 130],
  ])('gemv equals the definition on %d × %d matrices, which pass in pieces', (outer, inner) => {
    const a = integers(1, 'a', outer * inner);
    const x = integers(1, 'x', inner);
    const y = integers(1, 'y', outer);
    for (const transpose of [false, true]) {
      const expected = unsigned(reference(1, a, x, y, transpose, 2, -1));
      for (const where of places) {
        const out = gemv(at(where, a), at(where, x), at(where, y), { transpose, alpha: 2, beta: -1 });
        expectSame(unsigned(out), expected);
      }
    }
  });

  test.each([
    [1, 20, 20],
    [7, 31, 33],
    [1, 131, 1111],
    [1, 2051, 70],
  ])('transposed, sums run over the rows in order: the bits of a plain loop (%d of %d × %d)', (count, outer, inner) => {
    const a = stream(1, 'a').fillNormal(new Float64Array(count * outer * inner));
    const x = stream(1, 'x').fillNormal(new Float64Array(count * inner));
    const y = stream(1, 'y').fillNormal(new Float64Array(count * outer));
    const expected = reference(count, a, x, y, true, 0.3, -0.7);
    for (const where of places) {
      const options = { transpose: true, alpha: 0.3, beta: -0.7 };
      expectSame(gemvStridedBatched(count, at(where, a), at(where, x), at(where, y), options), expected);
    }
  });

  test('gives the same bits wherever arrays lie', () => {
    for (const [count, outer, inner] of [
      [1, 7, 2500],
      [3, 20, 20],
      [1, 300, 300],
      [90, 33, 31],
    ] as const) {
      const a = stream(1, 'a').fillNormal(new Float64Array(count * outer * inner));
      const x = stream(1, 'x').fillNormal(new Float64Array(count * inner));
      const y = stream(1, 'y').fillNormal(new Float64Array(count * outer));
      for (const transpose of [false, true]) {
        const options = { transpose, alpha: 0.3, beta: 0.7 };
        const expected = gemvStridedBatched(count, a, x, y.slice(), options);
        for (const where of places) {
          const out = gemvStridedBatched(count, at(where, a), at(where, x), at(where, y), options);
          expectSame(out, expected);
        }
      }
    }
  });

  test('beta = 0 overwrites NaN, and alpha = 0 reads neither matrix nor vector', () => {
    const nan = (length: number) => new Float64Array(length).fill(NaN);
    for (const where of places) {
      for (const n of [1, 2, 3, 4, 5, 21, 70]) {
        for (const transpose of [false, true]) {
          const a = at(where, new Float64Array(n * n).fill(1));
          const ones = new Float64Array(n).fill(1);
          expect(gemv(a, at(where, ones), at(where, nan(n)), { transpose })).toEqual(ones.map(() => n));
          const scaled = gemv(at(where, nan(n * n)), at(where, nan(n)), at(where, ones), {
            transpose,
            alpha: 0,
            beta: 2,
          });
          expect(scaled).toEqual(ones.map(() => 2));
          expect(gemv(at(where, nan(n * n)), ones, at(where, nan(n)), { alpha: 0 })).toEqual(new Float64Array(n));
        }
      }
    }
    expect(gemv(new Float64Array(0), new Float64Array(0), Float64Array.of(1, 2), { beta: 3 })).toEqual(
      Float64Array.of(3, 6),
    );
  });

  test('what does not fit is refused by name', () => {
    const vector = (length: number) => new Float64Array(length);
    expect(() => gemv(vector(5), vector(2), vector(3))).toThrow(
      new RangeError(
        "gemv: 'a' is of length 5; must be of length x.length · y.length = 6. Pass a flat matrix, row by row.",
      ),
    );
    expect(() => gemvStridedBatched(2, vector(5), vector(4), vector(6))).toThrow(
      new RangeError(
        "gemvStridedBatched: 'a' is of length 5; must be of length count · (x.length/count) · (y.length/count) = 12. Pass a flat matrix, row by row.",
      ),
    );
    expect(() => gemvStridedBatched(3, vector(6), vector(4), vector(3))).toThrow(
      new RangeError(
        "gemvStridedBatched: 'x' is of length 4; must be a multiple of count = 3. Store the vectors one behind the other.",
      ),
    );
    expect(() => gemvStridedBatched(3, vector(6), vector(3), vector(4))).toThrow(
      new RangeError(
        "gemvStridedBatched: 'y' is of length 4; must be a multiple of count = 3. Store the vectors one behind the other.",
      ),
    );
    for (const count of [0, -1, 1.5, NaN]) {
      expect(() => gemvStridedBatched(count, vector(1), vector(1), vector(1))).toThrow(
        new RangeError(
          `gemvStridedBatched: 'count' is ${count}; must be an integer from 1 on. It says how many matrices lie in a.`,
        ),
      );
    }
    for (const where of ['kernel', 'outside'] as const) {
      const all = at(where, vector(20));
      const [a, x, y] = [all.subarray(0, 9), all.subarray(9, 12), all.subarray(12, 15)];
      gemv(a, x, y);
      expect(() => gemv(a, x, all.subarray(11, 14))).toThrow(
        new RangeError("gemv: 'y' overlaps 'x'; must not share memory with it. Use another array."),
      );
      expect(() => gemv(a, x, all.subarray(6, 9))).toThrow(
        new RangeError("gemv: 'y' overlaps 'a'; must not share memory with it. Use another array."),
      );
    }
  });
});
