/** Families with exact (L0, L1), the statements D1-D9 as properties, Newton's method, and estimates along a run. */
import { stream } from '@assay-ml/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as sim from '../src/index.js';
import { dot, squaredDistance, squaredNorm } from '../src/vectors.js';

const norm = (x: Float64Array): number => Math.sqrt(squaredNorm(x));
const far = (x: Float64Array, y: Float64Array): number => Math.sqrt(squaredDistance(x, 0, y, 0, x.length));

/** A point of length up to `size`, its length uniform on a log scale over three decades. */
function point(seed: number, name: string, d: number, size: number): Float64Array {
  const draw = stream(seed, name);
  const length = size * 10 ** (3 * draw.uniform() - 3);
  const x = draw.fillNormal(new Float64Array(d));
  const own = norm(x);
  return x.map((v) => (v * length) / own);
}

/** One quartic, or a separable cosh: constants that are exact. */
function single(seed: number): { readonly f: sim.SmoothFamily; readonly size: number } {
  const draw = stream(seed, 'family');
  const d = 1 + draw.integer(5);
  if (seed % 2 === 0) {
    const a = draw.fillNormal(new Float64Array(d));
    return { f: sim.quartic({ d, points: [a], L1: 10 ** (2 * draw.uniform() - 1) }), size: 30 };
  }
  const w = new Float64Array(d).map(() => 0.2 + 2 * draw.uniform());
  return { f: sim.cosh({ d, w, points: [draw.fillNormal(new Float64Array(d))] }), size: 8 };
}

/** Several clients: f_m that differ, and constants of all of them. */
function several(seed: number): { readonly f: sim.SmoothFamily; readonly size: number } {
  const draw = stream(seed, 'several');
  const d = 1 + draw.integer(4);
  const points = Array.from({ length: 2 + draw.integer(3) }, () =>
    draw.fillNormal(new Float64Array(d * (1 + draw.integer(4)))).map((v) => 2 * v),
  );
  if (seed % 2 === 0) return { f: sim.quartic({ d, points, L1: 10 ** (2 * draw.uniform() - 1) }), size: 20 };
  return { f: sim.cosh({ d, w: new Float64Array(d).map(() => 0.2 + draw.uniform()), points }), size: 8 };
}

const seeds = fc.nat(1_000_000);
const runs = { numRuns: 1500 };
/** Rounding of the two sides. */
const EPS = 1e-9;

function norms(f: sim.SmoothFamily, x: Float64Array): { g: Float64Array; size: number; each: number[] } {
  const g = new Float64Array(f.d);
  const own = new Float64Array(f.d);
  const each = Array.from({ length: f.n }, (_, m) => {
    f.clientGradient(m, x, own);
    return norm(own);
  });
  f.fullGradient(x, g);
  return { g, size: norm(g), each };
}

function valueOf(f: sim.SmoothFamily, x: Float64Array): number {
  return Array.from({ length: f.n }, (_, m) =>
    f.value(
      m,
      Uint32Array.from({ length: f.count(m) }, (_, i) => i),
      x,
    ),
  ).reduce((sum, v) => sum + v / f.n, 0);
}

/** Spectral norm of the Hessian by power iteration on H², enough steps for d ≤ 5. */
function hessianNorm(f: sim.SmoothFamily, x: Float64Array, client?: number): number {
  const { d } = f;
  const H = new Float64Array(d * d);
  f.hessian(x, H, client);
  let v = Float64Array.from({ length: d }, (_, j) => 1 + j / 7);
  let size = 0;
  for (let k = 0; k < 300; k++) {
    const next = v.map((_, i) => dot(H.subarray(i * d, (i + 1) * d), v));
    size = norm(next) / norm(v);
    if (size === 0) return 0;
    v = next.map((value) => value / norm(next));
  }
  return size;
}

