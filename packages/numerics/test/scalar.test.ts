import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { cos, cosh, exp, log, scalar, sin, sinh, tanh } from '../src/index.js';
import { ulp } from './elementary-ulp.js';

const RUNS = { numRuns: 2000 };

describe('functions of one number', () => {
  // Each bound is ours and the engine's together.
  test.each([
    ['exp', -745, 709.7, 3],
    ['expm1', -50, 709.7, 2],
    ['expm1', -1, 1, 2],
    ['log', 1e-300, 1e300, 3],
    ['log1p', -0.999, 1e9, 2],
    ['log1p', -1e-3, 1e-3, 2],
    ['log2', 1e-300, 1e300, 2],
    ['log10', 1e-300, 1e300, 2],
    ['sin', -1e6, 1e6, 3],
    ['cos', -1e6, 1e6, 3],
    ['sinh', -710, 710, 3],
    ['sinh', -1, 1, 3],
    ['cosh', -710, 710, 3],
    ['tanh', -30, 30, 3],
    ['tanh', -1, 1, 3],
    ['cbrt', -1e300, 1e300, 2],
  ] as const)('%s on [%d, %d] agrees with the engine’s own within %i ulp', (name, min, max, bound) => {
    fc.assert(
      fc.property(fc.double({ min, max, noNaN: true }), (x) => {
        const own = Math[name](x);
        expect(Math.abs(scalar[name](x) - own), String(x)).toBeLessThanOrEqual(bound * ulp(own));
      }),
      RUNS,
    );
  });

  test('powers and hypotenuses agree with the engine’s own within 2 ulp', () => {
    const base = fc.double({ min: 1e-10, max: 1e10, noNaN: true });
    const exponent = fc.double({ min: -30, max: 30, noNaN: true });
    fc.assert(
      fc.property(base, exponent, (x, y) => {
        expect(Math.abs(scalar.pow(x, y) - x ** y)).toBeLessThanOrEqual(2 * ulp(x ** y));
        const diagonal = Math.sqrt(x * x + y * y);
        expect(Math.abs(scalar.hypot(x, y) - diagonal)).toBeLessThanOrEqual(2 * ulp(diagonal));
      }),
      RUNS,
    );
  });

  test('are exact where the result is a short number', () => {
    for (let k = -1000; k <= 1000; k++) {
      expect(scalar.pow(2, k)).toBe(2 ** k);
      expect(scalar.log2(2 ** k)).toBe(k);
      expect(scalar.pow(k, 3)).toBe(k * k * k);
      expect(scalar.cbrt(k * k * k)).toBe(k);
    }
    for (let k = 0; k <= 22; k++) {
      expect(scalar.pow(10, k)).toBe(Number(`1e${k}`));
      expect(scalar.log10(Number(`1e${k}`))).toBe(k);
    }
    expect(scalar.hypot(3, 4)).toBe(5);
  });

  test.each([
    [2, 0, 1],
    [NaN, 0, 1],
    [1, NaN, NaN],
    [1, Infinity, NaN],
    [-8, 1 / 3, NaN],
    [-2, 3, -8],
    [-2, -3, -0.125],
    [0, -1, Infinity],
    [-0, -3, -Infinity],
    [0.5, Infinity, 0],
    [2, 1024, Infinity],
    [2, -1075, 0],
    [-Infinity, 0.5, Infinity],
  ])('%d to the power of %d is %d, as ECMAScript has it', (x, y, z) => {
    expect(scalar.pow(x, y)).toBe(z);
    expect(x ** y).toBe(z);
  });

  test('give the bits of the functions of arrays', () => {
    fc.assert(
      fc.property(fc.double(), (x) => {
        for (const [ofArray, ofNumber] of [
          [sin, scalar.sin],
          [cos, scalar.cos],
          [exp, scalar.exp],
          [log, scalar.log],
          [sinh, scalar.sinh],
          [cosh, scalar.cosh],
          [tanh, scalar.tanh],
        ] as const)
          // prettier-ignore
          expect(ofArray(Float64Array.of(x), new Float64Array(1))[0]).toBe(ofNumber(x));
      }),
      RUNS,
    );
  });

  test('keep their bits on every engine', () => {
    const values = [
      scalar.pow(1.1, 3.3),
      scalar.pow(0.9, 77),
      scalar.cosh(1.7),
      scalar.sinh(-2.3),
      scalar.tanh(0.7),
      scalar.expm1(0.3),
      scalar.log1p(0.7),
      scalar.log10(7),
      scalar.log2(7),
      scalar.hypot(1.1, 2.3),
    ];
    expect(values).toMatchInlineSnapshot(`
      [
        1.3696066657894779,
        0.0002996906728784534,
        2.828315457889967,
        -4.936961805545958,
        0.6043677771171635,
        0.3498588075760031,
        0.5306282510621704,
        0.8450980400142568,
        2.807354922057604,
        2.5495097567963922,
      ]
    `);
  });
});
