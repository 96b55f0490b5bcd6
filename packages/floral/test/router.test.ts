import fc from 'fast-check';
import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';
import { emptyMixture, explain, mix, optimal, routeByLosses, routeByResponsibilities, routeHard, routerGradient, routerOf, type RouterOptions, softmax } from '../src/index.js'; // prettier-ignore
import { apart, differences, random } from './reference.js';

describe('a mixture', () => {
  it.each<[string, RouterOptions, number[]]>([
    ['plain', { clamp: 0 }, [0.3, -1, 0.8]],
    ['cold', { clamp: 0, temperature: 0.5 }, [0.3, -1, 0.8]],
    ['clamped and renormalised', { clamp: 0.1 }, [0.3, -3, 1.8]],
    ['clamped as in the authors’ code', { clamp: 0.1, renormalise: false }, [0.3, -3, 1.8]],
    ['of the top two', { top: 2 }, [0.3, -1, 0.8]],
  ])('%s has the gradient of finite differences', (_, options, theta) => {
    const router = routerOf({ noise: 0, ...options }, 3);
    const of = random(3, 3);
    const value = (x: Float64Array) =>
      mix(x, router, null, emptyMixture(3)).pi.reduce((sum, p, c) => sum + p * of[c]!, 0);
    const mixture = mix(Float64Array.from(theta), router, null, emptyMixture(3));
    const found = routerGradient(mixture, router, of, new Float64Array(3));
    expect(apart(found, differences(value, Float64Array.from(theta)))).toBeLessThan(1e-8);
  });

  it('adds the gradient of its entropy', () => {
    const router = routerOf({ clamp: 0, entropy: 0.7, temperature: 2 }, 3);
    const theta = Float64Array.of(0.3, -1, 0.8);
    const entropy = (x: Float64Array) =>
      0.7 * softmax(x, new Float64Array(3), 2).reduce((sum, p) => sum - p * Math.log(p), 0);
    const found = routerGradient(
      mix(theta, router, null, emptyMixture(3)),
      router,
      new Float64Array(3),
      new Float64Array(3),
    );
    expect(apart(found, differences(entropy, theta))).toBeLessThan(1e-8);
  });

  it('has the weights of its closed form', () => {
    const weights = (theta: number[], options: RouterOptions) => [...mix(Float64Array.from(theta), routerOf(options, theta.length), null, emptyMixture(theta.length)).pi]; // prettier-ignore
    expect(weights([0, 0, -100], { clamp: 0.1, renormalise: false })).toEqual([0.5, 0.5, 0.1]);
    expect(weights([0, 0, -100], { clamp: 0.1 })).toEqual([0.5 / 1.1, 0.5 / 1.1, 0.1 / 1.1]);
    expect(weights([2, 2, 2], { top: 2 })).toEqual([0.5, 0.5, 0]);
    expect(weights([7], {})).toEqual([1]);
  });

  it('has noise in training alone, uniform below its bound, and of its key', () => {
    const router = routerOf({ noise: 2, clamp: 0 }, 2);
    const theta = Float64Array.of(1, 0);
    const key = () => stream(1, 'router').at(3, 4, 5);
    const logit = ({ pi }: { pi: Float64Array }) => Math.log(pi[0]! / pi[1]!);
    const noisy = mix(theta, router, key(), emptyMixture(2));
    const drawn = key().fillUniform(new Float64Array(2));
    expect(logit(noisy)).toBeCloseTo(1 + 2 * (drawn[0]! - drawn[1]!), 10);
    expect(logit(mix(theta, router, null, emptyMixture(2)))).toBeCloseTo(1, 12);
  });

  it.each<[RouterOptions, number, string]>([
    [{ clamp: 0.5 }, 2, "router: 'clamp' is 0.5; must be from 0 to below 1/C = 0.5."],
    [{ clamp: 0.1, top: 2 }, 4, "router: 'clamp' is 0.1; must be 0 with 'top'."],
    [{ top: 5 }, 4, "router: 'top' is 5; must be at most the number of clusters, 4."],
    [{ temperature: 0 }, 4, "router: 'temperature' is 0; must be a finite number > 0."],
    [{ noise: -1 }, 4, "router: 'noise' is -1"],
    [{ entropy: NaN }, 4, "router: 'entropy' is NaN"],
    [{ heat: 1 } as never, 4, "router: 'heat' is no option"],
  ])('%j is refused', (options, clusters, message) => {
    expect(() => routerOf(options, clusters)).toThrow(message);
  });
});

