/** symmetricEigen and svd, in WebAssembly's place and through each library. */
import fc from 'fast-check';
import { EVD, Matrix } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { through, type Blas } from '../src/engine-slot.js';
import { gemm, stream, svd, symmetricEigen, syrk } from '../src/index.js';
import { here, throughAll } from './engine-places.js';

const size = fc.integer({ min: 1, max: 30 });
const normals = (seed: number, name: string, length: number) => stream(seed, name).fillNormal(new Float64Array(length));
const identity = (n: number) => Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0));
const largest = (x: Float64Array) => x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
/** Largest difference, relative to `scale`. */
const off = (x: Float64Array, y: Float64Array, scale: number) => largest(x.map((value, i) => value - y[i]!)) / scale;

const ways = [
  { name: 'ml-matrix', run: <T>(_: keyof Blas, compute: () => T): T => compute() },
  ...here.map((library) => ({
    name: library.name,
    run: <T>(name: keyof Blas, compute: () => T): T => throughAll(library, name, compute),
  })),
];

describe.each(ways)('$name', ({ run }) => {
  test('symmetricEigen: A = Σ λ v vᵀ, vectors orthonormal, values ascending; the lower triangle alone is read', () => {
    fc.assert(
      fc.property(size, fc.nat(), fc.boolean(), (n, seed, degenerate) => {
        // Of rank 2 many eigenvalues are 0.
        const a = degenerate
          ? syrk(n, 2, normals(seed, 'a', 2 * n), new Float64Array(n * n))
          : normals(seed, 'a', n * n);
        const lower = a.slice();
        for (let i = 0; i < n; i++) {
          for (let j = i + 1; j < n; j++) {
            a[i * n + j] = a[j * n + i]!;
            lower[i * n + j] = NaN;
          }
        }
        const kept = lower.slice();
        const { values, vectors } = run('symmetricEigen', () => symmetricEigen(n, lower));
        expect(lower).toEqual(kept);
        expect([values.length, vectors.length]).toEqual([n, n * n]);
        expect([...values]).toEqual([...values].sort((x, y) => x - y));
        const scaled = vectors.map((x, at) => x * values[Math.floor(at / n)]!);
        const sum = gemm(n, n, n, vectors, scaled, new Float64Array(n * n), { transposeA: true });
        expect(off(sum, a, Math.max(largest(a), 1e-300))).toBeLessThan(1e-13 * n);
        expect(off(syrk(n, n, vectors, new Float64Array(n * n)), identity(n), 1)).toBeLessThan(1e-13 * n);
      }),
      { numRuns: 60 },
    );
  });

  test('svd: A = U diag Vᵀ of every shape, vectors orthonormal, values descending from 0 on', () => {
    fc.assert(
      fc.property(size, size, fc.nat(), fc.boolean(), (m, n, seed, degenerate) => {
        const a = degenerate
          ? gemm(m, n, 1, normals(seed, 'x', m), normals(seed, 'y', n), new Float64Array(m * n))
          : normals(seed, 'a', m * n);
        const kept = a.slice();
        const r = Math.min(m, n);
        const { values, u, vt } = run('svd', () => svd(m, n, a));
        expect(a).toEqual(kept);
        expect([values.length, u.length, vt.length]).toEqual([r, m * r, r * n]);
        expect([...values]).toEqual([...values].sort((x, y) => y - x));
        expect(values[r - 1]).toBeGreaterThanOrEqual(0);
        const scaled = vt.map((x, at) => x * values[Math.floor(at / n)]!);
        const product = gemm(m, n, r, u, scaled, new Float64Array(m * n));
        expect(off(product, a, largest(a))).toBeLessThan(1e-13 * (m + n));
        expect(off(syrk(r, n, vt, new Float64Array(r * r)), identity(r), 1)).toBeLessThan(1e-13 * n);
        const gram = syrk(r, m, u, new Float64Array(r * r), { transpose: true });
        expect(off(gram, identity(r), 1)).toBeLessThan(1e-13 * m);
      }),
      { numRuns: 100 },
    );
  });

  test('svd ends on denormal numbers, too', () => {
    for (const tiny of [1e-320, 5e-324, 1e-300]) {
      const { values, u, vt } = run('svd', () => svd(20, 16, new Float64Array(320).fill(tiny)));
      const size = tiny * Math.sqrt(320);
      expect(Math.abs(values[0]! - size)).toBeLessThanOrEqual(1e-12 * size + 5e-324);
      expect(values.subarray(1).every((value) => value <= 1e-12 * size)).toBe(true);
      expect([...u, ...vt].every(Number.isFinite)).toBe(true);
      expect(Math.abs(u[0]! * vt[0]! * Math.sqrt(320) - 1)).toBeLessThan(1e-12);
    }
  });

  test.each([-1016, -997, -532, 532, 997, 1020])('entries of about 2^%d have what their fractions have', (exponent) => {
    const factor = 2 ** exponent;
    const [m, n] = [12, 9];
    const a = normals(3, 'a', n * n);
    const wide = normals(3, 'b', m * n);
    const large = (x: Float64Array) => x.map((value) => value * factor);
    /** Rows are those of `y`, but for their signs. */
    const expectRows = (x: Float64Array, y: Float64Array) => {
      for (let row = 0; row < y.length; row += n) {
        let dot = 0;
        for (let i = row; i < row + n; i++) dot += x[i]! * y[i]!;
        expect(Math.abs(dot)).toBeCloseTo(1, 12);
      }
    };
    const eigen = symmetricEigen(n, a);
    const { values, vectors } = run('symmetricEigen', () => symmetricEigen(n, large(a)));
    expect(off(values.map((value) => value / factor), eigen.values, largest(eigen.values))).toBeLessThan(1e-14); // prettier-ignore
    expectRows(vectors, eigen.vectors);

    const singular = svd(m, n, wide);
    const found = run('svd', () => svd(m, n, large(wide)));
    expect(off(found.values.map((value) => value / factor), singular.values, singular.values[0]!)).toBeLessThan(1e-14); // prettier-ignore
    expectRows(found.vt, singular.vt);
    const scaled = found.u.map((x, at) => x * singular.values[at % n]!);
    expect(off(gemm(m, n, n, scaled, found.vt, new Float64Array(m * n)), wide, largest(wide))).toBeLessThan(1e-13);
  });

  test('entries of 1e308 have eigenvalues, and those that are no doubles are infinite', () => {
    const eigen = (x: number, n = 2) => run('symmetricEigen', () => symmetricEigen(n, new Float64Array(n * n).fill(x))).values; // prettier-ignore
    const [low, high] = eigen(8e307) as unknown as [number, number];
    expect(Math.abs(low / 1.6e308)).toBeLessThan(1e-15);
    expect(Math.abs(high / 1.6e308 - 1)).toBeLessThan(1e-14);
    expect(eigen(1e308)[1]).toBe(Infinity);
    // Of a band of 1 and ½: 1 + cos(jπ/4).
    const band = Float64Array.of(1, 0.5, 0, 0.5, 1, 0.5, 0, 0.5, 1).map((x) => x * 2 ** 1022);
    const singular = run('svd', () => svd(3, 3, band)).values.map((value) => value / 2 ** 1022);
    expect(off(singular, Float64Array.of(1 + Math.SQRT1_2, 1, 1 - Math.SQRT1_2), 1)).toBeLessThan(1e-15);
    expect(run('svd', () => svd(2, 2, new Float64Array(4).fill(1e308))).values[0]).toBe(Infinity);
  });

  test('closed forms', () => {
    // Second differences: 2 − 2 cos(jπ/(n + 1)).
    const n = 40;
    const a = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      a[i * (n + 1)] = 2;
      if (i > 0) a[i * n + i - 1] = -1;
    }
    const { values, vectors } = run('symmetricEigen', () => symmetricEigen(n, a));
    values.forEach((value, j) => expect(value).toBeCloseTo(2 - 2 * Math.cos(((j + 1) * Math.PI) / (n + 1)), 12));
    const first = Float64Array.from({ length: n }, (_, i) => Math.sin(((i + 1) * Math.PI) / (n + 1)));
    const scale = vectors[0]! / first[0]!;
    first.forEach((x, i) => expect(vectors[i]).toBeCloseTo(scale * x, 12));

    const wide = run('svd', () => svd(2, 3, Float64Array.of(0, 3, 0, 0, 0, -4)));
    expect([...wide.values]).toEqual([4, 3]);
    expect(wide.u.map(Math.abs)).toEqual(Float64Array.of(0, 1, 1, 0));
    expect(wide.vt.map(Math.abs)).toEqual(Float64Array.of(0, 0, 1, 0, 1, 0));
  });
});

