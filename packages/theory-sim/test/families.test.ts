import { stream } from '@assay-ml/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bounded,
  cosh,
  pathGradientBound,
  quartic,
  smoothnessEstimator,
  concave1d,
  homogeneousHessian,
  localSgd,
  quadratic,
  type Constants,
  type Family,
} from '../src/index.js';

const { sin, cos, sqrt, abs, max, PI } = Math;
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, j) => sum + v * b[j]!, 0);
const minus = (a: readonly number[], b: readonly number[]) => a.map((v, j) => v - b[j]!);
const norm = (a: readonly number[]) => sqrt(dot(a, a));
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

const gradient = ({ d, clientGrad }: Family, i: number, x: readonly number[]): number[] => {
  const out = new Float64Array(d);
  clientGrad(i, Float64Array.from(x), out);
  return [...out];
};
const full = ({ d, fullGrad }: Family, x: readonly number[]): number[] => {
  const out = new Float64Array(d);
  fullGrad(Float64Array.from(x), out);
  return [...out];
};
const value = (family: Family, x: readonly number[]) => family.value(Float64Array.from(x));
const difference = (family: Family, i: number, x: readonly number[]) => minus(gradient(family, i, x), full(family, x));

/** `count` points with normal coordinates of size `scale`. */
function points(count: number, d: number, scale = 4, name = 'points'): number[][] {
  const all = stream(11, name).fillNormal(new Float64Array(count * d));
  return range(count).map((t) => [...all.subarray(t * d, (t + 1) * d)].map((v) => scale * v));
}

/** The parts of an instance of W, read off its gradients: λ, b and φ. */
function partsOfW(family: Family, rho: number, delta: number) {
  const at = (c: number) => range(family.d).map(() => c);
  const zero = difference(family, 0, at(0));
  const pi = difference(family, 0, at(PI));
  const half = difference(family, 0, at(PI / 2));
  const b = zero.map((v, j) => (v + pi[j]!) / 2);
  const phi = b.map((v, j) => Math.atan2((v - half[j]!) / delta, (zero[j]! - v) / delta));
  const lambda = full(family, at(1)).map((v) => v + rho * sin(1));
  return { lambda, b, phi };
}

const W = { n: 4, d: 3, L: 1, lMin: 0.1, delta: 0.3, zeta: 0.7, rho: 0.2, seed: 3 };
const Q = { ...W, n: 5 };
const families: readonly [string, Family][] = [
  ['bounded', bounded(W)],
  ['bounded without δ, ρ', bounded({ ...W, delta: 0, rho: 0 })],
  ['quadratic', quadratic(Q)],
  ['quadratic without δ, ρ', quadratic({ ...Q, delta: 0, rho: 0 })],
  ['homogeneousHessian', homogeneousHessian({ n: 5, d: 3, zeta: 2, rho: 0.4 })],
  ['concave1d', concave1d({ b: [1, -1, 2, -2], rho: 0.3 })],
];

