import { stream } from '@assay-ml/numerics';
import fc from 'fast-check';
import { EVD, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { ascend, type Objective } from '../src/estimate/ascend.js';
import { uniformPoint } from '../src/estimate/ball.js';
import { differences } from '../src/estimate/differences.js';
import { solveGame } from '../src/estimate/game.js';
import { lanczos } from '../src/estimate/lanczos.js';
import { shortlist } from '../src/estimate/shortlist.js';
import {
  bounded,
  concave1d,
  estimateConstants,
  homogeneousHessian,
  quadratic,
  type EstimateOptions,
  type Estimates,
  type Family,
  type FamilyOptions,
  type Problem,
} from '../src/index.js';
import { squaredNorm } from '../src/vectors.js';

const names = ['L', 'zeta', 'zetaBar', 'delta', 'rho', 'M'] as const;
const values = (estimates: Estimates) => names.map((name) => estimates[name].value);
const ballOf = (d: number, radius: number, at = 0) => ({ centre: new Float64Array(d).fill(at), radius });

/** Instances whose positive constants are far enough from rounding to be found. */
const instance = fc.record({
  d: fc.integer({ min: 1, max: 20 }),
  n: fc.constantFrom(2, 4, 10),
  lMin: fc.constantFrom(0.001, 0.01, 0.3),
  delta: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 1, noNaN: true })),
  zeta: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 3, noNaN: true })),
  rho: fc.oneof(fc.constant(0), fc.double({ min: 0.05, max: 0.5, noNaN: true })),
  seed: fc.integer({ min: 0, max: 1e6 }),
  at: fc.double({ min: -1, max: 1, noNaN: true }),
});

const families = {
  quadratic,
  bounded,
  homogeneousHessian: (options: FamilyOptions) => homogeneousHessian({ ...options, delta: 0 } as FamilyOptions),
};