test('without a library eigenvalues have the bits of ml-matrix', () => {
  const n = 12;
  const a = syrk(n, n, normals(1, 'a', n * n), new Float64Array(n * n));
  const { realEigenvalues, eigenvectorMatrix } = new EVD(Matrix.from1DArray(n, n, a), { assumeSymmetric: true });
  const { values, vectors } = symmetricEigen(n, a);
  expect([...values]).toEqual(realEigenvalues);
  expect([...vectors]).toEqual(eigenvectorMatrix.transpose().to1DArray());
});

test('empty matrices have empty decompositions', () => {
  const none = new Float64Array(0);
  expect(symmetricEigen(0, none)).toEqual({ values: none, vectors: none });
  expect(svd(0, 3, none)).toEqual({ values: none, u: none, vt: none });
  expect(svd(3, 0, none)).toEqual({ values: none, u: none, vt: none });
});

test('bad input is refused', () => {
  const x = (length: number) => new Float64Array(length);
  const lengths = 'Pass a flat matrix, row by row.';
  expect(() => symmetricEigen(1.5, x(2))).toThrow(
    new RangeError("symmetricEigen: 'n' is 1.5; must be an integer from 0 on. A is n × n."),
  );
  expect(() => symmetricEigen(2, x(3))).toThrow(
    new RangeError(`symmetricEigen: 'a' is of length 3; must be of length n · n = 4. ${lengths}`),
  );
  expect(() => symmetricEigen(2, Float64Array.of(1, 2, NaN, 4))).toThrow(
    new RangeError("symmetricEigen: 'a' has NaN in row 1, column 0; must be finite. Look at what made it."),
  );
  expect(() => svd(-1, 2, x(2))).toThrow(new RangeError("svd: 'm' is -1; must be an integer from 0 on. A is m × n."));
  expect(() => svd(2, NaN, x(2))).toThrow(new RangeError("svd: 'n' is NaN; must be an integer from 0 on. A is m × n."));
  expect(() => svd(2, 3, x(4))).toThrow(
    new RangeError(`svd: 'a' is of length 4; must be of length m · n = 6. ${lengths}`),
  );
  expect(() => svd(2, 3, Float64Array.of(1, 2, 3, 4, 5, -Infinity))).toThrow(
    new RangeError("svd: 'a' has -Infinity in row 1, column 2; must be finite. Look at what made it."),
  );
});

test('says how much did not converge', () => {
  const library = { symmetricEigen: () => 3, svd: () => 2 } as unknown as Blas;
  expect(() => through(library, () => symmetricEigen(2, new Float64Array(4)))).toThrow(
    new Error('symmetricEigen: 3 numbers beside the diagonal did not converge to 0. Scale the matrix.'),
  );
  expect(() => through(library, () => svd(2, 2, new Float64Array(4)))).toThrow(
    new Error('svd: 2 singular values did not converge. Scale the matrix.'),
  );
});