describe('families', () => {
  const families = {
    quartic: sim.quartic({
      d: 3,
      points: [
        [1, 2, 3, 0, 0, 1],
        [4, -2, 0, 1, 1, 1, 2, 0, 0],
      ],
    }),
    'quartic in kernels': sim.quartic({
      d: 12,
      points: [0, 1].map((m) =>
        stream(m, 'big')
          .fillNormal(new Float64Array(12 * 7))
          .map((v) => v + 1000),
      ),
    }),
    cosh: sim.cosh({
      d: 3,
      w: [0.5, 1, 2],
      points: [
        [1, 2, 0.3, 0, 0, 1],
        [1, -1, 0],
      ],
    }),
    logistic: sim.logistic({
      d: 3,
      features: [
        [1, 2, 3, 0, 0, 1, 1, 1, -1],
        [4, -2, 0, 1, 1, 1],
      ],
      labels: [
        [1, -1, 1],
        [-1, 1],
      ],
      ridge: 0.1,
    }),
  };

  it.each(Object.entries(families))('%s: derivatives, rows and gap agree with the values', (_name, f) => {
    const { d } = f;
    const centre = f.minimiser;
    const x = stream(3, 'at')
      .fillNormal(new Float64Array(d))
      .map((v, j) => centre[j]! + v);
    const { g } = norms(f, x);
    const H = new Float64Array(d * d);
    f.hessian(x, H);
    const up = new Float64Array(d);
    const down = new Float64Array(d);
    for (let j = 0; j < d; j++) {
      const [a, b] = [x.slice(), x.slice()];
      const h = 1e-5;
      a[j]! += h;
      b[j]! -= h;
      expect(Math.abs((valueOf(f, a) - valueOf(f, b)) / (2 * h) - g[j]!)).toBeLessThan(1e-5 * Math.max(1, norm(g)));
      f.fullGradient(a, up);
      f.fullGradient(b, down);
      for (let i = 0; i < d; i++) {
        expect(Math.abs((up[i]! - down[i]!) / (2 * h) - H[i * d + j]!)).toBeLessThan(1e-5 * Math.max(1, norm(H)));
      }
    }
    // A client's gradient is the mean over its rows, one by one.
    for (let m = 0; m < f.n; m++) {
      const sum = new Float64Array(d);
      const own = new Float64Array(d);
      for (let i = 0; i < f.count(m); i++) {
        f.gradient(m, Uint32Array.of(i), x, own);
        for (let j = 0; j < d; j++) sum[j]! += own[j]! / f.count(m);
      }
      f.clientGradient(m, x, own);
      expect(far(sum, own)).toBeLessThan(1e-9 * Math.max(1, norm(own)));
    }
    expect(f.gap(x)).toBeCloseTo(valueOf(f, x) - f.infimum, 6);
    f.fullGradient(centre, up);
    expect(norm(up)).toBeLessThan(1e-9 * Math.max(1, norm(H)));
    expect(f.gap(centre)).toBe(0);
    expect(valueOf(f, centre)).toBeCloseTo(f.infimum, 8);
  });

  it.each(Object.entries(families))('%s: a gap far below the rounding of f is ½ eᵀHe', (_name, f) => {
    const { d } = f;
    const x = f.minimiser;
    const H = new Float64Array(d * d);
    f.hessian(x, H);
    const e = stream(4, 'e')
      .fillNormal(new Float64Array(d))
      .map((v) => 1e-6 * v);
    const at = x.map((v, j) => v + e[j]!);
    // What x + e really is apart from x.
    const exact = at.map((v, j) => v - x[j]!);
    const expected = 0.5 * exact.reduce((sum, v, i) => sum + v * dot(H.subarray(i * d, (i + 1) * d), exact), 0);
    expect(f.gap(at) / expected).toBeCloseTo(1, 4);
  });

  it('one quartic has L0 = 16/L1², reached at ‖u‖ = 2/L1', () => {
    for (const L1 of [0.1, 1, 7]) {
      const f = sim.quartic({ d: 4, points: [[1, 2, 3, 4]], L1 });
      expect(f.smoothness.L1).toBe(L1);
      expect(f.smoothness.L0).toBeCloseTo(16 / L1 ** 2, 9);
      const x = Float64Array.of(1 + 2 / L1, 2, 3, 4);
      expect(hessianNorm(f, x)).toBeCloseTo(16 / L1 ** 2 + L1 * norms(f, x).size, 8);
    }
  });

  it('symmetric points keep the constants exact: the pair is reached', () => {
    const f = sim.quartic({ d: 1, points: [[-1], [1]], L1: 0.5 });
    // 12(x² + 1) − 0.5·4(x³ + 3x) is largest at x = 2 + √3; the clients alone have 64.
    const x = 2 + Math.sqrt(3);
    expect(f.smoothness.L0).toBeCloseTo(Math.max(64, 12 * (x * x + 1) - 2 * (x ** 3 + 3 * x)), 9);
  });

  it('μ of a quartic is the least curvature', () => {
    const f = sim.quartic({ d: 1, points: [[-3, 1, 2]] });
    expect(f.mu).toBeCloseTo((12 * (9 + 1 + 4)) / 3, 9);
  });

  it('a mean of shifted cosh is one cosh, its constants reached at the minimum', () => {
    const f = sim.cosh({ d: 1, w: [2], points: [[1, -1]] });
    expect(f.minimiser[0]).toBeCloseTo(0, 12);
    expect(f.infimum).toBeCloseTo(Math.cosh(2), 12);
    expect(f.smoothness).toEqual({ L0: expect.closeTo(4 * Math.cosh(2), 9) as number, L1: 2 });
    expect(hessianNorm(f, f.minimiser)).toBeCloseTo(f.smoothness.L0, 9);
    expect(f.clientInfimum(0)).toBeCloseTo(f.infimum, 12);
  });

  it('logistic regression: L reached at 0, and (0, ‖a‖) of one sample', () => {
    const f = families.logistic as sim.LogisticFamily;
    const zero = new Float64Array(3);
    expect(Math.max(...[0, 1].map((m) => hessianNorm(f, zero, m)))).toBeCloseTo(f.smoothness.L0, 9);
    expect(f.sampleSmoothness(1, 0)).toEqual({ L0: 0, L1: Math.sqrt(20) });
    const alone = sim.logistic({ d: 2, features: [[3, 4]], labels: [[1]] });
    fc.assert(
      fc.property(fc.double({ min: -5, max: 5, noNaN: true }), (t) => {
        const x = Float64Array.of(3 * t, 4 * t);
        expect(hessianNorm(alone, x)).toBeLessThanOrEqual(5 * norms(alone, x).size * (1 + EPS));
      }),
    );
    const x = Float64Array.of(-60, -80);
    expect(hessianNorm(alone, x) / norms(alone, x).size).toBeLessThanOrEqual(5);
    expect(
      hessianNorm(alone, Float64Array.of(0.6, 0.8)) / norms(alone, Float64Array.of(0.6, 0.8)).size,
    ).toBeGreaterThan(4.9);
  });

  it('‖∇²f‖ ≤ L0 + L1‖∇f‖ for f and for every client', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { f, size } = several(seed);
        const x = point(seed, 'x', f.d, size);
        const { L0, L1 } = f.smoothness;
        const { size: full, each } = norms(f, x);
        expect(hessianNorm(f, x)).toBeLessThanOrEqual((L0 + L1 * full) * (1 + EPS));
        each.forEach((own, m) => expect(hessianNorm(f, x, m)).toBeLessThanOrEqual((L0 + L1 * own) * (1 + EPS)));
      }),
      { numRuns: 500 },
    );
  });

  it('refuse rows, weights and labels that are none', () => {
    expect(() => sim.quartic({ d: 2, points: [[1, 2], [1]] })).toThrow(
      new RangeError(
        "quartic: 'points[1]' is [1]; must be an array of a positive multiple of d = 2 numbers. Store one row behind the other.",
      ),
    );
    expect(() => sim.quartic({ d: 1, points: [[1]], L1: 0 })).toThrow(
      "quartic: 'L1' is 0; must be a finite number > 0.",
    );
    expect(() => sim.cosh({ d: 2, w: [1, 0] })).toThrow("cosh: 'w[1]' is 0; must be a finite number > 0.");
    expect(() => sim.logistic({ d: 1, features: [[1]], labels: [[0]] })).toThrow(
      "logistic: 'labels[0][0]' is 0; must be -1 or 1.",
    );
    expect(() => sim.logistic({ d: 1, features: [[1]], labels: [[1, 1]] })).toThrow('must be of 1 labels');
    expect(() => sim.logistic({ d: 1, features: [[1], [1]], labels: [[1]] })).toThrow('must be an array of 2 arrays');
  });
});

