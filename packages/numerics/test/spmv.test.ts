import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { gemv, packSymmetric, spmv, spmvStridedBatched, stream } from '../src/index.js';
import { memory } from '../src/wasm.js';
import { at, expectSame, integers, place, places, property, release, unsigned } from './places.js';

afterEach(release);

const factor = fc.constantFrom(0, 1, -1, 2, -3, 0.5);
const packedSize = (d: number) => (d * (d + 1)) / 2;

/** The full matrix of a packed one. */
function full(packed: Float64Array, d: number): Float64Array {
  return Float64Array.from({ length: d * d }, (_, at) => {
    const [i, j] = [Math.floor(at / d), at % d];
    return packed[packedSize(Math.max(i, j)) + Math.min(i, j)]!;
  });
}

/** y_i ← αA_i x_i + βy_i by the definition. */
function reference(
  count: number,
  a: Float64Array,
  x: Float64Array,
  y: Float64Array,
  alpha: number,
  beta: number,
): Float64Array {
  const d = y.length / count;
  return y.map((value, index) => {
    const k = Math.floor(index / d);
    const i = index % d;
    let sum = 0;
    for (let j = 0; j < d; j++) {
      sum += a[k * packedSize(d) + packedSize(Math.max(i, j)) + Math.min(i, j)]! * x[k * d + j]!;
    }
    return alpha * sum + (beta === 0 ? 0 : beta * value);
  });
}

describe('spmv', () => {
  const dimension = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 45 }) },
    { weight: 1, arbitrary: fc.constantFrom(64, 65, 66, 67, 200) },
  );

  test('spmvStridedBatched equals the definition on integers: sizes, factors, places', () => {
    const inputs = fc.tuple(fc.constantFrom(1, 2, 3, 10), dimension, factor, factor, fc.nat(), place, place, place);
    fc.assert(
      property(inputs, ([count, d, alpha, beta, seed, aPlace, xPlace, yPlace]) => {
        const a = integers(seed, 'a', count * packedSize(d));
        const x = integers(seed, 'x', count * d);
        const y = integers(seed, 'y', count * d);
        const out = at(yPlace, y);
        expect(spmvStridedBatched(count, at(aPlace, a), at(xPlace, x), out, { alpha, beta })).toBe(out);
        expectSame(unsigned(out), unsigned(reference(count, a, x, y, alpha, beta)));
        if (count === 1) {
          expect(spmv(at(aPlace, a), at(xPlace, x), at(yPlace, y), { alpha, beta })).toEqual(out);
        }
      }),
      { numRuns: 400 },
    );
  });

  test.each([1000, 2051])(
    'is gemv of the full matrix within 1e-13, with the same bits wherever arrays lie: d = %d',
    (d) => {
      const a = stream(1, 'a').fillNormal(new Float64Array(packedSize(d)));
      const x = stream(1, 'x').fillNormal(new Float64Array(d));
      const y = stream(1, 'y').fillNormal(new Float64Array(d));
      const options = { alpha: 0.3, beta: -0.7 };
      const product = spmv(a, x, y.slice(), options);
      const matrix = full(a, d);
      const scale = gemv(matrix.map(Math.abs), x.map(Math.abs), y.map(Math.abs), { alpha: 0.3, beta: 0.7 });
      gemv(matrix, x, y.slice(), options).forEach((value, i) => {
        expect(Math.abs(product[i]! - value)).toBeLessThanOrEqual(1e-13 * scale[i]!);
      });
      for (const where of places) expectSame(spmv(at(where, a), at(where, x), at(where, y), options), product);
      for (const where of places) expectSame(spmv(at(where, a), x, y.slice(), options), product);
    },
  );

  test('beta = 0 overwrites NaN, and alpha = 0 reads neither matrix nor vector', () => {
    const nan = (length: number) => new Float64Array(length).fill(NaN);
    for (const where of places) {
      for (const n of [1, 2, 3, 4, 5, 21, 70]) {
        const ones = new Float64Array(n).fill(1);
        const a = at(where, new Float64Array(packedSize(n)).fill(1));
        expect(spmv(a, at(where, ones), at(where, nan(n)))).toEqual(ones.map(() => n));
        const scaled = spmv(at(where, nan(packedSize(n))), at(where, nan(n)), at(where, ones), { alpha: 0, beta: 2 });
        expect(scaled).toEqual(ones.map(() => 2));
        expect(spmv(at(where, nan(packedSize(n))), ones, at(where, nan(n)), { alpha: 0 })).toEqual(new Float64Array(n));
      }
    }
  });

  test('what does not fit is refused by name', () => {
    const vector = (length: number) => new Float64Array(length);
    expect(() => spmv(vector(9), vector(3), vector(3))).toThrow(
      new RangeError(
        "spmv: 'a' is of length 9; must be of length d(d+1)/2 = 6, d = 3. Pack a full matrix by packSymmetric.",
      ),
    );
    expect(() => spmvStridedBatched(2, vector(6), vector(6), vector(6))).toThrow(
      new RangeError(
        "spmvStridedBatched: 'a' is of length 6; must be of length count · d(d+1)/2 = 12, d = 3. Pack a full matrix by packSymmetric.",
      ),
    );
    expect(() => spmv(vector(6), vector(2), vector(3))).toThrow(
      new RangeError("spmv: 'x' is of length 2; must be of y's length 3. A symmetric matrix is square."),
    );
    expect(() => spmvStridedBatched(3, vector(3), vector(4), vector(4))).toThrow(
      new RangeError(
        "spmvStridedBatched: 'y' is of length 4; must be a multiple of count = 3. Store the vectors one behind the other.",
      ),
    );
    expect(() => spmv(vector(1), vector(16385), vector(16385))).toThrow(
      new RangeError('spmv: the matrix has d = 16385 rows; must have 16384 at most. Use gemv on blocks of rows.'),
    );
    for (const count of [0, -1, 1.5, NaN]) {
      expect(() => spmvStridedBatched(count, vector(1), vector(1), vector(1))).toThrow(
        new RangeError(
          `spmvStridedBatched: 'count' is ${count}; must be an integer from 1 on. It says how many matrices lie in a.`,
        ),
      );
    }
    for (const where of ['kernel', 'outside'] as const) {
      const all = at(where, vector(20));
      const [a, x, y] = [all.subarray(0, 6), all.subarray(6, 9), all.subarray(9, 12)];
      spmv(a, x, y);
      expect(() => spmv(a, x, all.subarray(8, 11))).toThrow(
        new RangeError("spmv: 'y' overlaps 'x'; must not share memory with it. Use another array."),
      );
      expect(() => spmv(a, x, all.subarray(3, 6))).toThrow(
        new RangeError("spmv: 'y' overlaps 'a'; must not share memory with it. Use another array."),
      );
    }
  });
});

