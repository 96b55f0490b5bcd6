import { stream } from '@assay-ml/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  adagradClip, adamClip, adamClipDelayed, compose, copyPoint, initialState, method, update,
  type Method, type MethodName, type MethodOptions, type Point,
} from '../src/index.js'; // prettier-ignore
import { reference } from './reference.js';

const constants = { gamma: 0.3, b0: 0.7, beta1: 0.8, beta2: 0.9, eta: 0.25, level: 1.5 };
const start = (of: Method, ...x: number[][]): Point => {
  const arrays = x.map((values) => Float64Array.from(values));
  return { x: arrays, state: initialState(of, arrays) };
};
const heavy = (seed: number, steps: number, d: number): Float64Array[] =>
  Array.from({ length: steps }, (_, t) => stream(seed, 'gradients').at(t).fillPareto(new Float64Array(d), 1.5));

/** Parameters after steps along the gradients. */
function follow(of: Method, x0: readonly number[], gradients: readonly Float64Array[]): Point {
  const point = start(of, [...x0]);
  for (const g of gradients) update(of, point, [g], point);
  return point;
}

function named(name: MethodName): Method {
  const { gamma, b0, beta1, beta2, eta, level } = constants;
  return method(name, {
    gamma,
    b0,
    ...(/M-|Adam/.test(name) ? { beta1 } : {}),
    ...(name.includes('Adam') ? { beta2 } : {}),
    ...(name.includes('RAda') ? { eta } : {}),
    ...(name.startsWith('Clip') ? { level } : {}),
  });
}

const families = ['AdaGrad', 'M-AdaGrad', 'RAdaGrad', 'Adam'] as const;
const normNames = families.flatMap((family) =>
  (['', 'Clip-'] as const).flatMap((clip) => (['', 'D'] as const).map((d) => `${clip}${family}${d}-Norm` as const)),
);

