import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serverStep, startServer, type ServerOptimizerName } from '../src/index.js';

/** x and mean of three rounds; g = x − mean. */
const means = [[1, -1], [0.5, 0], [0.75, 2]] as const; // prettier-ignore

/** The definitions, written out for one number. */
function slow(optimizer: ServerOptimizerName, x: number, of: readonly number[], rate = 0.1): number {
  const [b1, b2, tau] = [0.9, 0.99, 1e-3];
  let [m, v] = [0, tau * tau];
  for (const mean of of) {
    const g = x - mean;
    if (optimizer === 'sgd') x = x - rate * g;
    if (optimizer === 'momentum') x -= rate * (m = b1 * m + g);
    if (optimizer === 'adagrad') x -= (rate * g) / (Math.sqrt((v += g * g)) + tau);
    if (optimizer === 'adam' || optimizer === 'yogi') {
      m = b1 * m + (1 - b1) * g;
      v = optimizer === 'adam' ? b2 * v + (1 - b2) * g ** 2 : v - (1 - b2) * g ** 2 * Math.sign(v - g ** 2);
      x -= (rate * m) / (Math.sqrt(v) + tau);
    }
  }
  return x;
}

describe('the server’s step', () => {
  it.each(['sgd', 'momentum', 'adagrad', 'adam', 'yogi'] as const)(
    '%s is its definition over three rounds',
    (optimizer) => {
      const options = { optimizer, rate: 0.1 };
      const x = Float64Array.of(2, -3);
      const state = startServer(2, options);
      for (const mean of means) serverStep(x, mean, state, options);
      [2, -3].forEach((start, i) =>
        expect(x[i]).toBeCloseTo(
          slow(
            optimizer,
            start,
            means.map((mean) => mean[i]!),
          ),
          12,
        ),
      );
    },
  );

  it('has golden values: the first step of Adam is rate·(1 − β₁)g/(√(β₂τ² + (1 − β₂)g²) + τ)', () => {
    const x = Float64Array.of(2);
    serverStep(x, [1], startServer(1, { optimizer: 'adam' }), { optimizer: 'adam', rate: 0.1 });
    expect(x[0]).toBeCloseTo(2 - (0.1 * 0.1) / (Math.sqrt(0.99e-6 + 0.01) + 1e-3), 14);
  });

  it('by default is the mean to the bit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 5 }),
        (mean) => {
          const x = new Float64Array(mean.length).fill(1e300);
          expect([...serverStep(x, mean, startServer(mean.length))]).toEqual(mean);
        },
      ),
    );
  });

  it.each([
    [{ optimizer: 'adamw' as never }, "serverStep: 'optimizer' is 'adamw'; must be 'sgd' or"],
    [{ rate: -1 }, "serverStep: 'rate' is -1"],
    [{ beta1: 1 }, "serverStep: 'beta1' is 1; must be from 0 to below 1."],
    [{ tau: 0 }, "serverStep: 'tau' is 0"],
    [{ beta: 1 } as never, "serverStep: 'beta' is no option"],
  ])('refuses %j', (options, message) => {
    expect(() => serverStep(new Float64Array(1), [1], startServer(1), options)).toThrow(message);
  });
  it('refuses moments of another optimiser', () => {
    expect(() => serverStep(new Float64Array(2), [1, 1], startServer(2), { optimizer: 'adam' })).toThrow('must be 2, 2 and 2. Begin with startServer and the same options.'); // prettier-ignore
  });
});