describe.each(Object.entries(families))('constants of %s', (_, family) => {
  it('are reached to 0.9 and never exceeded', () => {
    fc.assert(
      fc.property(instance, ({ at, ...options }) => {
        const problem = family(options);
        // Wide enough for every x_j to reach ±π: the supremum over the ball is that over all x.
        const found = estimateConstants(problem, {
          ball: ballOf(options.d, (Math.PI + 1) * Math.sqrt(options.d), at),
          seed: options.seed,
        });
        for (const name of names) {
          const exact = problem.constants[name];
          expect(found[name].value, name).toBeLessThanOrEqual(exact);
          // ζ of family Q is not bounded. Differences at h ≈ 0.02 miss ρh²/6 of ρ − l_min, all of it where that has just begun.
          if (exact < Infinity && !(name === 'rho' && exact < 1e-3)) {
            expect(found[name].value, name).toBeGreaterThanOrEqual(0.9 * exact);
          }
        }
      }),
      { numRuns: 8 },
    );
  });

  it('are never exceeded, however small, far away or coarse', () => {
    fc.assert(
      fc.property(
        instance,
        fc.integer({ min: -15, max: 1 }),
        fc.constantFrom(0, 1, 1e3, -1e6),
        fc.integer({ min: -6, max: 3 }),
        fc.constantFrom(1e-4, 1e-3, 0.09),
        ({ d, n, seed, rho }, tiny, at, size, step) => {
          const problem = family({ d: Math.min(d, 5), n, seed, rho, delta: 10 ** tiny, zeta: 10 ** tiny });
          const found = estimateConstants(problem, {
            ball: ballOf(problem.d, 10 ** size, at),
            points: 4,
            starts: 2,
            step,
          });
          for (const name of names) expect(found[name].value, name).toBeLessThanOrEqual(problem.constants[name]);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('estimates', () => {
  it('of the concave drift are its constants', () => {
    const found = estimateConstants(concave1d({ b: [1, -1, 2, -2], rho: 0.3 }), { ball: ballOf(1, 5) });
    expect(found.L.value).toBeCloseTo(0.3, 9);
    expect(found.rho.value).toBeCloseTo(0.3, 9);
    expect(found.zeta.value).toBeCloseTo(2, 9);
    expect(found.zetaBar.value).toBeCloseTo(Math.sqrt(2.5), 9);
    expect(found.delta.value).toBe(0);
    expect(found.M.value).toBe(0);
  });

  it('of ζ where it is not bounded are those of the ball: δ times its radius', () => {
    const problem = quadratic({ n: 6, d: 8, delta: 0.2, seed: 3 });
    for (const radius of [1, 10]) {
      const { zeta, delta } = estimateConstants(problem, { ball: ballOf(8, radius) });
      expect(zeta.value).toBeGreaterThan(0.99 * 0.2 * radius);
      expect(zeta.value).toBeLessThan(0.2 * radius);
      expect(delta.value).toBeCloseTo(0.2, 6);
    }
  });

  it('do without the problem’s own mean, and see no axes where it has none', () => {
    // Family W in turned coordinates, as a user would hand it over: `n`, `d`, `grad`.
    const d = 6;
    const family = bounded({ n: 4, d, delta: 0.3, zeta: 1, rho: 0.4, seed: 5 });
    const found = estimateConstants(turned(family, 9), { ball: ballOf(d, (Math.PI + 0.5) * Math.sqrt(d)) });
    for (const name of names) {
      expect(found[name].value, name).toBeGreaterThan(0.9 * family.constants[name]);
      expect(found[name].value, name).toBeLessThanOrEqual(family.constants[name]);
    }
  });

  it('climb without scans, up and down: f = −cos x_0 from one point', () => {
    const d = 65; // above 64 no coordinate is scanned
    const cosine: Problem = { n: 1, d, exact: true, grad: (_, x, out) => out.fill(0).fill(Math.sin(x[0]!), 0, 1) };
    const from = (at: number) => {
      const ball = { centre: new Float64Array(d).fill(at, 0, 1), radius: 1.5 };
      return estimateConstants(cosine, { ball, points: 1, starts: 1 });
    };
    // On [−0.5, 2.5]: f″ = cos x_0 is 1 at 0, f‴ = −sin x_0 is −1 at π/2.
    const up = from(1);
    expect(up.L.value).toBeCloseTo(1, 4);
    expect(up.M.value).toBeCloseTo(1, 4);
    // On [0.5, 3.5]: f″ = −1 at π.
    const down = from(2);
    expect(down.L.value).toBeCloseTo(1, 4);
    expect(down.rho.value).toBeCloseTo(1, 4);
  });

  it('climb for ζ̄ where another point is best than for ζ', () => {
    // ∇h_i = ± cos x_0 e_0 for two clients, ± 0.9 cos x_1 e_1 for two more; both start at cos 1.
    const d = 65;
    const problem: Problem = {
      n: 4,
      d,
      exact: true,
      grad(i, x, out) {
        out.fill(0);
        const j = i >> 1;
        out[j] = (i % 2 === 0 ? 1 : -1) * (j === 0 ? 1 : 0.9) * Math.cos(x[j]!);
      },
    };
    const ball = { centre: new Float64Array(d).fill(1, 0, 2), radius: 2 };
    const { zeta, zetaBar } = estimateConstants(problem, { ball, points: 1, starts: 1 });
    expect(zeta.value).toBeCloseTo(1, 4);
    expect(zetaBar.value).toBeCloseTo(Math.sqrt((2 + 2 * 0.81) / 4), 4);
  });

  it('allow for single precision when told', () => {
    const family = homogeneousHessian({ n: 4, d: 5, zeta: 1, seed: 2 });
    const single: Problem = {
      n: 4,
      d: 5,
      exact: true,
      grad(client, x, out) {
        family.clientGrad(client, x, out);
        out.set(Float32Array.from(out));
      },
    };
    const options = { ball: ballOf(5, 4), step: 1e-2 };
    expect(estimateConstants(single, options).delta.value).toBeGreaterThan(0);
    const told = estimateConstants(single, { ...options, precision: 1e-6 });
    expect(told.delta.value).toBe(0);
    expect(told.M.value).toBe(0);
    expect(told.L.value).toBeLessThanOrEqual(1);
    expect(told.L.value).toBeGreaterThan(0.99);
  });

  it('depend on the seed alone, stay in the ball, and only grow by climbing', () => {
    const family = bounded({ n: 4, d: 5, delta: 0.3, zeta: 0.1, rho: 0.4, seed: 5 });
    let farthest = 0;
    const watched: Problem = {
      ...family,
      clientGrad(client, x, out) {
        farthest = Math.max(farthest, Math.sqrt(squaredNorm(x.map((v) => v - 1))));
        family.clientGrad(client, x, out);
      },
    };
    const options: EstimateOptions = { ball: ballOf(5, 2, 1), points: 6, starts: 3, seed: 4 };
    const found = estimateConstants(watched, options);
    expect(farthest).toBeLessThanOrEqual(2 * (1 + 1e-12));
    expect(farthest).toBeGreaterThan(1.9);
    expect(values(estimateConstants(family, options))).toEqual(values(found));
    expect(values(estimateConstants(family, { ...options, seed: 5 }))).not.toEqual(values(found));
    const sampled = estimateConstants(family, { ...options, steps: 0 });
    for (const name of names) {
      expect(sampled[name].value, name).toBeGreaterThan(0);
      expect(found[name].value, name).toBeGreaterThanOrEqual(sampled[name].value);
    }
    expect(found.M).toMatchObject({ kind: 'lower-bound', points: 6, ball: { radius: 2 } });
    expect([...found.M.ball.centre]).toEqual([1, 1, 1, 1, 1]);
  });

  it('over the hull come close to the minimum over f + s h, −1 ≤ s ≤ 1, of family W and never exceed it', () => {
    const options = fc.record({
      d: fc.integer({ min: 1, max: 4 }),
      delta: fc.double({ min: 0.1, max: 1, noNaN: true }),
      seed: fc.integer({ min: 0, max: 1e6 }),
    });
    fc.assert(
      fc.property(options, ({ d, delta, seed }) => {
        const [n, lMin, rho] = [4, 0.01, 0.3];
        const family = bounded({ n, d, lMin, delta, zeta: 1, rho, seed });
        // The phases are the family's; at weight s a coordinate's cosine has amplitude √(ρ² + s²δ² + 2ρsδ sin φ).
        const phi = stream(seed, 'bounded', 'phase').fillUniform(new Float64Array(d));
        let [leastRho, leastM] = [Infinity, Infinity];
        for (let k = -2000; k <= 2000; k++) {
          const s = (k / 2000) * delta;
          const sizes = [...phi].map((u) => Math.sqrt(rho ** 2 + s ** 2 + 2 * rho * s * Math.sin(2 * Math.PI * u)));
          const lambda = (j: number) => (d === 1 ? 1 : lMin ** (1 - j / (d - 1)));
          leastRho = Math.min(leastRho, Math.max(0, ...sizes.map((a, j) => a - lambda(j))));
          leastM = Math.min(leastM, Math.max(...sizes));
        }
        const ball = ballOf(d, (Math.PI + 0.5) * Math.sqrt(d));
        const found = estimateConstants(family, { ball, points: 16, starts: 6, hull: true });
        expect(found.rho.value).toBeLessThanOrEqual(leastRho);
        expect(found.M.value).toBeLessThanOrEqual(leastM);
        if (leastRho > 1e-3) expect(found.rho.value).toBeGreaterThanOrEqual(0.9 * leastRho);
        expect(found.M.value).toBeGreaterThanOrEqual(0.9 * leastM);
      }),
      { numRuns: 6 },
    );
  });

  it('tell their progress and stop when asked', () => {
    const family = bounded({ n: 2, d: 2, delta: 0.3, zeta: 1 });
    const seen: number[] = [];
    let planned = 0;
    const options = { ball: ballOf(2, 1), points: 3, starts: 2 };
    estimateConstants(family, {
      ...options,
      onProgress(done, total) {
        seen.push(done);
        planned = total;
      },
    });
    expect(seen.at(-1)).toBe(planned);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    const controller = new AbortController();
    let calls = 0;
    expect(() =>
      estimateConstants(family, {
        ...options,
        signal: controller.signal,
        onProgress() {
          calls += 1;
          if (calls === 4) controller.abort(new Error('enough'));
        },
      }),
    ).toThrow('enough');
    expect(calls).toBe(4);
    expect(() => estimateConstants(family, { ...options, signal: AbortSignal.abort(new Error('late')) })).toThrow(
      'late',
    );
  });

  const good = bounded({ n: 2, d: 2 });
  const ball = ballOf(2, 1);
  it.each([
    [
      { n: 2, d: 2, grad: good.grad },
      { ball },
      "'problem' is an object; must be one with exact gradients. Add 'clientGrad', or set 'exact'.",
    ],
    [
      good,
      { ball: ballOf(3, 1) },
      "'ball.centre' is an array of 3; must be an array of 2 numbers. Give one number a coordinate.",
    ],
    [
      good,
      { ball: ballOf(2, 0) },
      "'ball.radius' is 0; must be a finite number > 0. Choose a ball that the runs stay in.",
    ],
    [good, { ball, points: 0 }, "'points' is 0; must be an integer of at least 1. Leave it out for 32."],
    [good, { ball, starts: 1.5 }, "'starts' is 1.5; must be an integer of at least 1. Leave it out for 8."],
    [good, { ball, steps: -1 }, "'steps' is -1; must be an integer of at least 0. Leave it out for 30."],
    [good, { ball, steps: 1.5 }, "'steps' is 1.5; must be an integer of at least 0. Leave it out for 30."],
    [
      good,
      { ball, directions: 0 },
      "'directions' is 0; must be an integer of at least 1. Leave it out for min(d, 20).",
    ],
    [good, { ball, step: 0.1 }, "'step' is 0.1; must be below 0.1. Leave it out for 1e-3."],
    [
      good,
      { ball, precision: NaN },
      "'precision' is NaN; must be a finite number ≥ 0. Leave it out for double precision.",
    ],
    [good, { ball, seed: -1 }, "'seed' is -1; must be an integer of at least 0. Any of 0, 1, 2, … will do."],
    [
      {
        n: 2,
        d: 2,
        exact: true as const,
        grad: (client: number, x: Float64Array, out: Float64Array) => out.fill(client === 1 ? NaN : x[0]!),
      },
      { ball },
      "the gradient of client 1 is not finite in the ball; must be finite. Check the problem's grad, or take a smaller ball.",
    ],
  ] as [Problem, EstimateOptions, string][])('refuse bad input %#', (problem, options, message) => {
    expect(() => estimateConstants(problem, options)).toThrow(new RangeError(`estimateConstants: ${message}`));
  });
});

describe('parts', () => {
  it('differences never exceed L, ρ and M, at any step', () => {
    const family = bounded({ n: 2, d: 3, delta: 0.5, zeta: 1, rho: 0.7, lMin: 0.1, seed: 1 });
    const unit = (v: number[]) => {
      const norm = Math.hypot(...v);
      return norm > 1e-3 ? Float64Array.from(v, (w) => w / norm) : Float64Array.of(1, 0, 0);
    };
    const vector = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 });
    const out = new Float64Array(3);
    fc.assert(
      fc.property(vector, vector, fc.constantFrom(0.01, 0.5, 2), (at, towards, h) => {
        const x = Float64Array.from(at);
        const p = unit(towards);
        const of = differences(family.fullGrad, 3, h);
        of.first(x, p, out);
        expect(Math.sqrt(squaredNorm(out))).toBeLessThanOrEqual(1.7);
        expect(-out.reduce((sum, v, j) => sum + v * p[j]!, 0)).toBeLessThanOrEqual(0.6);
        of.second(x, p, out);
        expect(Math.sqrt(squaredNorm(out))).toBeLessThanOrEqual(0.7);
      }),
    );
  });

  it('differences are the derivatives of a polynomial', () => {
    // f = x³y: ∇f = (3x²y, x³)
    const g = (x: Float64Array, out: Float64Array) => out.set([3 * x[0]! ** 2 * x[1]!, x[0]! ** 3]);
    const of = differences(g, 2, 1e-2);
    const x = Float64Array.of(2, 5);
    const out = new Float64Array(2);
    const [e1, e2] = [Float64Array.of(1, 0), Float64Array.of(0, 1)];
    of.first(x, e1, out); // (6xy, 3x²)
    expect(out[0]).toBeCloseTo(60, 9);
    expect(out[1]).toBeCloseTo(12, 3);
    of.second(x, e1, out); // (6y, 6x)
    expect(out[0]).toBeCloseTo(30, 7);
    expect(out[1]).toBeCloseTo(12, 7);
    of.third(x, e1, e2, out); // (6, 0)
    expect(out[0]).toBeCloseTo(6, 5);
    expect(out[1]).toBeCloseTo(0, 5);
  });

  it('Lanczos gives all eigenvalues in d steps and the ends of the spectrum in fewer', () => {
    const d = 30;
    const key = stream(1, 'matrix');
    const A = Matrix.zeros(d, d);
    for (let r = 0; r < d; r++) for (let s = r; s < d; s++) A.set(r, s, A.set(s, r, key.normal()).get(s, r));
    const exact = [...new EVD(A, { assumeSymmetric: true }).realEigenvalues].sort((a, b) => a - b);
    const apply = (p: Float64Array, out: Float64Array) => out.set(A.mmul(Matrix.columnVector(p)).to1DArray());
    const start = key.at(1).fillNormal(new Float64Array(d));
    const all = lanczos(apply, start, d);
    all
      .map(({ value }) => value)
      .sort((a, b) => a - b)
      .forEach((value, k) => expect(value).toBeCloseTo(exact[k]!, 9));
    for (const { value, vector } of all) {
      const image = new Float64Array(d);
      apply(vector, image);
      image.forEach((v, j) => expect(v).toBeCloseTo(value * vector[j]!, 9));
    }
    const some = lanczos(apply, start, 15).map(({ value }) => value);
    expect(Math.max(...some)).toBeGreaterThan(0.98 * exact.at(-1)!);
    expect(Math.min(...some)).toBeLessThan(0.98 * exact[0]!);
    // An invariant subspace ends it.
    expect(lanczos((p, out) => out.set(p.map((v) => 3 * v)), start, d).map(({ value }) => value)).toEqual([
      expect.closeTo(3, 12),
    ]);
    // A product that is not finite has no eigenvalues, at whichever step.
    let step = 0;
    expect(lanczos((p, out) => out.set(p.map((v, j) => (j === 3 && ++step > 2 ? NaN : j * v))), start, d)).toEqual([]);
    expect(lanczos((_, out) => out.fill(1e200), start, d)).toEqual([]);
  });

  it('a scan crosses the valleys of each coordinate that it scans', () => {
    // −x⁴/40 + x²/2 − x/4 in each coordinate: hills at ±√10, the higher one on the left.
    const hill = (v: number) => -(v ** 4) / 40 + v ** 2 / 2 - v / 4;
    const objective: Objective = {
      value: (x) => x.reduce((sum, v) => sum + hill(v), 0),
      direction: (x, out) => x.forEach((v, j) => (out[j] = -(v ** 3) / 10 + v - 1 / 4)),
    };
    const ball = { centre: new Float64Array(2), radius: 6 };
    const climbed = (axes: number) => {
      const x = Float64Array.of(1, 2);
      const value = ascend(objective, x, ball, 60, axes);
      expect(value).toBe(objective.value(x));
      return [...x].map((v) => v.toFixed(1)).join(' ');
    };
    expect(climbed(0)).toBe('3.0 3.0');
    expect(climbed(1)).toBe('-3.3 3.0');
    expect(climbed(2)).toBe('-3.3 -3.3');
  });

  it('the shortlist keeps the best of each direction', () => {
    const list = shortlist(2);
    const x = new Float64Array(2);
    const offer = (value: number, ...p: [number, number]) =>
      list.offer({ value, index: 0, x, p: Float64Array.from(p) });
    offer(1, 1, 0);
    offer(2, 0, 1);
    offer(3, -1, 0);
    offer(2.5, 0.6, 0.8);
    expect(list.starts.map(({ value }) => value)).toEqual([3, 2.5]);
    offer(1, 0.8, 0.6);
    offer(2.9, 1, 0);
    expect(list.starts.map(({ value }) => value)).toEqual([3, 2.5]);
  });

  it('a matrix game is bounded by its value, and its weights reach it', () => {
    const scissors = solveGame([
      [0, 1, -1],
      [-1, 0, 1],
      [1, -1, 0],
    ]);
    expect(scissors.bound).toBeCloseTo(0, 4);
    scissors.weights.forEach((w) => expect(w).toBeCloseTo(1 / 3, 3));
    // [[3, 1], [0, 2]]: 3w + (1 − w) = 2(1 − w) at w = 1/4, value 3/2.
    const two = solveGame([
      [3, 1],
      [0, 2],
    ]);
    expect(two.weights[0]).toBeCloseTo(1 / 4, 4);
    expect(two.bound).toBeCloseTo(3 / 2, 4);
    expect(two.bound).toBeLessThanOrEqual(3 / 2);
    // One row: all weight on its smallest entry.
    expect(solveGame([[3, -2, 5]]).bound).toBe(-2);
  });

  it('points are uniform in the ball', () => {
    const centre = Float64Array.of(1, 2, 3);
    const key = stream(1, 'points');
    const x = new Float64Array(3);
    let inside = 0;
    let sum = 0;
    for (let k = 0; k < 4000; k++) {
      uniformPoint({ centre, radius: 2 }, key.at(k), x);
      const r = Math.sqrt(squaredNorm(x.map((v, j) => v - centre[j]!)));
      expect(r).toBeLessThan(2);
      if (r < 1) inside += 1;
      sum += x[1]! - 2;
    }
    // A ball of half the radius holds 1/8; four standard errors.
    expect(Math.abs(inside / 4000 - 1 / 8)).toBeLessThan(4 * Math.sqrt(7 / 64 / 4000));
    expect(Math.abs(sum / 4000)).toBeLessThan(4 * Math.sqrt(4 / 5 / 4000));
  });
});

/** A family's gradients in coordinates turned by a random rotation. */
function turned(family: Family, seed: number): Problem {
  const { n, d } = family;
  const random = stream(seed, 'turn').fillNormal(new Float64Array(d * d));
  const gram = Matrix.from1DArray(d, d, [...random]);
  const Q = new EVD(gram.add(gram.transpose()), { assumeSymmetric: true }).eigenvectorMatrix;
  const inner = new Float64Array(d);
  return {
    n,
    d,
    exact: true,
    grad(client, x, out) {
      inner.set(Q.transpose().mmul(Matrix.columnVector(x)).to1DArray());
      family.clientGrad(client, inner, out);
      out.set(Q.mmul(Matrix.columnVector(out)).to1DArray());
    },
  };
}