describe('update', () => {
  it.each([...normNames, 'SGD', 'Clip-SGD'] as const)('%s takes the steps of the table', (name) => {
    const gradients = heavy(1, 40, 3);
    const path = reference(name, constants, [1, -2, 3], gradients.map((g) => [...g])); // prettier-ignore
    const point = start(named(name), [1, -2, 3]);
    gradients.forEach((g, t) => {
      update(named(name), point, [g], point);
      point.x[0]!.forEach((value, j) => expect(value).toBeCloseTo(path[t + 1]![j]!, 10));
    });
    expect(Math.max(...gradients.map((g) => Math.hypot(...g)))).toBeGreaterThan(5 * constants.level);
  });

  it('has one b for each coordinate without -Norm', () => {
    const gradients = heavy(2, 30, 2);
    for (const family of families) {
      const both = follow(named(`${family}D`), [1, -2], gradients).x[0]!;
      [1, -2].forEach((x0, j) => {
        const alone = follow(named(`${family}D-Norm`), [x0], gradients.map((g) => g.slice(j, j + 1))); // prettier-ignore
        expect(both[j]).toBeCloseTo(alone.x[0]![0]!, 12);
      });
    }
  });

  it('cuts a gradient above the level to it and leaves one below', () => {
    const clipped = compose({ kind: 'sgd', gamma: 1, clip: { level: 2 } });
    expect([...update(clipped, start(clipped, [0, 0]), [Float64Array.of(3, 4)]).x[0]!]).toEqual([
      -1.2000000000000002, -1.6,
    ]);
    expect([...update(clipped, start(clipped, [0, 0]), [Float64Array.of(0.3, 0.4)]).x[0]!]).toEqual([-0.3, -0.4]);
  });

  it('with delay divides by the b before this gradient, without by the b after it', () => {
    const options = { gamma: 1, b0: 3 };
    const step = (delay: boolean) => {
      const of = compose({ ...options, delay });
      return update(of, start(of, [0]), [Float64Array.of(4)]);
    };
    expect(step(true).x[0]![0]).toBe(-4 / 3);
    expect(step(false).x[0]![0]).toBe(-4 / 5);
    expect(step(true).state.acc[0]![0]).toBe(25);
  });

  it('clips both the direction and what enters the accumulator, and either alone when told', () => {
    const step = (clip: { direction?: boolean; accumulator?: boolean }) => {
      const of = compose({ gamma: 1, b0: 3, clip: { level: 4, ...clip } });
      const { x, state } = update(of, start(of, [0]), [Float64Array.of(-32)]);
      return [x[0]![0], state.acc[0]![0]];
    };
    expect(step({})).toEqual([4 / 5, 25]);
    expect(step({ accumulator: false })).toEqual([4 / Math.sqrt(1033), 1033]);
    expect(step({ direction: false })).toEqual([32 / 5, 25]);
  });

  it('clips all parameters together, each tensor, or each coordinate', () => {
    const g = [Float64Array.of(3, 4), Float64Array.of(12)];
    const step = (mode: 'norm' | 'tensor' | 'coordinate') => {
      const of = compose({ gamma: 1, b0: 1, eta: 1, clip: { level: 6.5, mode } });
      const point = update(of, start(of, [0, 0], [0]), g);
      const b = Math.sqrt(point.state.acc[0]![0]!);
      return { cut: point.x.map((x) => [...x].map((v) => -v * b)), part: point.state.clipped, b2: b * b - 1 };
    };
    const expected = { norm: [[1.5, 2], [6]], tensor: [[3, 4], [6.5]], coordinate: [[3, 4], [6.5]] };
    for (const mode of ['norm', 'tensor', 'coordinate'] as const) {
      const { cut, b2 } = step(mode);
      cut.flat().forEach((v, i) => expect(v).toBeCloseTo(expected[mode].flat()[i]!, 12));
      expect(b2).toBeCloseTo(expected[mode].flat().reduce((sum, v) => sum + v * v, 0), 10); // prettier-ignore
    }
    expect([step('norm').part, step('tensor').part, step('coordinate').part]).toEqual([1, 1 / 2, 1 / 3]);
  });

  it('is pure unless it is told to step in place', () => {
    const of = named('Clip-Adam');
    const from = start(of, [1, 2]);
    const before = copyPoint(from);
    const next = update(of, from, [Float64Array.of(3, -1)]);
    expect(from).toEqual(before);
    expect(update(of, from, [Float64Array.of(3, -1)], from)).toBe(from);
    expect(from).toEqual(next);
  });

  it('writes into a point with another history what it would return', () => {
    const of = named('Clip-M-AdaGrad-Norm');
    const from = follow(of, [1, 2], heavy(3, 5, 2));
    const into = follow(of, [7, 8], heavy(4, 9, 2));
    const g = [Float64Array.of(1, 1)];
    expect(update(of, from, g, into)).toEqual(update(of, from, g));
  });

  it('corrects Adam’s bias and decays weights after the step, as AdamClip of the authors does', () => {
    const of = adamClip({ gamma: 0.1, weightDecay: 0.01, level: 2 });
    const point = start(of, [1, -1], [0.5]);
    const [x, m, v] = [
      [1, -1, 0.5],
      [0, 0, 0],
      [0, 0, 0],
    ];
    for (let t = 1; t <= 20; t++) {
      const g = [...heavy(5, 20, 3)[t - 1]!];
      const norms = [Math.hypot(g[0]!, g[1]!), Math.hypot(g[0]!, g[1]!), Math.abs(g[2]!)];
      g.forEach((raw, j) => {
        const c = raw * Math.min(1, 2 / norms[j]!);
        m[j] = 0.9 * m[j]! + 0.1 * c;
        v[j] = 0.999 * v[j]! + 0.001 * c * c;
        x[j]! -= ((0.1 * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t)) * (m[j]! / (Math.sqrt(v[j]!) + 1e-6));
        x[j]! -= 0.1 * 0.01 * x[j]!;
      });
      update(of, point, [Float64Array.from(g.slice(0, 2)), Float64Array.from(g.slice(2))], point);
    }
    [...point.x[0]!, ...point.x[1]!].forEach((value, j) => expect(value).toBeCloseTo(x[j]!, 10));
  });

  it('is the authors’ delayed Adam, which feeds v with the previous gradient, exactly', () => {
    const of = adamClipDelayed({ gamma: 0.1, level: 1, mode: 'coordinate', eta: 0.5 });
    const point = start(of, [1]);
    let [x, m, v, previous] = [1, 0, 1e-5, 0];
    for (const [raw] of heavy(6, 30, 1)) {
      const c = Math.max(-1, Math.min(1, raw!));
      m = 0.9 * m + 0.1 * c;
      v = 0.999 * v + 0.001 * 0.5 * previous ** 2;
      x -= 0.1 * (m / (Math.sqrt(v) + 1e-6));
      previous = c;
      update(of, point, [Float64Array.of(raw!)], point);
      expect(point.x[0]![0]! / x).toBeCloseTo(1, 11);
    }
  });

  it('is the authors’ AdagradClip', () => {
    const of = adagradClip({ gamma: 0.1, level: 0.5 });
    const point = start(of, [1]);
    let [x, sum] = [1, 0];
    for (const [raw] of heavy(7, 30, 1)) {
      const c = Math.max(-0.5, Math.min(0.5, raw!));
      sum += c * c;
      x -= (0.1 * c) / (Math.sqrt(sum) + 1e-10);
      update(of, point, [Float64Array.of(raw!)], point);
    }
    expect(point.x[0]![0]).toBeCloseTo(x, 12);
  });

  it('skips gradients that are not finite and counts them', () => {
    for (const bad of [NaN, Infinity, -Infinity, 1e200]) {
      const of = named('Clip-Adam-Norm');
      const from = follow(of, [1, 2], heavy(8, 3, 2));
      const { x, state } = update(of, from, [Float64Array.of(1, bad)]);
      expect({ x, state }).toEqual({ x: from.x, state: { ...from.state, t: 4, skipped: 1 } });
    }
  });

  it('takes rates from a schedule', () => {
    const linear = compose({ kind: 'sgd', gamma: { kind: 'linear', peak: 8, warmUp: 2, total: 6 } });
    const rates = [0, 4, 8, 6, 4, 2, 0, 0];
    const point = start(linear, [0]);
    let x = 0;
    for (const rate of rates) {
      update(linear, point, [Float64Array.of(1)], point);
      expect(point.x[0]![0]).toBe((x -= rate));
    }
    const root = compose({ kind: 'sgd', gamma: { kind: 'inverse-sqrt', peak: 6 } });
    expect(follow(root, [0], [1, 1, 1, 1].map((v) => Float64Array.of(v))).x[0]![0]).toBeCloseTo(-6 * (1 + 1 / Math.SQRT2 + 1 / Math.sqrt(3) + 1 / 2), 12); // prettier-ignore
  });

  it('lets the level grow like (t + 1)^(1/a)', () => {
    const of = compose({ kind: 'sgd', gamma: 1, clip: { level: { kind: 'growing', start: 2, a: 1.25 } } });
    const point = start(of, [0]);
    let x = 0;
    for (let t = 0; t < 5; t++) {
      update(of, point, [Float64Array.of(1000)], point);
      expect(point.x[0]![0]).toBeCloseTo((x -= 2 * (t + 1) ** 0.8), 10);
    }
  });

  it('follows the quantile of the norms', () => {
    const of = compose({ gamma: 1, clip: { level: { kind: 'quantile', start: 50, quantile: 0.8, rate: 0.05 } } });
    const { state } = follow(of, [0], heavy(9, 4000, 1));
    // P(|X| > L) = (1 + L)^(−1.5) = 0.2
    expect(state.level).toBeGreaterThan(0.8 * (0.2 ** (-2 / 3) - 1));
    expect(state.level).toBeLessThan(1.25 * (0.2 ** (-2 / 3) - 1));
    expect(state.clipped / 4000).toBeCloseTo(0.2, 1);
    // The first step clips nothing: L falls by exp(−rate·0.2).
    expect(follow(of, [0], [Float64Array.of(1)]).state.level).toBeCloseTo(50 * Math.exp(-0.05 * 0.2), 12);
  });
});