describe('D1 and D2', () => {
  it('hold between any two points, and are tight', () => {
    let [tightest1, tightest2] = [0, 0];
    fc.assert(
      fc.property(seeds, (seed) => {
        const { f, size } = single(seed);
        const x = point(seed, 'x', f.d, size);
        // Within a few 1/L1 of x, where the exponentials do not swallow everything.
        const y = x.map((v, j) => v + point(seed, 'y', f.d, 3 / f.smoothness.L1)[j]!);
        const at = norms(f, x);
        const there = norms(f, y);
        const r = far(x, y);
        const change = far(at.g, there.g);
        const bound1 = sim.gradientChangeBound(f.smoothness, at.size, r);
        expect(change).toBeLessThanOrEqual(bound1 * (1 + EPS));
        tightest1 = Math.max(tightest1, change / bound1);
        const along = y.reduce((sum, v, j) => sum + (v - x[j]!) * at.g[j]!, 0);
        const rise = f.gap(y) - f.gap(x) - along;
        const bound2 = sim.descentRemainder(f.smoothness, at.size, r);
        expect(rise).toBeLessThanOrEqual(bound2 + EPS * Math.max(f.gap(y), f.gap(x), Math.abs(along)));
        if (bound2 > 1e-6 * f.gap(x)) tightest2 = Math.max(tightest2, rise / bound2);
        if (r <= 1 / f.smoothness.L1) {
          const a = sim.majorant(f.smoothness, at.size);
          expect(bound1).toBeLessThanOrEqual(1.72 * a * r * (1 + EPS));
          expect(bound2).toBeLessThanOrEqual(0.72 * a * r * r * (1 + EPS));
        }
      }),
      runs,
    );
    expect(tightest1).toBeGreaterThan(0.8);
    expect(tightest2).toBeGreaterThan(0.8);
  });

  it('are the closed forms', () => {
    const s = { L0: 2, L1: 0.5 };
    expect(sim.majorant(s, 6)).toBe(5);
    expect(sim.gradientChangeBound(s, 6, 2)).toBeCloseTo((5 * (Math.E - 1)) / 0.5, 12);
    expect(sim.descentRemainder(s, 6, 2)).toBeCloseTo((5 * (Math.E - 2)) / 0.25, 12);
    expect(sim.gradientChangeBound({ L0: 2, L1: 0 }, 6, 2)).toBe(4);
    expect(sim.descentRemainder({ L0: 2, L1: 0 }, 6, 2)).toBe(4);
    // Series and difference meet.
    expect(sim.descentRemainder(s, 6, 2e-3 * 0.999999) / sim.descentRemainder(s, 6, 2e-3 * 1.000001)).toBeCloseTo(1, 5);
  });
});

