import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import {
  allocate,
  cholesky,
  gemm,
  invert,
  invertTriangular,
  NotPositiveDefiniteError,
  stream,
  syrk,
  trsm,
} from '../src/index.js';
import { memory } from '../src/wasm.js';
import { at, expectSame, integers, place, places, property, release, unsigned } from './places.js';

afterEach(release);

const normals = (seed: number, name: string, length: number) => stream(seed, name).fillNormal(new Float64Array(length));
const nan = (length: number) => new Float64Array(length).fill(NaN);
const transposed = (rows: number, columns: number, x: Float64Array) =>
  Float64Array.from({ length: x.length }, (_, at) => x[(at % rows) * columns + Math.floor(at / rows)]!);

/** A lower triangle of small integers with powers of two on its diagonal, NaN above: solves of it are exact for a while. */
function triangle(seed: number, n: number): Float64Array {
  const l = integers(seed, 'l', n * n);
  const key = stream(seed, 'diagonal');
  for (let i = 0; i < n; i++) {
    l.fill(NaN, i * n + i, (i + 1) * n);
    l[i * n + i] = [1, -1, 2, 0.5][key.integer(4)]!;
  }
  return l;
}

/** A well-conditioned lower triangle, NaN above. */
function mild(seed: number, n: number): Float64Array {
  const l = normals(seed, 'l', n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) l[i * n + j]! /= 2 * Math.sqrt(n);
    l.fill(NaN, i * n + i, (i + 1) * n);
    l[i * n + i] = 1 + (i % 3);
  }
  return l;
}

/** The lower triangle alone, zeros above. */
const lower = (n: number, l: Float64Array) => l.map((value, at) => (at % n > Math.floor(at / n) ? 0 : value));

function close(actual: Float64Array, expected: Float64Array, tolerance: number): void {
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let worst = 0;
  actual.forEach((value, i) => (worst = Math.max(worst, Math.abs(value - expected[i]!))));
  expect(worst).toBeLessThanOrEqual(tolerance * scale); // a NaN in `actual` leaves worst NaN, which is refused
}

/** Sizes around the small blocks and their doubles. */
const sizes = [1, 2, 7, 8, 9, 31, 32, 33, 64, 65, 100, 161];

