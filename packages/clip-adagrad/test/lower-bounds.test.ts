import { describe, expect, it } from 'vitest';

import {
  compose, firstStepBound, firstStepInstance, initialState, lastStepBound, lastStepInstance, method, update, type LowerBoundInstance, type Method,
} from '../src/index.js'; // prettier-ignore

/** Steps until |x| ≤ ν, when the noise of the given sign comes at step 0. */
function stepsAfterFirst({ nu, size, gradient }: LowerBoundInstance, of: Method, sign: number): number {
  const x = Float64Array.of(2);
  const point = { x: [x], state: initialState(of, [x]) };
  for (let t = 0; ; t++) {
    if (Math.abs(x[0]!) <= nu) return t;
    update(of, point, [Float64Array.of(gradient(x[0]!) + (t === 0 ? sign * size : 0))], point);
  }
}

const worst = (instance: LowerBoundInstance, of: Method) =>
  Math.max(stepsAfterFirst(instance, of, 1), stepsAfterFirst(instance, of, -1));

describe('firstStepInstance', () => {
  const [gamma, b0, x0] = [1, 0.1, 2];
  const plain = method('AdaGrad-Norm', { gamma, b0 });
  const clipped = method('Clip-AdaGrad-Norm', { gamma, b0, level: 0.5 });

  it.each([
    [1e-1, 46, 13.7],
    [1e-2, 144, 43.1],
    [1e-3, 453, 135.9],
    [1e-4, 1430, 429.4],
    [1e-5, 4520, 1357.7],
  ])('at δ = %d AdaGrad needs %i steps, at least the bound %d, and the clipped one 14', (delta, needed, bound) => {
    const instance = firstStepInstance({ eps: 0.01, delta });
    expect(worst(instance, plain)).toBe(needed);
    expect(firstStepBound(instance, { x0, gamma })).toBeCloseTo(bound, 1);
    expect(worst(instance, clipped)).toBe(14);
  });

  it.each([1e-1, 1e-2, 1e-3, 1e-4])('at ε = %d AdaGrad needs at least the bound', (eps) => {
    const instance = firstStepInstance({ eps, delta: 1e-3 });
    expect(worst(instance, plain)).toBe({ 0.1: 128, 0.01: 453, 0.001: 1478, 0.0001: 4722 }[eps]);
    expect(worst(instance, plain)).toBeGreaterThanOrEqual(firstStepBound(instance, { x0, gamma }));
  });

  it('has f ≤ ε within ν, slopes of at most ν, and noise of mean 0 and variance σ² at step 0 alone', () => {
    const instance = firstStepInstance({ eps: 0.02, delta: 0.1, sigma: 3 });
    const { nu, value, gradient, noise, probability, size } = instance;
    expect(nu).toBeCloseTo(0.2, 15);
    expect(value(nu)).toBeCloseTo(0.02, 15);
    expect(value(-1) - value(-0.9)).toBeCloseTo(0.1 * nu, 15);
    expect([gradient(0.1), gradient(5), gradient(-5)]).toEqual([0.1, nu, -nu]);
    expect(2 * probability * size ** 2).toBeCloseTo(9, 12);
    expect([noise(0, 9, 0.05), noise(0, 9, 0.15), noise(0, 9, 0.2), noise(1, 9, 0.05)]).toEqual([size, -size, 0, 0]);
  });
});

describe('lastStepInstance', () => {
  /** The least K at which both signs of the noise at step K − 1 end within ν. */
  function stepsNeeded({ nu, size, gradient }: LowerBoundInstance, of: Method, most: number): number {
    const x = Float64Array.of(2);
    const point = { x: [x], state: initialState(of, [x]) };
    for (let K = 1; K <= most; K++) {
      const ends = [size, -size].map((xi) => update(of, point, [Float64Array.of(gradient(x[0]!) + xi)]).x[0]![0]!);
      if (ends.every((end) => Math.abs(end) <= nu)) return K;
      update(of, point, [Float64Array.of(gradient(x[0]!))], point);
    }
    return Infinity;
  }
  const grid = Array.from({ length: 25 }, (_, k) => 10 ** (-3 + k / 8));

  it.each([
    [1e-1, 58],
    [1e-2, 187],
    [1e-3, 594],
    [1e-4, 1883],
  ])(
    'at δ = %d AdaGradD with the best γ needs %i steps, at least its bound, and the clipped one 19',
    (delta, needed) => {
      const options = { eps: 0.02, delta };
      const instance = lastStepInstance(options);
      const best = (level?: number) =>
        Math.min(
          ...grid.map((gamma) => {
            const of = compose({ gamma, b0: 0.1, delay: true, clip: level ? { level } : null });
            const K = stepsNeeded(instance, of, 2000);
            if (!level) expect(K).toBeGreaterThanOrEqual(Math.floor(lastStepBound(options, { gamma, b0: 0.1 })));
            return K;
          }),
        );
      expect(best()).toBe(needed);
      expect(best(0.5)).toBe(19);
    },
  );

  it('has noise of variance σ² at the last step alone', () => {
    const { probability, size, noise } = lastStepInstance({ eps: 0.02, delta: 0.05, sigma: 2 });
    expect(2 * probability * size ** 2).toBeCloseTo(4, 12);
    expect([noise(8, 9, 0.05), noise(8, 9, 0.15), noise(8, 9, 0.2), noise(0, 9, 0.05)]).toEqual([size, -size, 0, 0]);
  });
});

describe('bad input', () => {
  it.each<[() => unknown, string]>([
    [() => firstStepInstance({ eps: 0, delta: 0.1 }), "firstStepInstance: 'eps' is 0; must be a finite number > 0. It is what f(x_K) is compared with."], // prettier-ignore
    [() => lastStepInstance({ eps: 1, delta: 0.3 }), "lastStepInstance: 'delta' is 0.3; must be above 0 and at most 0.25. It is the probability of failure that is allowed."], // prettier-ignore
    [() => lastStepInstance({ eps: 1, delta: 0.1, sigma: -1 }), "lastStepInstance: 'sigma' is -1; must be a finite number > 0. Leave it out for 1."], // prettier-ignore
  ])('refuses it', (make, message) => {
    expect(make).toThrow(new RangeError(message));
  });
});