describe('identities', () => {
  const positive = fc.double({ min: 0.05, max: 20, noNaN: true });
  const seed = fc.integer({ min: 0, max: 1e6 });

  it('I1: RAdaGrad(γ, b₀, η) = AdaGrad(γ/√η, b₀/√η)', () => {
    fc.assert(
      fc.property(positive, positive, positive, seed, fc.boolean(), fc.boolean(), (gamma, b0, eta, s, delay, cut) => {
        const rest = { delay, clip: cut ? { level: 1 } : null };
        const a = follow(compose({ gamma, b0, eta, ...rest }), [2], heavy(s, 100, 1)).x[0]![0]!;
        const b = follow(compose({ gamma: gamma / Math.sqrt(eta), b0: b0 / Math.sqrt(eta), ...rest }), [2], heavy(s, 100, 1)).x[0]![0]!; // prettier-ignore
        expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-11 * (1 + Math.abs(a)));
      }),
      { numRuns: 30 },
    );
  });

  it('I2: a step is at most γ/√η long without delay, and at most γL/b₀ with delay and clipping', () => {
    fc.assert(
      fc.property(positive, positive, positive, positive, seed, (gamma, b0, eta, level, s) => {
        for (const [of, bound] of [
          [compose({ gamma, b0, eta }), gamma / Math.sqrt(eta)],
          [compose({ gamma, b0, eta, delay: true, clip: { level } }), (gamma * level) / b0],
        ] as const) {
          const point = start(of, [1, 1]);
          for (const g of heavy(s, 30, 2)) {
            const from = point.x[0]!.slice();
            update(of, point, [g], point);
            expect(Math.hypot(...point.x[0]!.map((x, j) => x - from[j]!))).toBeLessThanOrEqual(
              bound * (1 + 1e-9) + 1e-9,
            );
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  /** clip(g, L) as the step of SGD with γ = 1 from 0. */
  const clip = (g: Float64Array, level: number) => {
    const of = compose({ kind: 'sgd', gamma: 1, clip: { level } });
    return update(of, start(of, [...g.map(() => 0)]), [g]).x[0]!.map((x) => -x);
  };

  it('I3: clipping commutes with scaling, is idempotent, does not expand, and stays within L', () => {
    fc.assert(
      fc.property(positive, positive, seed, (scale, level, s) => {
        const [g, h] = heavy(s, 2, 3) as [Float64Array, Float64Array];
        const [a, b] = [clip(g, level), clip(h, level)];
        const distance = (u: Float64Array, v: Float64Array) => Math.hypot(...u.map((x, j) => x - v[j]!));
        clip(g.map((v) => scale * v), scale * level).forEach((v, j) => expect(v).toBeCloseTo(scale * a[j]!, 9)); // prettier-ignore
        expect(distance(clip(a, level), a)).toBeLessThanOrEqual(1e-12 * level);
        expect(distance(a, b)).toBeLessThanOrEqual(distance(g, h) * (1 + 1e-12));
        expect(Math.hypot(...a)).toBeLessThanOrEqual(level * (1 + 1e-12));
      }),
    );
    expect([...clip(Float64Array.of(0, 0), 1)]).toEqual([-0, -0]);
  });

  it('I4: an infinite level changes no bit', () => {
    const open: MethodOptions[] = normNames.filter((name) => !name.startsWith('Clip')).map((name) => named(name));
    for (const options of open) {
      for (const scale of ['norm', 'coordinate'] as const) {
        const plain = compose({ ...options, scale });
        const infinite = compose({ ...options, scale, clip: { level: Infinity, mode: 'norm' } });
        expect(follow(infinite, [1, 2], heavy(3, 50, 2)).x).toEqual(follow(plain, [1, 2], heavy(3, 50, 2)).x);
      }
    }
  });

  it('I5: with β₂ = 1 − 1/K Adam’s and AdaGrad’s step sizes stay within a factor (1 − 1/K)^(−K/2)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), positive, seed, (K, b0, s) => {
        const adam = compose({ kind: 'adam', gamma: 1, beta1: 0, horizon: K, b0 });
        const adagrad = compose({ gamma: Math.sqrt(K), b0: b0 * Math.sqrt(K) });
        const [a, b] = [start(adam, [0]), start(adagrad, [0])];
        for (const g of heavy(s, K, 1)) {
          update(adam, a, [g], a);
          update(adagrad, b, [g], b);
          const ratio = 1 / Math.sqrt(a.state.acc[0]![0]!) / (Math.sqrt(K) / Math.sqrt(b.state.acc[0]![0]!));
          expect(ratio).toBeGreaterThanOrEqual(1 - 1e-12);
          expect(ratio).toBeLessThanOrEqual((1 - 1 / K) ** (-K / 2) * (1 + 1e-12));
        }
      }),
    );
  });

  it('I6: b² ≤ b₀² + ηL²(t + 1) where the accumulator is clipped', () => {
    fc.assert(
      fc.property(positive, positive, positive, seed, (b0, eta, level, s) => {
        const of = compose({ gamma: 1, b0, eta, clip: { level } });
        const point = start(of, [0, 0]);
        heavy(s, 40, 2).forEach((g, t) => {
          update(of, point, [g], point);
          expect(point.state.acc[0]![0]).toBeLessThanOrEqual((b0 ** 2 + eta * level ** 2 * (t + 1)) * (1 + 1e-12));
        });
      }),
      { numRuns: 50 },
    );
  });

  const many = stream(7, 'moments').fillPareto(new Float64Array(200_000), 1.5);
  const mean = (values: Float64Array) => values.reduce((sum, v) => sum + v, 0) / values.length;

  it('I7: bias and variance of clip(g) are below 2^α·σ^α·L^(1 − α) and 18·L^(2 − α)·σ^α where ‖∇f‖ ≤ L/2', () => {
    const [slope, level] = [0.5, 1];
    const sigma = 1.5 * 1.7462; // σ^α at α = 1.1, 1.5·B(2.1, 0.4)
    const cut = many.subarray(0, 50_000).map((xi) => clip(Float64Array.of(slope + xi), level)[0]!);
    const [bias, variance] = [Math.abs(mean(cut) - slope), mean(cut.map((c) => c * c)) - mean(cut) ** 2];
    expect(bias).toBeCloseTo(0.184, 2);
    expect(variance).toBeCloseTo(0.476, 2);
    expect(bias).toBeLessThan(2 ** 1.1 * sigma);
    expect(variance).toBeLessThan(18 * sigma);
  });

  it('I8: E|ξ|^p = 1.5·B(p + 1, 1.5 − p) of the paper’s noise', () => {
    const moment = (p: number) => mean(many.map((xi) => Math.abs(xi) ** p));
    expect(moment(1 / 2)).toBeCloseTo(1, 2);
    expect(moment(1 / 4)).toBeCloseTo(0.927, 2);
  });
});

describe('bad input', () => {
  const base = { gamma: 1 };
  it.each<[string, () => unknown, string]>([
    ['a clip without a level', () => compose({ ...base, clip: {} as never }), "compose: 'clip.level' is undefined; must be a number > 0. suggestClipLevel() finds one."], // prettier-ignore
    ['a level of 0', () => method('Clip-AdaGrad', { gamma: 1, level: 0 }), "method: 'clip.level' is 0; must be a number > 0. suggestClipLevel() finds one."], // prettier-ignore
    ['a named clip without a level', () => method('Clip-Adam', { gamma: 1 }), "method: 'clip.level' is undefined; must be a number > 0. suggestClipLevel() finds one."], // prettier-ignore
    ['a negative start', () => compose({ ...base, clip: { level: { kind: 'growing', start: -1, a: 2 } } }), "compose: 'clip.level.start' is -1; must be a finite number > 0. suggestClipLevel() finds one."], // prettier-ignore
    ['moments of order 1', () => compose({ ...base, clip: { level: { kind: 'growing', start: 1, a: 1 } } }), "compose: 'clip.level.a' is 1; must be above 1 and at most 2. The noise must have moments of that order."], // prettier-ignore
    ['a quantile of 1', () => compose({ ...base, clip: { level: { kind: 'quantile', start: 1, quantile: 1 } } }), "compose: 'clip.level.quantile' is 1; must be between 0 and 1. For instance 0.9."], // prettier-ignore
    ['delay without b0', () => method('AdaGradD-Norm', base), "method: 'b0' is undefined; must be a finite number > 0. With delay the first step is gamma·‖g‖/b0: give about the norm of a first gradient."], // prettier-ignore
    ['b0 = 0', () => compose({ ...base, b0: 0 }), "compose: 'b0' is 0; must be a finite number > 0. Leave it out, unless there is delay."], // prettier-ignore
    ['beta1 = 1', () => compose({ ...base, beta1: 1 }), "compose: 'beta1' is 1; must be from 0 to below 1. Leave it out for the default."], // prettier-ignore
    ['beta2 < 0', () => compose({ ...base, kind: 'adam', beta2: -0.1 }), "compose: 'beta2' is -0.1; must be from 0 to below 1. Leave it out for 0.999, or give the horizon K."], // prettier-ignore
    ['a horizon of 1', () => method('Adam-Norm', { gamma: 1, horizon: 1 }), "method: 'horizon' is 1; must be an integer of at least 2. It is K, the number of steps planned: beta2 = 1 - 1/K."], // prettier-ignore
    ['two ways to say beta2', () => compose({ ...base, kind: 'adam', beta2: 0.9, horizon: 10 }), "compose: 'horizon' is 10; must be left out, unless kind is 'adam' and beta2 is not given. It only says what beta2 is."], // prettier-ignore
    ['gamma = NaN', () => compose({ gamma: NaN }), "compose: 'gamma' is NaN; must be a finite number > 0. It is the step size; tune it."], // prettier-ignore
    ['a schedule that ends in its warm-up', () => compose({ gamma: { kind: 'linear', peak: 1, warmUp: 5, total: 4 } }), "compose: 'gamma.total' is 4; must be an integer of at least 5. Count all steps, those of the warm-up too."], // prettier-ignore
    ['SGD with delay', () => compose({ ...base, kind: 'sgd', delay: true, b0: 1 }), "compose: 'delay' is true; must be false. SGD has no denominator."], // prettier-ignore
    ['bias correction with delay', () => compose({ ...base, kind: 'adam', delay: true, b0: 1, biasCorrection: true }), "compose: 'biasCorrection' is true; must be false, unless kind is 'adam' without delay. Leave it out."], // prettier-ignore
    ['RAdaGrad without eta', () => method('RAdaGrad-Norm', base), "method: 'eta' is undefined; must be a finite number > 0. RAdaGrad weights squares by it; gamma² in the paper’s quadratic."], // prettier-ignore
    ['M- without momentum', () => method('M-AdaGrad', { gamma: 1, beta1: 0 }), "method: 'beta1' is 0; must be above 0. Without momentum it is AdaGrad."], // prettier-ignore
    ['a level for a name without Clip-', () => method('Adam', { gamma: 1, level: 1 }), "method: 'level' is 1; must be left out. Take 'Clip-Adam'."], // prettier-ignore
    ['an unknown name', () => method('AdaMax' as never, base), "method: 'name' is 'AdaMax'; must be a name like 'Clip-AdaGradD-Norm'. It is [Clip-][M-|R]AdaGrad[D][-Norm], [Clip-]Adam[D][-Norm] or [Clip-]SGD."], // prettier-ignore
    ['an unknown mode', () => compose({ ...base, clip: { level: 1, mode: 'layer' as never } }), "compose: 'clip.mode' is 'layer'; must be 'norm' or 'tensor' or 'coordinate'. Choose one of them."], // prettier-ignore
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(new RangeError(message));
  });

  it.each<[string, (of: Method, point: Point) => unknown, string]>([
    ['the state of another method', (_, p) => update(named('AdaGradD-Norm'), p, [Float64Array.of(1)]), "update: 'state' is of Clip-Adam-Norm; must be of AdaGradD-Norm. Start from initialState()."], // prettier-ignore
    ['a gradient of another length', (of, p) => update(of, p, [Float64Array.of(1, 2)], p), "update: 'g' has lengths [2]; must have [1]. Give one array for each parameter."], // prettier-ignore
    ['the momentum of other parameters', (of, p) => update(of, { ...p, state: { ...p.state, m: [new Float64Array(3)] } }, [Float64Array.of(1)]), "update: 'state.m' has lengths [3]; must have [1]. Give one array for each parameter."], // prettier-ignore
    ['an accumulator of other parameters', (of, p) => update(of, { ...p, state: { ...p.state, acc: [] } }, [Float64Array.of(1)]), "update: 'state.acc' has lengths []; must have [1]. Give one array for each parameter."], // prettier-ignore
  ])('refuses %s and changes nothing', (_, act, message) => {
    const of = named('Clip-Adam-Norm');
    const point = start(of, [1]);
    const before = copyPoint(point);
    expect(() => act(of, point)).toThrow(new RangeError(message));
    expect(point).toEqual(before);
  });
});