describe('syrk', () => {
  test('equals the definition on integers, symmetric: sizes, transposes, factors, places', () => {
    const size = fc.integer({ min: 0, max: 40 });
    const factor = fc.constantFrom(0, 1, -1, 0.5, 3);
    fc.assert(
      property(
        fc.tuple(size, size, fc.boolean(), factor, factor),
        fc.nat(),
        place,
        place,
        ([n, k, transpose, alpha, beta], seed, aPlace, cPlace) => {
          const a = integers(seed, 'a', n * k);
          const c = integers(seed, 'c', n * n);
          const out = at(cPlace, c);
          expect(syrk(n, k, at(aPlace, a), out, { transpose, alpha, beta })).toBe(out);
          const expected = c.map((_, place) => {
            const [row, column] = [Math.floor(place / n), place % n];
            const [i, j] = [Math.max(row, column), Math.min(row, column)];
            let sum = 0;
            for (let p = 0; p < k; p++) {
              sum += transpose ? a[p * n + i]! * a[p * n + j]! : a[i * k + p]! * a[j * k + p]!;
            }
            return alpha * sum + (beta === 0 ? 0 : beta * c[i * n + j]!);
          });
          expectSame(unsigned(out), unsigned(expected));
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each([
    [3, 600],
    [125, 9],
    [241, 20],
    [530, 30],
    [1030, 3],
  ])('has the bits of gemm in its lower triangle, mirrored: n = %d, k = %d', (n, k) => {
    const a = normals(1, 'a', n * k);
    const full = gemm(n, n, k, a, transposed(n, k, a), new Float64Array(n * n), { alpha: 0.3 });
    full.forEach((_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      if (j > i) full[at] = full[j * n + i]!;
    });
    for (const where of places) {
      expectSame(syrk(n, k, at(where, a), at(where, nan(n * n)), { alpha: 0.3 }), full);
      const options = { alpha: 0.3, transpose: true };
      expectSame(syrk(n, k, at(where, transposed(n, k, a)), at(where, nan(n * n)), options), full);
      release();
    }
  });
});

describe('trsm', () => {
  test.each(sizes)('solves exactly what was multiplied, from every side, wherever arrays lie: n = %d', (n) => {
    for (const m of [0, 1, 7, 8, 20]) {
      const l = mild(n, n);
      for (const right of [false, true]) {
        for (const transpose of [false, true]) {
          const x = normals(m, 'x', n * m);
          const b = right
            ? gemm(m, n, n, x, lower(n, l), new Float64Array(n * m), { transposeB: transpose })
            : gemm(n, m, n, lower(n, l), x, new Float64Array(n * m), { transposeA: transpose });
          const solved = trsm(n, m, l, b.slice(), { right, transpose });
          close(solved, x, 1e-13);
          for (const where of places) {
            const out = at(where, b);
            expect(trsm(n, m, at(where, l), out, { right, transpose })).toBe(out);
            expectSame(out, solved);
            release();
          }
        }
      }
    }
  });

  test('many vectors are solved in pieces with the same bits', () => {
    const [n, m] = [32, 9000];
    const l = mild(1, n);
    const b = normals(2, 'b', n * m);
    for (const right of [false, true]) {
      const options = { right };
      expectSame(trsm(n, m, at('kernel', l), at('kernel', b), options), trsm(n, m, l, b.slice(), options));
    }
  });

  test('is the textbook substitution, exactly, on integers', () => {
    fc.assert(
      property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 20 }), fc.nat(), (n, m, seed) => {
        const l = triangle(seed, n);
        const b = integers(seed, 'b', n * m);
        const expected = b.slice();
        for (let i = 0; i < n; i++) {
          for (let c = 0; c < m; c++) {
            let sum = expected[i * m + c]!;
            for (let j = 0; j < i; j++) sum -= l[i * n + j]! * expected[j * m + c]!;
            expected[i * m + c] = sum / l[i * n + i]!;
          }
        }
        expectSame(unsigned(trsm(n, m, l, b)), unsigned(expected));
      }),
    );
  });
});

test.each(sizes)('invertTriangular gives L⁻¹ and leaves the upper triangle alone: n = %d', (n) => {
  const l = mild(n, n);
  const inverse = invertTriangular(n, l.slice());
  const identity = gemm(n, n, n, lower(n, l), lower(n, inverse), new Float64Array(n * n));
  close(
    identity,
    Float64Array.from({ length: n * n }, (_, at) => Number(at % (n + 1) === 0)),
    1e-13,
  );
  for (let i = 0; i < n; i++) expect(inverse.subarray(i * n + i + 1, (i + 1) * n).every(Number.isNaN)).toBe(true);
  for (const where of places) expectSame(invertTriangular(n, at(where, l)), inverse);
});

describe('cholesky', () => {
  test.each(sizes)('finds the factor that was multiplied, zeros above, wherever the array lies: n = %d', (n) => {
    const l = lower(n, mild(n, n));
    const a = syrk(n, n, l, new Float64Array(n * n));
    for (let i = 0; i < n; i++) a.fill(NaN, i * n + i + 1, (i + 1) * n);
    const factor = cholesky(n, a.slice());
    close(factor, l, 1e-12);
    for (let i = 0; i < n; i++) expect(factor.subarray(i * n + i + 1, (i + 1) * n).every((v) => v === 0)).toBe(true);
    for (const where of places) {
      const out = at(where, a);
      expect(cholesky(n, out)).toBe(out);
      expectSame(out, factor);
    }
  });

  test('is exact where it can be: integers with a known factor', () => {
    expect([...cholesky(3, Float64Array.of(4, 0, 0, 2, 10, 0, -6, 0, 26))]).toEqual([2, 0, 0, 1, 3, 0, -3, 1, 4]);
    expect(cholesky(0, new Float64Array(0))).toHaveLength(0);
  });

  test.each([0, 5, 31, 32, 40, 99])('names the first row that depends on those before it: %d', (row) => {
    const n = 100;
    const a = new Float64Array(n * n);
    for (let i = 0; i < n; i++) a[i * n + i] = 4;
    for (const value of [0, -1, NaN, Infinity]) {
      const bad = a.slice();
      bad[row * n + row] = value;
      for (const where of ['kernel', 'outside'] as const) {
        let error: unknown;
        try {
          cholesky(n, at(where, bad));
        } catch (caught) {
          error = caught;
        }
        expect(error).toBeInstanceOf(NotPositiveDefiniteError);
        expect(error).toMatchObject({ row, name: 'NotPositiveDefiniteError' });
      }
    }
  });

  test('says what to do', () => {
    expect(() => cholesky(2, Float64Array.of(1, 2, 2, 4))).toThrow(
      "cholesky: 'a' is not positive definite: what rows 0 to 0 leave of a diagonal element is not positive in row 1; must be positive in each. Leave the row out, or add to the diagonal.",
    );
  });
});

describe('invert', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 20, 50, 101])('A·A⁻¹ = 1, wherever the array lies: n = %d', (n) => {
    const a = normals(n, 'a', n * n);
    const inverse = a.slice();
    const logarithm = invert(n, inverse);
    const identity = gemm(n, n, n, a, inverse, new Float64Array(n * n));
    close(
      identity,
      Float64Array.from({ length: n * n }, (_, at) => Number(at % (n + 1) === 0)),
      1e-10,
    );
    for (const where of places) {
      const out = at(where, a);
      expect(invert(n, out)).toBe(logarithm);
      expectSame(out, inverse);
    }
    // det(AAᵀ) = det(A)² by the other factorisation.
    const factor = cholesky(n, syrk(n, n, a, new Float64Array(n * n)));
    let sum = 0;
    for (let i = 0; i < n; i++) sum += Math.log(factor[i * n + i]!);
    expect(logarithm).toBeCloseTo(sum, 8);
  });

  test('a permutation is inverted by its transpose', () => {
    fc.assert(
      property(fc.integer({ min: 0, max: 12 }), fc.nat(), place, (n, seed, where) => {
        const order = stream(seed, 'order').permutation(new Uint32Array(n));
        const a = new Float64Array(n * n);
        order.forEach((j, i) => (a[i * n + j] = 2));
        const inverse = at(where, a);
        expect(invert(n, inverse)).toBeCloseTo(n * Math.log(2), 12);
        expectSame(
          unsigned(inverse),
          transposed(n, n, a).map((value) => value / 4),
        );
      }),
    );
  });

  test('says −Infinity for what has no inverse', () => {
    for (const a of [
      [0, 0, 0, 0],
      [1, 2, 2, 4],
      [NaN, 1, 1, 1],
      [Infinity, 0, 0, 1],
    ]) {
      expect(invert(2, Float64Array.from(a))).toBe(-Infinity);
    }
  });

  test('takes large matrices in kernel memory only', () => {
    const n = 363;
    const a = new Float64Array(n * n);
    for (let i = 0; i < n; i++) a[i * n + ((i + 1) % n)] = 1;
    expect(() => invert(n, a)).toThrow(
      new RangeError(
        "invert: 'n' is 363; must be 362 at most outside kernel memory. Put the matrix into a block of allocate.",
      ),
    );
    const block = allocate(n * n);
    block.array.set(a);
    expect(invert(n, block.array)).toBe(0);
    expectSame(unsigned(block.array), transposed(n, n, a));
    block.free();
  });
});