describe.each(families)('%s', (_name, family) => {
  const { n, d } = family;

  it('has f as the mean of its clients, at every point', () => {
    for (const x of points(50, d)) {
      const mean = range(d).map(() => 0);
      for (let i = 0; i < n; i++) gradient(family, i, x).forEach((g, j) => (mean[j]! += g / n));
      full(family, x).forEach((g, j) => expect(g).toBeCloseTo(mean[j]!, 12));
    }
  });

  it('has the gradient of its value', () => {
    const h = 1e-5;
    for (const x of points(20, d)) {
      full(family, x).forEach((g, j) => {
        const at = (t: number) => value(family, x.with(j, x[j]! + t));
        expect((at(h) - at(-h)) / (2 * h)).toBeCloseTo(g, 8);
      });
    }
  });

  it('has gradients of functions: the work along a triangle is zero', () => {
    // Simpson's rule on 100 pieces of a side.
    const work = (i: number, from: readonly number[], to: readonly number[]) => {
      const side = minus(to, from);
      const at = (t: number) =>
        dot(
          gradient(
            family,
            i,
            from.map((v, j) => v + t * side[j]!),
          ),
          side,
        );
      return range(100).reduce((sum, m) => sum + (at(m / 100) + 4 * at((m + 0.5) / 100) + at((m + 1) / 100)) / 600, 0);
    };
    const [a, b, c] = points(3, d, 1) as [number[], number[], number[]];
    for (let i = 0; i < n; i++) expect(abs(work(i, a, b) + work(i, b, c) + work(i, c, a))).toBeLessThan(1e-9);
  });

  it('writes the same gradients by grad, whatever stood in out', () => {
    const x = Float64Array.from(points(1, d)[0]!);
    const out = new Float64Array(d).fill(NaN);
    family.grad(0, x, out, stream(0));
    expect([...out]).toEqual(gradient(family, 0, [...x]));
    expect([...x]).toEqual(points(1, d)[0]);
  });

  it('has constants that no sample exceeds and the upper bounds never undercut', () => {
    const { L, zeta, zetaBar, delta, rho, M } = family.constants;
    const others = points(1000, d, 4, 'others');
    // By how much the worst sample is above what its constant allows.
    const above = { L: -1, zeta: -1, zetaBar: -1, delta: -1, rho: -1, M: -1, infimum: -1 };
    const note = (key: keyof typeof above, seen: number, allowed: number) => {
      above[key] = max(above[key], seen === allowed ? 0 : seen - allowed);
    };
    points(1000, d).forEach((x, t) => {
      const y = others[t]!;
      const distance = norm(minus(x, y));
      let squares = 0;
      for (let i = 0; i < n; i++) {
        const h = difference(family, i, x);
        squares += dot(h, h) / n;
        note('zeta', norm(h), zeta);
        note('L', norm(minus(gradient(family, i, x), gradient(family, i, y))), L * distance);
        note('delta', norm(minus(h, difference(family, i, y))), delta * distance);
      }
      note('zetaBar', sqrt(squares), zetaBar);
      const [fx, fy] = [full(family, x), full(family, y)];
      // Weak convexity of f: ∇f + ρx is monotone.
      note('rho', -dot(minus(fx, fy), minus(x, y)), rho * distance ** 2);
      // Lipschitz Hessian of f: ‖∇f(x) + ∇f(y) − 2∇f((x+y)/2)‖ ≤ M‖x−y‖²/4.
      const middle = full(
        family,
        x.map((v, j) => (v + y[j]!) / 2),
      );
      note('M', norm(middle.map((m, j) => fx[j]! + fy[j]! - 2 * m)), (M * distance ** 2) / 4);
      note('infimum', family.infimum, value(family, x));
    });
    for (const [key, excess] of Object.entries(above)) expect({ [key]: excess < 1e-11 }).toEqual({ [key]: true });
    for (const key of Object.keys(family.constants) as (keyof Constants)[]) {
      expect(family.upperBounds[key]).toBeGreaterThanOrEqual(family.constants[key]! * (1 - 1e-12));
    }
  });
});

