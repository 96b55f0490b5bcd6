/** Arrays, factors and switches of another kind: refused by name, and in the same words whatever computes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { through } from '../src/engine-slot.js';
import {
  allocate,
  axpy,
  bootstrapInterval,
  cholesky,
  cos,
  cosh,
  dot,
  exp,
  gemm,
  gemmPool,
  gemv,
  gemvStridedBatched,
  invert,
  invertTriangular,
  log,
  logLogSlope,
  mean,
  meanInterval,
  median,
  minimiseInBox,
  norm1,
  norm2,
  normInf,
  packSymmetric,
  pairedDifference,
  quadraticDescent,
  quantile,
  quantileInterval,
  sin,
  sinh,
  spearman,
  auroc,
  delong,
  kolmogorovSmirnov,
  spmv,
  spmvStridedBatched,
  stream,
  svd,
  symmetricEigen,
  syrk,
  tanh,
  tanhBackward,
  trsm,
} from '../src/index.js';
import { here } from './engine-places.js';

/** Rows of a square matrix: no library is asked below. */
const D = 64;
const square = () => Float64Array.from({ length: D * D }, (_, at) => (at % (D + 1) === 0 ? 4 : 0));
const vector = () => new Float64Array(D).fill(1);
const packed = () => packSymmetric(square(), D, new Float64Array((D * (D + 1)) / 2));
const draws = stream(1);

/** Every function of arrays: the names of its arrays, right ones, and the call. */
const CALLS: readonly [name: string, names: string, arrays: () => Float64Array[], call: (...x: never[]) => unknown][] =
  [
    ['axpy', 'x y', () => [vector(), vector()], (x, y) => axpy(2, x, y)],
    ['dot', 'x y', () => [vector(), vector()], (x, y) => dot(x, y)],
    ['norm1', 'x', () => [vector()], (x) => norm1(x)],
    ['norm2', 'x', () => [vector()], (x) => norm2(x)],
    ['normInf', 'x', () => [vector()], (x) => normInf(x)],
    ['gemv', 'a x y', () => [square(), vector(), vector()], (a, x, y) => gemv(a, x, y)],
    ['gemvStridedBatched', 'a x y', () => [square(), vector(), vector()], (a, x, y) => gemvStridedBatched(1, a, x, y)],
    ['spmv', 'a x y', () => [packed(), vector(), vector()], (a, x, y) => spmv(a, x, y)],
    ['spmvStridedBatched', 'a x y', () => [packed(), vector(), vector()], (a, x, y) => spmvStridedBatched(1, a, x, y)],
    ['gemm', 'a b c', () => [square(), square(), square()], (a, b, c) => gemm(D, D, D, a, b, c)],
    [
      'gemm',
      'a b c',
      () => [square(), square(), square()],
      (a, b, c) => gemm(D, D, D, a, b, c, { lda: D, ldb: D, ldc: D }),
    ],
    ['syrk', 'a c', () => [square(), square()], (a, c) => syrk(D, D, a, c)],
    ['trsm', 'l b', () => [square(), vector()], (l, b) => trsm(D, 1, l, b)],
    ['invertTriangular', 'l', () => [square()], (l) => invertTriangular(D, l)],
    ['cholesky', 'a', () => [square()], (a) => cholesky(D, a)],
    ['invert', 'a', () => [square()], (a) => invert(D, a)],
    ['svd', 'a', () => [square()], (a) => svd(D, D, a)],
    ['symmetricEigen', 'a', () => [square()], (a) => symmetricEigen(D, a)],
    ['packSymmetric', 'a out', () => [square(), packed()], (a, out) => packSymmetric(a, D, out)],
    ['sin', 'x out', () => [vector(), vector()], (x, out) => sin(x, out)],
    ['cos', 'x out', () => [vector(), vector()], (x, out) => cos(x, out)],
    ['exp', 'x out', () => [vector(), vector()], (x, out) => exp(x, out)],
    ['log', 'x out', () => [vector(), vector()], (x, out) => log(x, out)],
    ['sinh', 'x out', () => [vector(), vector()], (x, out) => sinh(x, out)],
    ['cosh', 'x out', () => [vector(), vector()], (x, out) => cosh(x, out)],
    ['tanh', 'x out', () => [vector(), vector()], (x, out) => tanh(x, out)],
    ['tanhBackward', 'x delta', () => [vector(), vector()], (x, delta) => tanhBackward(x, delta)],
    ['fillUniform', 'out', () => [vector()], (out) => draws.fillUniform(out)],
    ['fillNormal', 'out', () => [vector()], (out) => draws.fillNormal(out)],
    ['fillExponential', 'out', () => [vector()], (out) => draws.fillExponential(out)],
    ['fillGumbel', 'out', () => [vector()], (out) => draws.fillGumbel(out)],
    ['fillLaplace', 'out', () => [vector()], (out) => draws.fillLaplace(out)],
    ['fillPareto', 'out', () => [vector()], (out) => draws.fillPareto(out, 2)],
    ['fillDirichlet', 'alpha out', () => [vector(), vector()], (alpha, out) => draws.fillDirichlet(alpha, out)],
  ];