describe('packSymmetric', () => {
  test('packs the lower triangle row by row', () => {
    const out = new Float64Array(6);
    expect(packSymmetric(Float64Array.of(1, 2, 3, 2, 4, 5, 3, 5, 6), 3, out)).toBe(out);
    expect([...out]).toEqual([1, 2, 4, 3, 5, 6]);
    expect(packSymmetric(new Float64Array(0), 0, new Float64Array(0))).toEqual(new Float64Array(0));
  });

  test('undoes unpacking, in every place', () => {
    fc.assert(
      property(fc.integer({ min: 0, max: 20 }), fc.nat(), place, place, (d, seed, aPlace, outPlace) => {
        const packed = integers(seed, 'a', packedSize(d));
        expectSame(
          packSymmetric(at(aPlace, full(packed, d)), d, at(outPlace, new Float64Array(packed.length))),
          packed,
        );
      }),
    );
  });

  test('takes zeros of both signs for equal', () => {
    expect([...packSymmetric(Float64Array.of(1, 0, -0, 1), 2, new Float64Array(3))]).toEqual([1, -0, 1]);
  });

  test('refuses an asymmetric matrix and what does not fit by name', () => {
    expect(() => packSymmetric(Float64Array.of(1, 2, 3, 4), 2, new Float64Array(3))).toThrow(
      new RangeError(
        "packSymmetric: 'a' has 3 in row 1, column 0 and 2 in row 0, column 1; must be symmetric. Take the mean of both where they differ by rounding.",
      ),
    );
    expect(() => packSymmetric(Float64Array.of(1, 2, NaN, 4), 2, new Float64Array(3))).toThrow(/has NaN in row 1/);
    expect(() => packSymmetric(new Float64Array(5), 2, new Float64Array(3))).toThrow(
      new RangeError(
        "packSymmetric: 'a' is of length 5; must be of length d·d = 4, d = 2. Pass a subarray of that length.",
      ),
    );
    expect(() => packSymmetric(new Float64Array(4), 2, new Float64Array(4))).toThrow(
      new RangeError(
        "packSymmetric: 'out' is of length 4; must be of length d(d+1)/2 = 3, d = 2. Pass a subarray of that length.",
      ),
    );
    for (const d of [-1, 1.5, NaN]) {
      expect(() => packSymmetric(new Float64Array(1), d, new Float64Array(1))).toThrow(
        new RangeError(`packSymmetric: 'd' is ${d}; must be an integer from 0 on. The matrix is d × d.`),
      );
    }
    const all = new Float64Array(7);
    expect(() => packSymmetric(all.subarray(0, 4), 2, all.subarray(3, 6))).toThrow(
      new RangeError("packSymmetric: 'out' overlaps 'a'; must not share memory with it. Use another array."),
    );
  });
});

test('views of memory that has grown are refused by name', () => {
  const old = new Float64Array(memory.buffer, 0, 0);
  memory.grow(1);
  const words = (name: string, option: string) =>
    new TypeError(
      `${name}: '${option}' is a view of kernel memory that has grown since; must be a live array. Read block.array again after allocate.`,
    );
  const [three, two] = [new Float64Array(3), new Float64Array(2)];
  expect(() => spmv(old, two, two.slice())).toThrow(words('spmv', 'a'));
  expect(() => spmv(three, old, two)).toThrow(words('spmv', 'x'));
  expect(() => spmv(three, two, old)).toThrow(words('spmv', 'y'));
  expect(() => packSymmetric(old, 0, three)).toThrow(words('packSymmetric', 'a'));
  expect(() => packSymmetric(new Float64Array(4), 2, old)).toThrow(words('packSymmetric', 'out'));
});