describe('routing', () => {
  it('by losses is the softmax of −ηN f, with half of the old logits', () => {
    const theta = Float64Array.of(2, 0, -2);
    const pi = softmax(routeByLosses(theta, [1, 0.5, 2], 10), new Float64Array(3));
    expect(apart(pi, softmax([1 - 2, 0 - 1, -1 - 4], new Float64Array(3)))).toBeLessThan(1e-12);
  });
  it('hard takes the least loss, the first of equal ones', () => {
    expect(routeHard([3, 1, 1])).toEqual(Float64Array.of(-100, 0, -100));
  });
  it('of π* is 0 in its cluster and −100 elsewhere', () => {
    expect(optimal(1, 3)).toEqual(Float64Array.of(-100, 0, -100));
    expect(() => optimal(3, 3)).toThrow("optimal: 'cluster' is 3; must be an integer from 0 to 2. Take it modulo C.");
  });
  it('of EM is the mean responsibility: a weight may pass e/(e + C − 1), which bounds the authors’ code', () => {
    const C = 4;
    const losses = Float64Array.from({ length: 10 * C }, (_, at) => (at % C === 2 ? 0.1 : 3));
    const q = new Float64Array(10 * C);
    const theta = routeByResponsibilities(new Float64Array(C).fill(0.25), losses, q);
    const pi = softmax(theta, new Float64Array(C));
    const wanted = Math.exp(-0.1) / (Math.exp(-0.1) + 3 * Math.exp(-3));
    expect(pi[2]).toBeCloseTo(wanted, 12);
    expect(q[2]).toBeCloseTo(wanted, 12);
    expect(pi[2]).toBeGreaterThan(Math.E / (Math.E + 3));
  });
});

describe('explain', () => {
  it('counts purity, entropy, effective clients and mismatch', () => {
    const uniform = Array.from({ length: 8 }, () => new Float64Array(4).fill(0.25));
    const truth = Array.from({ length: 8 }, (_, k) => k % 4);
    const even = new Array<number>(8).fill(10);
    const before = explain(uniform, even, truth);
    expect(before.entropy).toBeCloseTo(Math.log(4), 12);
    expect(before.effective.map((n) => Math.round(1e9 * n) / 1e9)).toEqual([8, 8, 8, 8]);
    // 2(1 − 1/C), twice what the paper's remark says.
    expect(before.mismatch!.every((d) => Math.abs(d - 1.5) < 1e-12)).toBe(true);
    const sorted = truth.map((t) => softmax(optimal((t + 1) % 4, 4), new Float64Array(4)));
    const after = explain(sorted, even, truth);
    expect(after.purity).toBe(1);
    expect(after.mismatch!.every((d) => d < 1e-12)).toBe(true);
    expect(after.effective.every((n) => Math.abs(n - 2) < 1e-9)).toBe(true);
    const shared = truth.map((t) => softmax(optimal(t % 2, 4), new Float64Array(4)));
    expect(explain(shared, even, truth).purity).toBe(0.5);
  });
  it('of balanced one-hot routers has K/C effective clients, whatever they are called', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), (C, each) => {
        const weights = Array.from({ length: C * each }, (_, k) => softmax(optimal(k % C, C), new Float64Array(C)));
        const { effective } = explain(weights, new Array<number>(C * each).fill(3));
        expect(effective.every((n) => Math.abs(n - each) < 1e-9)).toBe(true);
      }),
    );
  });
  it('refuses lists that do not fit', () => {
    expect(() => explain([], [])).toThrow('must be of one, at least 1');
    const pi = Float64Array.of(0.5, 0.5);
    for (const odd of [
      new Float64Array(3),
      Float64Array.of(0.5, 0.6),
      Float64Array.of(-1, 2),
      Float64Array.of(NaN, 1),
    ]) {
      expect(() => explain([pi, odd], [1, 1])).toThrow("explain: 'weights[1]' is [");
    }
  });
});
