import {
  allocate,
  bootstrapInterval,
  gemm,
  gemmPool,
  gemv,
  gemvStridedBatched,
  logLogSlope,
  meanInterval,
  minimiseInBox,
  pairedDifference,
  quadraticDescent,
  quantileInterval,
  spmv,
  spmvStridedBatched,
  stream,
  syrk,
  trsm,
} from '../src/index.js';
import { describe, expect, it } from 'vitest';

const four = Float64Array.of(1, 0, 0, 1);
const two = Float64Array.of(1, 2);
const shared = () => new Float64Array(new SharedArrayBuffer(32));
const out = (length: number) => new Float64Array(length);

/** Every function that takes options, the option misspelt, and the option that is meant. */
const CALLS: readonly [name: string, wrong: string, right: string, call: (options: object) => unknown][] = [
  ['gemm', 'transposA', 'transposeA', (options) => gemm(2, 2, 2, four, four, out(4), options)],
  ['gemv', 'tranpose', 'transpose', (options) => gemv(four, two, out(2), options)],
  ['gemvStridedBatched', 'alfa', 'alpha', (options) => gemvStridedBatched(1, four, two, out(2), options)],
  ['spmv', 'betta', 'beta', (options) => spmv(Float64Array.of(1, 0, 1), two, out(2), options)],
  ['spmvStridedBatched', 'aplha', 'alpha', (o) => spmvStridedBatched(1, Float64Array.of(1, 0, 1), two, out(2), o)],
  ['syrk', 'Transpose', 'transpose', (options) => syrk(2, 2, four, out(4), options)],
  ['trsm', 'rigth', 'right', (options) => trsm(2, 2, four, out(4), options)],
  ['quantileInterval', 'confidence', 'level', (options) => quantileInterval([1, 2, 3], 0.5, options)],
  ['meanInterval', 'levle', 'level', (options) => meanInterval([1, 2, 3], options)],
  ['pairedDifference', 'Level', 'level', (options) => pairedDifference([1, 2, 3], [2, 3, 5], options)],
  ['logLogSlope', 'lavel', 'level', (options) => logLogSlope([1, 2, 3], [1, 2, 4], options)],
  ['minimiseInBox', 'itertions', 'iterations', (options) => minimiseInBox(() => 0, out(1), options)],
  [
    'bootstrapInterval',
    'samples',
    'resamples',
    (options) => bootstrapInterval([1, 2, 3], (x) => x[0]!, stream(1), options),
  ],
];

describe('a misspelt option', () => {
  it.each(CALLS)('of %s is refused with the one that is meant', (name, wrong, right, call) => {
    expect(() => call({ [wrong]: 1 })).toThrow(`${name}: '${wrong}' is no option;`);
    expect(() => call({ [wrong]: 1 })).toThrow(`Did you mean '${right}'?`);
    expect(() => call({ [wrong]: undefined })).toThrow(RangeError);
  });

  it.each(CALLS)('of %s: what is no object is refused', (name, _wrong, _right, call) => {
    expect(() => call(null as never)).toThrow(`${name}: 'options' is null; must be an object.`);
    expect(() => call(true as never)).toThrow(TypeError);
  });

  it('of quadraticDescent and of a pool', async () => {
    const quadratics = { matrices: allocate(1), linear: allocate(1) };
    expect(() => quadraticDescent({ ...quadratics, roh: 1 } as never)).toThrow("Did you mean 'rho'?");
    expect(() => quadraticDescent(undefined as never)).toThrow("quadraticDescent: 'quadratics' is undefined;");
    const pool = await gemmPool(1);
    await expect(pool.gemm(2, 2, 2, shared(), shared(), shared(), { lad: 2 } as never)).rejects.toThrow(
      "gemm: 'lad' is no option;",
    );
    await pool.close();
  });

  it('is refused in the second object, too, and what was right stays right', () => {
    const transposed = { transpose: true };
    const a = Float64Array.of(1, 2, 3, 4);
    expect(gemv(a, two, out(2), transposed)).toEqual(Float64Array.of(7, 10));
    expect(gemv(a, two, out(2), transposed)).toEqual(Float64Array.of(7, 10));
    expect(() => gemv(a, two, out(2), { transposed: true } as never)).toThrow("Did you mean 'transpose'?");
    expect(gemv(a, two, out(2))).toEqual(Float64Array.of(5, 11));
  });
});