describe('the constants of family W', () => {
  /** One coordinate at a time, on a grid: everything separates. */
  const grid = range(801).map((k) => -PI + (k * PI) / 400);

  it('are suprema: a grid comes within 1 % of each', () => {
    fc.assert(
      fc.property(
        fc.record({
          n: fc.constantFrom(2, 4),
          d: fc.integer({ min: 1, max: 4 }),
          lMin: fc.double({ min: 0.01, max: 0.9, noNaN: true }),
          delta: fc.double({ min: 0.01, max: 2, noNaN: true }),
          zeta: fc.double({ min: 0, max: 3, noNaN: true }),
          rho: fc.double({ min: 0.01, max: 2, noNaN: true }),
          seed: fc.nat(),
        }),
        (options) => {
          const family = bounded(options);
          const { d } = family;
          const seen = { L: 0, delta: 0, M: 0, rho: 0 };
          const furthest = range(d).map(() => ({ size: 0, at: 0 }));
          const h = 1e-3;
          const fulls = grid.map((t) =>
            full(
              family,
              range(d).map(() => t),
            ),
          );
          for (let i = 0; i < 2; i++) {
            const own = grid.map((t) =>
              gradient(
                family,
                i,
                range(d).map(() => t),
              ),
            );
            grid.forEach((t, k) => {
              const near = range(d).map(() => t + h);
              const far = range(d).map(() => t - h);
              const slope = minus(gradient(family, i, near), own[k]!).map((v) => v / h);
              const slopeF = minus(full(family, near), fulls[k]!).map((v) => v / h);
              const before = minus(fulls[k]!, full(family, far)).map((v) => v / h);
              for (let j = 0; j < d; j++) {
                seen.L = max(seen.L, abs(slope[j]!));
                seen.delta = max(seen.delta, abs(slope[j]! - slopeF[j]!));
                seen.rho = max(seen.rho, -slopeF[j]!);
                seen.M = max(seen.M, abs(slopeF[j]! - before[j]!) / h);
                const size = abs(own[k]![j]! - fulls[k]![j]!);
                if (size > furthest[j]!.size) furthest[j] = { size, at: t };
              }
            });
          }
          const zeta = norm(
            difference(
              family,
              0,
              furthest.map(({ at }) => at),
            ),
          );
          const { constants } = family;
          for (const [exact, found] of [
            [constants.L, seen.L],
            [constants.delta, seen.delta],
            [constants.rho, seen.rho],
            [constants.M, seen.M],
            [constants.zeta, zeta],
            [constants.zetaBar, zeta],
          ] as const) {
            expect(found).toBeLessThanOrEqual(exact * (1 + 1e-9) + 1e-9);
            // The grid misses a cosine's peak by at most 8e-6 of its amplitude, here at most 4.
            expect(found).toBeGreaterThanOrEqual(0.99 * exact - 4e-5);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it('match the textbook formula of the gradients', () => {
    const family = bounded(W);
    const { lambda, b, phi } = partsOfW(family, W.rho, W.delta);
    expect(norm(b)).toBeCloseTo(W.zeta, 12);
    expect(lambda[0]).toBeCloseTo(W.lMin, 12);
    expect(lambda[1]).toBeCloseTo(sqrt(W.lMin * W.L), 12);
    expect(lambda[2]).toBeCloseTo(W.L, 12);
    for (const x of points(30, W.d)) {
      for (let i = 0; i < W.n; i++) {
        gradient(family, i, x).forEach((g, j) => {
          const own = b[j]! + W.delta * cos(x[j]! + phi[j]!);
          expect(g).toBeCloseTo(lambda[j]! * x[j]! - W.rho * sin(x[j]!) + (i % 2 === 0 ? own : -own), 12);
        });
      }
    }
    expect(family.constants.L).toBeCloseTo(
      max(...phi.map((p, j) => lambda[j]! + sqrt(W.rho ** 2 + W.delta ** 2 + 2 * W.rho * W.delta * abs(sin(p))))),
      12,
    );
    expect(family.constants.zeta).toBeCloseTo(norm(b.map((v) => abs(v) + W.delta)), 12);
    expect(family.upperBounds).toEqual({
      L: 1.5,
      zeta: 0.7 + 0.3 * sqrt(3),
      zetaBar: 0.7 + 0.3 * sqrt(3),
      delta: 0.3,
      rho: 0.2,
      M: 0.2,
      sigma: 0,
    });
  });
});

describe('the constants of family Q', () => {
  /** A_i = Λ + E_i, column by column, where the cosines have no part. */
  const hessians = (family: Family): number[][][] =>
    range(family.n).map((i) => {
      const zero = gradient(
        family,
        i,
        range(family.d).map(() => 0),
      );
      return range(family.d).map((j) =>
        minus(
          gradient(
            family,
            i,
            range(family.d).map((k) => +(k === j)),
          ),
          zero,
        ),
      );
    });
  /** Largest |eigenvalue| of a symmetric matrix plus `shift`·I, by 2000 steps of power iteration on its square. */
  const radius = (A: readonly number[][], shift = 0): number => {
    const apply = (v: readonly number[]) => A.map((row, j) => dot(row, v) + shift * v[j]!);
    let v = A.map((_, j) => 1 + j / 10);
    for (let k = 0; k < 2000; k++) {
      const next = apply(apply(v));
      v = next.map((e) => e / norm(next));
    }
    return norm(apply(v));
  };

  it('are those of its matrices', () => {
    const plain = quadratic({ ...Q, rho: 0 });
    const A = hessians(plain);
    const Lambda = range(3).map((r) => range(3).map((c) => (r === c ? [0.1, sqrt(0.1), 1][r]! : 0)));
    const E = A.map((rows) => rows.map((row, r) => minus(row, Lambda[r]!)));
    for (const rows of E) rows.forEach((row, r) => row.forEach((e, c) => expect(e).toBeCloseTo(rows[c]![r]!, 12)));
    expect(max(...E.map((rows) => radius(rows)))).toBeCloseTo(Q.delta, 9);
    expect(plain.constants.L).toBeCloseTo(max(...A.map((rows) => radius(rows))), 9);
    // With cosines: λ_max + ρ where every cos x_j = −1, ρ − λ_min where every cos x_j = 1.
    expect(quadratic(Q).constants.L).toBeCloseTo(
      max(...A.map((rows) => max(radius(rows, Q.rho), radius(rows, -Q.rho)))),
      9,
    );
    expect(quadratic(Q).constants).toMatchObject({ rho: Q.rho - Q.lMin, M: Q.rho, delta: Q.delta, zeta: Infinity });
    expect(quadratic(Q).upperBounds).toMatchObject({ L: 1.5, rho: Q.rho, M: Q.rho, delta: Q.delta });
  });

  it('has linear terms of mean square ζ² and sum 0', () => {
    const family = quadratic(Q);
    const b = range(Q.n).map((i) => gradient(family, i, [0, 0, 0]));
    expect(b.reduce((sum, row) => sum + dot(row, row) / Q.n, 0)).toBeCloseTo(Q.zeta ** 2, 12);
    const h = homogeneousHessian({ n: 5, d: 3, zeta: 2, rho: 0.4 });
    const slopes = range(5).map((i) => gradient(h, i, [0, 0, 0]));
    expect(h.constants.zeta).toBeCloseTo(max(...slopes.map(norm)), 12);
    expect(h.constants).toMatchObject({ L: 1.4, zetaBar: 2, delta: 0, M: 0.4, rho: 0.39, sigma: 0 });
  });
});

describe('instances of one seed', () => {
  it.each([
    ['bounded', bounded],
    ['quadratic', quadratic],
  ] as const)('%s: δ and ζ scale fixed directions, and ρ leaves them', (_name, make) => {
    const x = [0.3, -1, 2];
    const unit = make({ ...W, rho: 0, delta: 1, zeta: 1 });
    const slopeOnly = make({ ...W, rho: 0, delta: 0, zeta: 1 });
    const mixed = make({ ...W, rho: 0.6, delta: 0.25, zeta: 3 });
    for (let i = 0; i < W.n; i++) {
      const slope = difference(slopeOnly, i, x);
      const bent = minus(difference(unit, i, x), slope);
      difference(mixed, i, x).forEach((v, j) => expect(v).toBeCloseTo(3 * slope[j]! + 0.25 * bent[j]!, 12));
    }
  });

  it('differ between seeds', () => {
    expect(gradient(bounded(W), 0, [0, 0, 0])).not.toEqual(gradient(bounded({ ...W, seed: 4 }), 0, [0, 0, 0]));
    expect(gradient(quadratic(Q), 0, [0, 0, 0])).not.toEqual(gradient(quadratic({ ...Q, seed: 4 }), 0, [0, 0, 0]));
  });

  it('homogeneousHessian is quadratic without δ', () => {
    const options = { n: 5, d: 3, zeta: 2, rho: 0.4, seed: 9 };
    const x = [1, 2, -3];
    expect(gradient(homogeneousHessian(options), 3, x)).toEqual(gradient(quadratic(options), 3, x));
    // All clients descend in one call, as there; a spread, which may bring another gradient, leaves the call behind.
    const h = homogeneousHessian(options);
    expect(h.descend).toBeDefined();
    expect({ ...h }.descend).toBeUndefined();
    const run = { eta: 0.3, K: 4, R: 5, x0: x };
    expect(localSgd(h, run)).toEqual(localSgd(quadratic(options), run));
    expect(localSgd({ ...h }, run)).toEqual(localSgd(h, run));
    h.free();
    expect(() => localSgd(h, run)).toThrow('free');
  });
});

describe('infima', () => {
  it('are reached: at 0 where f is convex, at the root of λx = ρ sin x where it is not', () => {
    expect(bounded({ n: 2, d: 3, lMin: 0.5, rho: 0.3 }).infimum).toBeCloseTo(0.9, 14);
    expect(quadratic({ n: 2, d: 3, lMin: 0.5, rho: 0.3 }).infimum).toBeCloseTo(0, 14);
    const family = quadratic({ n: 2, d: 1, L: 0.2, lMin: 0.2, rho: 1 });
    const lowest = range(4001).reduce((low, k) => Math.min(low, value(family, [(k * PI) / 4000])), 0);
    expect(family.infimum).toBeLessThanOrEqual(lowest);
    expect(family.infimum).toBeCloseTo(lowest, 6);
    expect(concave1d({ b: [1, -1], rho: 1 }).infimum).toBe(-Infinity);
  });
});

describe('what is wrong is named', () => {
  it.each([
    [() => bounded({ ...W, n: 3 }), "bounded: 'n' is 3; must be even. Half of the clients get +, the other half −."],
    [() => bounded({ ...W, d: 0 }), "bounded: 'd' is 0; must be an integer of at least 1."],
    [() => quadratic({ ...W, n: 2.5 }), "quadratic: 'n' is 2.5; must be an integer of at least 1."],
    [() => quadratic({ ...W, L: -1 }), "quadratic: 'L' is -1; must be a finite number > 0."],
    [() => bounded({ ...W, lMin: 0 }), "bounded: 'lMin' is 0; must be a finite number > 0."],
    [() => quadratic({ ...W, lMin: 2 }), "quadratic: 'lMin' is 2; must be at most L = 1."],
    [() => bounded({ ...W, delta: -0.1 }), "bounded: 'delta' is -0.1; must be a finite number ≥ 0."],
    [() => bounded({ ...W, zeta: NaN }), "bounded: 'zeta' is NaN; must be a finite number ≥ 0."],
    [() => bounded({ ...W, rho: Infinity }), "bounded: 'rho' is Infinity; must be a finite number ≥ 0."],
    [
      () => bounded({ ...W, seed: -1 }),
      "bounded: 'seed' is -1; must be an integer of at least 0. Any of 0, 1, 2, … will do.",
    ],
    [
      () => quadratic({ n: 1, d: 2, zeta: 1 }),
      "quadratic: 'n' is 1; must be at least 2 when delta or zeta is positive",
    ],
    [
      () => homogeneousHessian({ ...W }),
      "homogeneousHessian: 'delta' is 0.3; must be 0. Use 'quadratic' for Hessians that differ.",
    ],
    [() => concave1d({ b: [1, 2], rho: 1 }), "concave1d: 'b' sums to 3; must sum to 0. Subtract the mean."],
    [() => concave1d({ b: [], rho: 1 }), "concave1d: 'b' is []; must be an array of at least one slope."],
    [() => concave1d({ b: [NaN, 0], rho: 1 }), "concave1d: 'b[0]' is NaN; must be finite."],
    [() => concave1d({ b: [1, -1], rho: 0 }), "concave1d: 'rho' is 0; must be a finite number > 0."],
  ])('%#', (make, message) => {
    expect(make).toThrow(RangeError);
    expect(make).toThrow(message);
  });
});

describe('O14: sizes beyond the arguments that a call takes', () => {
  it('many clients: constants of quadratic, cosh and quartic', () => {
    const n = 130_000;
    expect(quadratic({ n, d: 1, zeta: 1 }).constants.zeta).toBeGreaterThan(1);
    const points = Array.from({ length: n }, (_, m) => [m % 2]);
    expect(cosh({ d: 1, w: [1], points }).smoothness.L1).toBe(1);
    expect(quartic({ d: 1, points }).smoothness.L0).toBeGreaterThan(0);
  });

  it('many gradients: a bound of paths, and a long run', () => {
    const norms = new Array<number>(200_000).fill(1);
    const smoothness = { L0: 1, L1: 1 };
    expect(pathGradientBound(smoothness, norms, { alpha: 0.1, H: 1 })).toBe(0);
    const seen = smoothnessEstimator(1);
    // Gradients of x⁴ on a circle of few points: as many pairs as steps.
    for (let k = 0; k < 130_000; k++) seen.add([1 + (k % 3)], [4 * (1 + (k % 3)) ** 3]);
    expect(seen.estimate().L1).toBeGreaterThan(0);
  });
});