describe('D3', () => {
  it('holds for any direction up to the cap', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { f, size } = several(seed);
        const x = point(seed, 'x', f.d, size);
        const { g: gradient, size: own } = norms(f, x);
        const off = point(seed, 'off', f.d, 2 * own + 1e-9);
        const g = gradient.map((v, j) => v + off[j]!);
        const gamma = sim.serverStepCap(f.smoothness, own, norm(g));
        if (!(gamma > 0 && gamma < Infinity)) return;
        const next = x.map((v, j) => v - gamma * g[j]!);
        const bound = sim.serverStepBound(gamma, own, norm(off));
        expect(f.gap(next) - f.gap(x)).toBeLessThanOrEqual(bound + EPS * Math.max(Math.abs(bound), f.gap(x)));
      }),
      runs,
    );
    expect(sim.serverStepCap({ L0: 1, L1: 1 }, 1, 100)).toBe(0.01);
    expect(sim.serverStepCap({ L0: 1, L1: 1 }, 1, 0.1)).toBe(1 / 2.88);
    expect(sim.serverStepBound(2, 3, 1)).toBe(-8);
  });
});

describe('D4', () => {
  it('bounds drift and the path’s mean gradient', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 12 }), (seed, H) => {
        const { f, size } = several(seed);
        const x = point(seed, 'x', f.d, size);
        const { g, each } = norms(f, x);
        const alpha = Math.min(...each.map((own) => sim.localStepCap(f.smoothness, own, H)));
        const mean = new Float64Array(f.d);
        const h = new Float64Array(f.d);
        for (let m = 0; m < f.n; m++) {
          const y = x.slice();
          for (let k = 0; k < H; k++) {
            f.clientGradient(m, y, h);
            for (let j = 0; j < f.d; j++) {
              mean[j]! += h[j]! / (H * f.n);
              y[j]! -= alpha * h[j]!;
            }
            expect(far(y, x)).toBeLessThanOrEqual(sim.localDriftBound(alpha, k + 1, each[m]!) * (1 + EPS) + 1e-300);
          }
        }
        const bound = sim.pathGradientBound(f.smoothness, each, { alpha, H });
        expect(far(mean, g)).toBeLessThanOrEqual(bound * (1 + EPS) + EPS * Math.max(...each));
      }),
      runs,
    );
    expect(sim.localStepCap({ L0: 1, L1: 1 }, 1, 5)).toBe(1 / 40);
    expect(sim.localDriftBound(0.1, 3, 2)).toBeCloseTo(1.2, 12);
    expect(sim.pathGradientBound({ L0: 1, L1: 1 }, [1, 2], { alpha: 1e-3, H: 5 })).toBeCloseTo(1.72e-3 * 4 * 6, 12);
    expect(() => sim.pathGradientBound({ L0: 1, L1: 1 }, [1, 2], { alpha: 1, H: 5 })).toThrow(
      new RangeError(
        `pathGradientBound: 'alpha' is 1; must be at most ${1 / 60} for these constants. Nothing is proved above it.`,
      ),
    );
  });
});