/** Functions of some 20 ns, where undefined in place of an array is left to the JavaScript engine's message. */
const SHORT = /^(axpy|dot|gemv|spmv)/;

/** What is passed in place of an array of doubles, and what the message calls it. */
const WRONG: readonly [told: string, of: (x: Float64Array) => unknown][] = [
  ['a Float32Array', (x) => Float32Array.from(x)],
  ['an Int32Array', (x) => Int32Array.from(x)],
  ['a BigInt64Array', (x) => BigInt64Array.from(x, BigInt)],
  ['a DataView', (x) => new DataView(x.buffer)],
  ["'x'", () => 'x'],
  ['an object', () => ({ length: D })],
];
const MISSING: typeof WRONG = [
  ['undefined', () => undefined],
  ['null', () => null],
];

/** The engines: kernels of WebAssembly, and each native library that is here for all sizes. */
const ENGINES = [{ name: 'wasm', blas: null }, ...here];

describe.each(ENGINES)('$name', ({ blas }) => {
  it.each(CALLS)('%s refuses an array of another kind, each of its arrays: %s', (name, names, arrays, call) => {
    for (const [k, option] of names.split(' ').entries()) {
      for (const [told, of] of SHORT.test(name) ? WRONG : [...WRONG, ...MISSING]) {
        const given: unknown[] = arrays();
        given[k] = of(given[k] as Float64Array);
        expect(() => through(blas, () => call(...(given as never[]))), told).toThrow(
          new TypeError(`${name}: '${option}' is ${told}; must be a Float64Array. Convert it by Float64Array.from.`),
        );
      }
      const given: unknown[] = arrays();
      given[k] = Array.from(given[k] as Float64Array);
      expect(() => through(blas, () => call(...(given as never[])))).toThrow(
        /^\w+: '\w+' is \[.*…\]; must be a Float64/u,
      );
    }
    expect(() => through(blas, () => call(...(arrays() as never[])))).not.toThrow();
  });

  it.each<[string, string, (options: object) => unknown]>([
    ['gemm', 'alpha beta transposeA transposeB', (o) => gemm(D, D, D, square(), square(), square(), o)],
    ['gemv', 'alpha beta transpose', (o) => gemv(square(), vector(), vector(), o)],
    ['gemvStridedBatched', 'alpha beta transpose', (o) => gemvStridedBatched(1, square(), vector(), vector(), o)],
    ['spmv', 'alpha beta', (o) => spmv(packed(), vector(), vector(), o)],
    ['spmvStridedBatched', 'alpha beta', (o) => spmvStridedBatched(1, packed(), vector(), vector(), o)],
    ['syrk', 'alpha beta transpose', (o) => syrk(D, D, square(), square(), o)],
    ['trsm', 'right transpose', (o) => trsm(D, 1, square(), vector(), o)],
  ])('%s refuses factors that are no numbers and switches that are neither on nor off', (name, names, call) => {
    for (const option of names.split(' ')) {
      const allowed = ['alpha', 'beta'].includes(option) ? 'a number' : 'true or false';
      for (const value of ['x', '2', null, [1], 1n, allowed === 'a number' ? true : 1]) {
        const told = value === null ? 'null' : typeof value === 'string' ? `'${value}'` : String(value);
        const expected = `${name}: '${option}' is ${Array.isArray(value) ? '[1]' : told}; must be ${allowed}.`;
        expect(() => through(blas, () => call({ [option]: value })), String(value)).toThrow(new TypeError(expected));
      }
      expect(() => through(blas, () => call({ [option]: undefined }))).not.toThrow();
    }
  });

  it('computes with factors that are NaN or infinite', () => {
    const factor = fc.constantFrom(NaN, Infinity, -Infinity, 0, 1, -2);
    fc.assert(
      fc.property(factor, factor, (alpha, beta) => {
        // Each sum is 64 · 2 · 1 or 1 · 3, and C holds 5.
        const expected = (sum: number) => (alpha === 0 ? 0 : alpha * sum) + (beta === 0 ? 0 : beta * 5);
        const [twos, ones, threes] = [
          new Float64Array(D * D).fill(2),
          vector(),
          new Float64Array((D * (D + 1)) / 2).fill(3),
        ];
        const old = (length: number) => new Float64Array(length).fill(5);
        through(blas, () => {
          expect(gemm(D, D, D, twos, new Float64Array(D * D).fill(1), old(D * D), { alpha, beta })[7]).toBe(
            expected(128),
          );
          expect(syrk(D, D, twos, old(D * D), { alpha, beta })[7]).toBe(expected(256));
          for (const transpose of [false, true]) {
            expect(gemv(twos, ones, old(D), { alpha, beta, transpose })[7]).toBe(expected(128));
          }
          expect(spmv(threes, ones, old(D), { alpha, beta })[7]).toBe(expected(192));
        });
      }),
    );
  });
});

