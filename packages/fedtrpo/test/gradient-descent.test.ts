import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { gradientDescent, type Gradient } from '../src/index.js';

/** ∇f of f(x) = ½ Σ_j λ_j x_j². */
const quadratic =
  (lambda: readonly number[]): Gradient =>
  (x, out) =>
    lambda.forEach((l, j) => (out[j] = l * x[j]!));

describe('gradientDescent', () => {
  it('multiplies each coordinate of a quadratic by 1 − ηλ_j in every step', () => {
    const x = gradientDescent(quadratic([1, 4, 2]), { x0: [16, 1, 8], eta: 0.25, steps: 3 });
    expect([...x]).toEqual([16 * 0.75 ** 3, 0, 8 * 0.5 ** 3]);
  });

  it('never moves away from the minimum of a quadratic while η ≤ 1/L', () => {
    const coordinate = fc.record({
      lambda: fc.double({ min: 1e-3, max: 1, noNaN: true }),
      x0: fc.double({ min: -10, max: 10, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(coordinate, { minLength: 1 }), fc.integer({ min: 1, max: 20 }), (coordinates, steps) => {
        const x0 = coordinates.map((c) => c.x0);
        const x = gradientDescent(quadratic(coordinates.map((c) => c.lambda)), { x0, eta: 1, steps });
        return x.every((value, j) => Math.abs(value) <= Math.abs(x0[j]!));
      }),
    );
  });

  it('leaves x0 as it is', () => {
    const x0 = Float64Array.of(2);
    expect([...gradientDescent(quadratic([1]), { x0, eta: 0.5, steps: 1 })]).toEqual([1]);
    expect([...x0]).toEqual([2]);
  });

  it.each([
    [{ eta: 0 }, "gradientDescent: 'eta' is 0; must be a positive number, e.g. 1/L."],
    [{ eta: NaN }, "gradientDescent: 'eta' is NaN; must be a positive number, e.g. 1/L."],
    [{ steps: 0.5 }, "gradientDescent: 'steps' is 0.5; must be a positive integer."],
    [{ x0: [1, NaN] }, "gradientDescent: 'x[1]' became NaN; must stay finite. Lower 'eta' = 1."],
  ])('refuses %o', (bad, message) => {
    const options = { x0: [1, 1], eta: 1, steps: 1, ...bad };
    expect(() => gradientDescent(quadratic([1, 1]), options)).toThrow(new RangeError(message));
  });
});