describe('D5 and D7', () => {
  it('hold along runs of (L0, L1)-GD', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { f, size } = several(seed);
        const { L0, L1 } = f.smoothness;
        const constants = { c0: 1.44 * L0, c1: 1.44 * L1 };
        const problem = sim.minibatch(f, 1);
        const x0 = point(seed, 'x', f.d, size);
        const P = 40;
        let sum = 0;
        let smallest = Infinity;
        let x = x0;
        const note = (own: number): void => {
          sum += own ** 2 / (constants.c0 + constants.c1 * own);
          smallest = Math.min(smallest, own ** 2 / constants.c0, own / constants.c1);
        };
        note(norms(f, x0).size);
        sim.l0l1Gd(
          { ...problem, grad: problem.clientGrad!, exact: true },
          {
            ...constants,
            R: P,
            x0,
            onPoint(point, round) {
              const next = Float64Array.from(point);
              const own = norms(f, x).size;
              const floor = 1e-12 * f.gap(x0);
              expect(f.gap(next)).toBeLessThanOrEqual(sim.plFactor(f.mu, constants, own) * f.gap(x) + floor);
              if (own >= constants.c0 / constants.c1) {
                expect(f.gap(x) - f.gap(next)).toBeGreaterThanOrEqual(sim.farDecrease(constants, own) - floor);
              }
              x = next;
              if (round < P - 1) note(norms(f, x).size);
            },
          },
        );
        expect(sum).toBeLessThanOrEqual(2 * f.gap(x0) * (1 + EPS));
        expect(smallest).toBeLessThanOrEqual(sim.bestIterateBound(f.smoothness, constants, f.gap(x0), P) * (1 + EPS));
      }),
      { numRuns: 150 },
    );
  });

  it('are the closed forms, and refuse what proves nothing', () => {
    const s = { L0: 1, L1: 2 };
    const c = { c0: 2, c1: 4 };
    expect(sim.bestIterateBound(s, c, 3, 6)).toBe(2);
    expect(sim.plFactor(0.5, c, 2)).toBe(0.95);
    expect(sim.farDecrease(c, 0.5)).toBe(1 / 32);
    expect(() => sim.bestIterateBound(s, { c0: 1, c1: 4 }, 3, 6)).toThrow(
      "'c0' is 1; must be at least 1.44·L0 = 1.44.",
    );
    expect(() => sim.bestIterateBound(s, { c0: 2, c1: 2 }, 3, 6)).toThrow(
      "'c1' is 2; must be at least 1.44·L1 = 2.88.",
    );
    expect(() => sim.farDecrease(c, 0.4)).toThrow('must be at least c0/c1');
    expect(() => sim.majorant({ L0: 0, L1: 0 }, 1)).toThrow("'L0' is 0; must be above 0 where L1 is 0.");
  });
});