test('what does not fit is refused by name', () => {
  const x = (length: number) => new Float64Array(length);
  const refused = (call: () => unknown, message: string) => expect(call).toThrow(new RangeError(message));
  for (const size of [-1, 0.5, NaN]) {
    const rule = `is ${size}; must be an integer from 0 on.`;
    refused(() => syrk(size, 1, x(1), x(1)), `syrk: 'n' ${rule} C is n × n.`);
    refused(() => syrk(1, size, x(1), x(1)), `syrk: 'k' ${rule} The sums have k terms.`);
    refused(() => trsm(size, 1, x(1), x(1)), `trsm: 'n' ${rule} L is n × n.`);
    refused(() => trsm(1, size, x(1), x(1)), `trsm: 'm' ${rule} It says how many systems are solved.`);
    refused(() => cholesky(size, x(1)), `cholesky: 'n' ${rule} A is n × n.`);
    refused(() => invertTriangular(size, x(1)), `invertTriangular: 'n' ${rule} L is n × n.`);
    refused(() => invert(size, x(1)), `invert: 'n' ${rule} A is n × n.`);
  }
  const flat = 'Pass a flat matrix, row by row.';
  refused(() => syrk(2, 3, x(5), x(4)), `syrk: 'a' is of length 5; must be of length n · k = 6. ${flat}`);
  refused(() => syrk(2, 3, x(6), x(6)), `syrk: 'c' is of length 6; must be of length n · n = 4. ${flat}`);
  refused(() => trsm(2, 3, x(3), x(6)), `trsm: 'l' is of length 3; must be of length n · n = 4. ${flat}`);
  refused(() => trsm(2, 3, x(4), x(5)), `trsm: 'b' is of length 5; must be of length n · m = 6. ${flat}`);
  refused(() => cholesky(2, x(3)), `cholesky: 'a' is of length 3; must be of length n · n = 4. ${flat}`);
  refused(
    () => invertTriangular(2, x(3)),
    `invertTriangular: 'l' is of length 3; must be of length n · n = 4. ${flat}`,
  );
  refused(() => invert(2, x(3)), `invert: 'a' is of length 3; must be of length n · n = 4. ${flat}`);
  for (const where of ['kernel', 'outside'] as const) {
    const all = at(where, x(20));
    const share = 'must not share memory with it. Use another array.';
    refused(() => syrk(2, 2, all.subarray(0, 4), all.subarray(3, 7)), `syrk: 'c' overlaps 'a'; ${share}`);
    refused(() => trsm(2, 2, all.subarray(0, 4), all.subarray(3, 7)), `trsm: 'b' overlaps 'l'; ${share}`);
  }
});

test('views of memory that has grown are refused by name', () => {
  const old = new Float64Array(memory.buffer, 0, 0);
  memory.grow(1);
  const words = (name: string, option: string) =>
    new TypeError(
      `${name}: '${option}' is a view of kernel memory that has grown since; must be a live array. Read block.array again after allocate.`,
    );
  const four = new Float64Array(4);
  expect(() => syrk(2, 2, old, four)).toThrow(words('syrk', 'a'));
  expect(() => syrk(2, 2, four, old)).toThrow(words('syrk', 'c'));
  expect(() => trsm(2, 2, old, four)).toThrow(words('trsm', 'l'));
  expect(() => trsm(2, 2, four, old)).toThrow(words('trsm', 'b'));
  expect(() => cholesky(2, old)).toThrow(words('cholesky', 'a'));
  expect(() => invertTriangular(2, old)).toThrow(words('invertTriangular', 'l'));
  expect(() => invert(2, old)).toThrow(words('invert', 'a'));
});
