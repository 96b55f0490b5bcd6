import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';
import { fromReturning, localSgd, minibatchSgd, quadratic, type ReturningProblem } from '../src/index.js';

const family = quadratic({ n: 3, d: 2, delta: 0.2, zeta: 1 });

/** Family Q by oracles that return arrays. */
const returning: ReturningProblem = {
  n: 3,
  d: 2,
  exact: true,
  grad(client, x) {
    const out = new Float64Array(2);
    family.clientGrad(client, x, out);
    return [...out];
  },
};

describe('fromReturning', () => {
  it('runs as the native form does', () => {
    const options = { eta: 0.3, K: 4, R: 10, x0: [1, 2] };
    expect(localSgd(fromReturning(returning), options).x).toEqual(localSgd(family, options).x);
  });

  it('passes the noise on, and everything else', () => {
    const problem = fromReturning({
      name: 'coin',
      n: 2,
      d: 1,
      grad: (_client, x, noise) => [x[0]! + noise.uniform()],
      clientGrad: (client, x) => [x[0]! + client],
      fullGrad: (x) => Float64Array.of(x[0]! + 0.5),
      value: (x) => x[0]! ** 2 / 2,
      constants: family.constants,
    });
    const out = new Float64Array(1);
    const noise = stream(3, 'coin');
    problem.grad(0, Float64Array.of(2), out, noise.at(7));
    expect(out[0]).toBe(2 + noise.at(7).uniform());
    problem.clientGrad!(1, Float64Array.of(2), out);
    expect(out[0]).toBe(3);
    problem.fullGrad!(Float64Array.of(2), out);
    expect(out[0]).toBe(2.5);
    expect(problem).toMatchObject({ name: 'coin', n: 2, d: 1, constants: family.constants });
    expect(problem.value!(Float64Array.of(2))).toBe(2);
    expect(problem.exact).toBeUndefined();
  });

  it('calls oracles as methods of their object', () => {
    const own = {
      n: 1,
      d: 1,
      exact: true as const,
      slope: 3,
      grad() {
        return [this.slope];
      },
    };
    expect(minibatchSgd(fromReturning(own), { eta: 1, K: 1, R: 1, x0: [0] }).x).toEqual(Float64Array.of(-3));
  });

  it('names what is wrong', () => {
    const options = { eta: 1, K: 1, R: 1, x0: [1, 1] };
    expect(() => localSgd(fromReturning({ ...returning, grad: () => [1, 2, 3] }), options)).toThrow(
      new RangeError("fromReturning: 'grad(0, …)' is [1, 2, 3]; must be an array of 2 numbers."),
    );
    expect(() => localSgd(fromReturning({ ...returning, grad: () => undefined as never }), options)).toThrow(
      new RangeError("fromReturning: 'grad(0, …)' is undefined; must be an array of 2 numbers."),
    );
    const wrong = fromReturning({ ...returning, clientGrad: () => [], fullGrad: () => [0] });
    expect(() => wrong.clientGrad!(2, new Float64Array(2), new Float64Array(2))).toThrow(
      "fromReturning: 'clientGrad(2, …)' is []; must be an array of 2 numbers.",
    );
    expect(() => wrong.fullGrad!(new Float64Array(2), new Float64Array(2))).toThrow(
      "fromReturning: 'fullGrad(…)' is [0]; must be an array of 2 numbers.",
    );
    expect(() => fromReturning({ n: 1, d: 1 } as never)).toThrow("fromReturning: 'problem.grad' is undefined");
    expect(() => fromReturning({ ...returning, n: 0 })).toThrow(
      "fromReturning: 'problem.n' is 0; must be an integer of at least 1.",
    );
  });
});