describe('D6', () => {
  it('holds for f and, with its own minimum, for every client', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { f, size } = several(seed);
        const x = point(seed, 'x', f.d, size);
        const { size: own, each } = norms(f, x);
        expect(own ** 2).toBeLessThanOrEqual(sim.gradientNormBound(f.smoothness, own, f.gap(x)) * (1 + EPS));
        each.forEach((one, m) => {
          const value = f.value(
            m,
            Uint32Array.from({ length: f.count(m) }, (_, i) => i),
            x,
          );
          const infimum = f.clientInfimum(m);
          const gap = Math.max(0, value - infimum) + EPS * value;
          expect(one ** 2).toBeLessThanOrEqual(sim.gradientNormBound(f.smoothness, one, gap) * (1 + EPS));
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe('D9', () => {
  const points = [0, 1, 2].map((m) =>
    stream(m, 'D9')
      .fillNormal(new Float64Array(2 * 6))
      .map((v) => 3 * v + m),
  );
  const f = sim.quartic({ d: 2, points });
  const problem = sim.minibatch(f, 1);
  const exact: sim.Problem = { ...problem, exact: true, grad: problem.clientGrad! };
  const rest = (alpha: number, tau: number): number =>
    f.gap(sim.clipLocalGdj(exact, { R: 400, x0: [1, 1], alpha, tau, c0: 2 * f.smoothness.L0, c1: 0 }).x);

  it('is the floor, proportional to (α(τ − 1))²', () => {
    for (const [alpha, tau] of [
      [1e-7, 5],
      [1e-6, 3],
      [1e-6, 9],
    ] as const) {
      expect(rest(alpha, tau) / sim.biasFloor(f, { alpha, tau })).toBeCloseTo(1, 2);
    }
    expect(rest(1e-6, 1)).toBeLessThan(1e-20);
    expect(sim.biasFloor(f, { alpha: 1e-3, tau: 1 })).toBe(0);
  });

  it('is shared by CE-FedAvg', () => {
    const { x } = sim.ceFedAvg(exact, {
      R: 600,
      x0: [1, 1],
      tau: 5,
      eta: 1e-6,
      etaServer: 0.5e6 / f.smoothness.L0,
      clip: 1e9,
    });
    expect(f.gap(x) / sim.biasFloor(f, { alpha: 1e-6, tau: 5 })).toBeCloseTo(1, 2);
  });
});

describe('newton', () => {
  it('finds the minimum of a quadratic in one step, and says when there is none', () => {
    const f: sim.TwiceDifferentiable = {
      d: 2,
      fullGradient: (x, out) => void out.set([2 * x[0]! - 2, 8 * x[1]! + x[0]! * 0 + 8]),
      hessian: (_x, out) => void out.set([2, 0, 0, 8]),
    };
    const { x, gradientNorm, steps } = sim.newton(f, [10, 10]);
    expect([...x]).toEqual([1, -1]);
    expect(gradientNorm).toBe(0);
    expect(steps).toBeLessThanOrEqual(2);
    const saddle = { ...f, hessian: (_x: Float64Array, out: Float64Array) => void out.set([2, 0, 0, -8]) };
    expect(() => sim.newton(saddle, [10, 10])).toThrow('newton: the Hessian is not positive definite; must be.');
  });
});

describe('estimates along a run', () => {
  it('are lower bounds: no pair with a smaller L0 is possible', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { f, size } = several(seed);
        const { L0, L1 } = f.smoothness;
        const seen = sim.smoothnessEstimator(f.d);
        const draw = stream(seed, 'run');
        const x = point(seed, 'x', f.d, size);
        for (let k = 0; k < 12; k++) {
          seen.add(x, norms(f, x).g);
          for (let j = 0; j < f.d; j++) x[j]! *= 1 - 0.6 * draw.uniform();
        }
        const found = seen.estimate();
        expect(found.kind).toBe('lower-bound');
        expect(found.frontier(L1)).toBeLessThanOrEqual(L0 * (1 + EPS));
        expect(found.frontier(found.L1)).toBe(found.L0);
      }),
      { numRuns: 300 },
    );
  });

  it('recover the constants where a run goes through all scales', () => {
    const f = sim.cosh({ d: 1, w: [2] });
    const seen = sim.smoothnessEstimator(1);
    for (let x = 4; x > 1e-3; x *= 0.97) seen.add([x], norms(f, Float64Array.of(x)).g);
    const { L0, L1, pairs } = seen.estimate();
    expect(pairs).toBeGreaterThan(200);
    expect(L1).toBeGreaterThan(1.8);
    expect(L1).toBeLessThan(2.05);
    expect(L0).toBeGreaterThan(3.2);
    expect(L0).toBeLessThanOrEqual(4);
  });

  it('of a quadratic are its L and no L1', () => {
    const seen = sim.smoothnessEstimator(1);
    for (const x of [5, 3, 1, 0.1]) seen.add([x], [3 * x]);
    expect(seen.estimate()).toMatchObject({ L0: expect.closeTo(3, 12) as number, L1: 0, pairs: 3 });
    expect(() => sim.smoothnessEstimator(1).estimate()).toThrow('the run has 0 points; must have two different ones.');
  });
});

describe('autoConstants', () => {
  it('gives constants with which (L0, L1)-GD converges from far, and where plain steps diverge', () => {
    const f = sim.quartic({ d: 3, points: [[1, 2, 3, -3, 0, 1, 0, 0, -4]] });
    const minibatch = sim.minibatch(f, 1);
    const problem: sim.Problem = { ...minibatch, exact: true, grad: minibatch.clientGrad! };
    const x0 = [1000, 1000, 1000];
    const { c0, c1, estimate, gradients } = sim.autoConstants(problem, { x0 });
    expect(gradients).toBe(60);
    expect(c0).toBeCloseTo(1.44 * estimate.L0, 9);
    expect(estimate.L0).toBeLessThanOrEqual(sim.quartic({ d: 3, points: [[1, 2, 3, -3, 0, 1, 0, 0, -4]], L1: estimate.L1 }).smoothness.L0); // prettier-ignore
    const run = { R: 3000, x0 };
    const clipped = sim.l0l1Gd(problem, { ...run, c0, c1 });
    expect(f.gap(clipped.x)).toBeLessThan(1e-9);
    expect(sim.l0l1Gd(problem, { ...run, c0, c1: 0 }).diverged).not.toBeNull();
    const safe = sim.autoConstants(problem, { x0, safety: 2 });
    expect(safe.c1).toBeCloseTo(2 * c1, 9);
  });

  it('keeps c0 at the smallest curvature where L1 alone explains the run', () => {
    const draw = stream(3, 'logistic');
    const features = draw.fillNormal(new Float64Array(2 * 30));
    const f = sim.logistic({ d: 2, features: [features], labels: [Array.from({ length: 30 }, (_, i) => (features[2 * i]! > 0 ? 1 : -1))], ridge: 1e-3 }); // prettier-ignore
    const problem = sim.minibatch(f, 1);
    const exact: sim.Problem = { ...problem, exact: true, grad: problem.clientGrad! };
    const { c0, c1 } = sim.autoConstants(exact, { x0: [0, 0] });
    expect(f.gap(sim.l0l1Gd(exact, { R: 20_000, x0: [0, 0], c0, c1 }).x)).toBeLessThan(1e-6);
  });

  it('refuses what it cannot see', () => {
    expect(() => sim.autoConstants({ n: 1, d: 1, grad: () => undefined }, { x0: [1] })).toThrow(
      "autoConstants: 'problem' is an object; must be one with exact gradients.",
    );
    const linear: sim.Problem = { n: 1, d: 1, exact: true, grad: (_c, _x, out) => void (out[0] = 1) };
    expect(() => sim.autoConstants(linear, { x0: [1] })).toThrow('must be curved.');
    expect(() => sim.autoConstants(linear, { x0: [1], safety: 0.5 })).toThrow(
      "'safety' is 0.5; must be a finite number ≥ 1.",
    );
  });
});

describe('gridSearch', () => {
  const score = ({ a, b }: { readonly a: number; readonly b: number }): number => (a - 2) ** 2 + (b - 1) ** 2;

  it('keeps every point, and finds the best with its edges', () => {
    const { best, edges, tried } = sim.gridSearch({ a: [3, 1, 2], b: [0, 1] }, score, { onEdge: 'report' });
    expect(best).toEqual({ point: { a: 2, b: 1 }, value: 0 });
    expect(edges).toEqual({ a: null, b: 'high' });
    expect(tried.map(({ point }) => [point.a, point.b])).toEqual([
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
      [3, 0],
      [3, 1],
    ]);
  });

  it('refuses a best at an edge unless asked to report it, and a grid where all diverge', () => {
    expect(() => sim.gridSearch({ a: [1, 2, 3], b: [0, 1] }, score)).toThrow(
      new RangeError(
        "gridSearch: 'grid.b' is [0, 1]; must be wide enough to hold the best value inside. The best is its largest, 1; extend it, or pass onEdge: 'report'.",
      ),
    );
    expect(() => sim.gridSearch({ a: [1] }, () => NaN)).toThrow('All diverged; try smaller steps.');
    expect(() => sim.gridSearch({ a: [] }, () => 1)).toThrow(
      "'grid.a' is []; must be an array of at least one number.",
    );
    expect(() => sim.gridSearch({ a: [1, 1] }, () => 1)).toThrow('must be without repetitions.');
    expect(() => sim.gridSearch({ a: [-1] }, () => 1)).toThrow("'grid.a[0]' is -1; must be a finite number ≥ 0.");
    expect(sim.gridSearch({ a: [1] }, () => 1).edges).toEqual({ a: null });
  });

  it('takes a diverged neighbour for a bracket, and of equals the one at fewest edges', () => {
    expect(sim.gridSearch({ a: [1, 2, 3] }, ({ a }) => (a === 3 ? null : -a)).edges).toEqual({ a: null });
    expect(sim.gridSearch({ a: [1, 2, 3, 4] }, () => 0).best.point).toEqual({ a: 3 });
  });
});