describe('beside them', () => {
  it('an array of another realm is an array', () => {
    const other = vector();
    Object.setPrototypeOf(other, Object.create(Object.getPrototypeOf(Float64Array.prototype) as object));
    expect(other).not.toBeInstanceOf(Float64Array);
    expect(dot(other, vector())).toBe(D);
  });

  it('permutation and choice want 32-bit integers without a sign', () => {
    const message = (name: string) =>
      new TypeError(`${name}: 'out' is a Uint8Array; must be a Uint32Array. Convert it by Uint32Array.from.`);
    expect(() => draws.permutation(new Uint8Array(300) as never)).toThrow(message('permutation'));
    expect(() => draws.choice(300, new Uint8Array(3) as never)).toThrow(message('choice'));
  });

  it('a pool refuses what gemm refuses', async () => {
    const shared = () => new Float64Array(new SharedArrayBuffer(32));
    const pool = await gemmPool(1);
    const floats = new Float32Array(new SharedArrayBuffer(16));
    await expect(pool.gemm(2, 2, 2, shared(), floats as never, shared())).rejects.toThrow(
      "gemm: 'b' is a Float32Array;",
    );
    await expect(pool.gemm(2, 2, 2, undefined as never, shared(), shared())).rejects.toThrow("gemm: 'a' is undefined;");
    const options = { alpha: '1' } as never;
    await expect(pool.gemm(2, 2, 2, shared(), shared(), shared(), options)).rejects.toThrow("gemm: 'alpha' is '1';");
    await pool.close();
  });

  it('quadraticDescent wants blocks, numbers and live arrays of doubles', () => {
    const [matrices, linear] = [allocate(2), allocate(2)];
    const refused = (quadratics: object, message: string) =>
      expect(() => quadraticDescent(quadratics as never)).toThrow(new TypeError(`quadraticDescent: ${message}`));
    refused({ linear }, "'matrices' is undefined; must be a block. Take it from allocate.");
    refused(
      { matrices, linear: new Float64Array(2) },
      "'linear' is an array of 2; must be a block. Take it from allocate.",
    );
    refused({ matrices, linear, rho: '1' }, "'rho' is '1'; must be a number.");
    refused({ matrices, linear, transpose: 'T' }, "'transpose' is 'T'; must be true or false.");
    const descend = quadraticDescent({ matrices, linear });
    expect(() => descend(new Float32Array(2) as never, null, 0.1, 1)).toThrow("'y' is a Float32Array;");
    expect(() => descend(allocate(2).array, null, '1' as never, 1)).toThrow("'eta' is '1';");
  });

  it('an options object is looked at in each call: what has come to it since is refused', () => {
    const forGemv: Record<string, unknown> = { transpose: true };
    const forSpmv: Record<string, unknown> = { alpha: 2 };
    gemv(square(), vector(), vector(), forGemv);
    spmv(packed(), vector(), vector(), forSpmv);
    forGemv['tranpose'] = false;
    forSpmv['betta'] = 1;
    expect(() => gemv(square(), vector(), vector(), forGemv)).toThrow("gemv: 'tranpose' is no option;");
    expect(() => spmv(packed(), vector(), vector(), forSpmv)).toThrow("spmv: 'betta' is no option;");
  });
});

describe('a sample is refused by name where it is no array', () => {
  const x = [1, 2, 3];
  it.each<[string, string, (value: never) => unknown]>([
    ['mean', 'x', (v) => mean(v)],
    ['median', 'x', (v) => median(v)],
    ['quantile', 'x', (v) => quantile(v, 0.5)],
    ['quantileInterval', 'x', (v) => quantileInterval(v, 0.5)],
    ['meanInterval', 'x', (v) => meanInterval(v)],
    ['pairedDifference', 'a', (v) => pairedDifference(v, x)],
    ['pairedDifference', 'b', (v) => pairedDifference(x, v)],
    ['logLogSlope', 'x', (v) => logLogSlope(v, x)],
    ['logLogSlope', 'y', (v) => logLogSlope(x, v)],
    ['auroc', 'positive', (v) => auroc(v, x)],
    ['auroc', 'negative', (v) => auroc(x, v)],
    ['delong', 'positive', (v) => delong(v, [x])],
    ['kolmogorovSmirnov', 'a', (v) => kolmogorovSmirnov(v, x)],
    ['kolmogorovSmirnov', 'b', (v) => kolmogorovSmirnov(x, v)],
    ['spearman', 'x', (v) => spearman(v, x)],
    ['spearman', 'y', (v) => spearman(x, v)],
    ['bootstrapInterval', 'blocks', (v) => bootstrapInterval(v, () => 1, draws)],
    ['minimiseInBox', 'x0', (v) => minimiseInBox(() => 1, v)],
  ])("%s: '%s'", (name, option, call) => {
    for (const [told, value] of [['undefined', undefined], ['null', null], ['3', 3], ["'x'", 'x'], ['an object', {}]] as const) {
      expect(() => call(value as never)).toThrow(TypeError);
      expect(() => call(value as never)).toThrow(`${name}: '${option}' is ${told}; must be an array. Give`);
    }
  }); // prettier-ignore
});
