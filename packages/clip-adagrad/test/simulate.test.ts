import { quantile, stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';

import { compose, initialState, method, simulate, update, type Method, type SimulateOptions } from '../src/index.js';

const level = 0.5;
const eta = 1 / 16;
const methods: Method[] = [
  method('AdaGrad-Norm', { gamma: 1, b0: 3 }),
  method('AdaGradD-Norm', { gamma: 1, b0: 3 }),
  method('RAdaGradD-Norm', { gamma: 1, b0: 3, eta }),
  method('Clip-AdaGrad-Norm', { gamma: 1, b0: 3, level }),
  method('Clip-RAdaGradD-Norm', { gamma: { kind: 'inverse-sqrt', peak: 1 }, b0: 3, eta, level }),
  method('Clip-AdaGrad-Norm', { gamma: 1, b0: 3, level: { kind: 'growing', start: level, a: 1.5 } }),
  compose({ gamma: 1, b0: 3, eps: 0.1, clip: { level, accumulator: false } }),
  compose({ gamma: 1, b0: 3, clip: { level, direction: false } }),
  method('Clip-M-AdaGradD-Norm', { gamma: 1, b0: 3, level }),
  method('Clip-Adam-Norm', { gamma: 0.1, horizon: 50, level, biasCorrection: true }),
  method('AdamD-Norm', { gamma: 0.1, b0: 1, beta1: 0 }),
  method('SGD', { gamma: 0.1 }),
  method('Clip-SGD', { gamma: 0.1, level }),
];

/** The same by `update`, run by run, on noise that numerics draws. */
function slow(
  of: Method,
  d: number,
  runs: number,
  steps: number,
  noise: Float64Array[],
  gradient: (x: Float64Array) => Float64Array,
): Float64Array {
  // prettier-ignore
  const out = new Float64Array(d * runs);
  for (let r = 0; r < runs; r++) {
    const x = new Float64Array(d).fill(2);
    const point = { x: [x], state: initialState(of, [x]) };
    for (let t = 0; t < steps; t++) {
      update(of, point, [gradient(x).map((g, j) => g + (noise[t]?.[j * runs + r] ?? 0))], point);
    }
    x.forEach((value, j) => (out[j * runs + r] = value));
  }
  return out;
}

/** Where a clamp stands for L/|g|·g. */
const clamped = ({ kind, beta1, clip }: Method, d: number): boolean =>
  d === 1 && beta1 === 0 && kind !== 'sgd' && clip !== null && clip.direction && clip.accumulator;

/** The same up to rounding. */
function expectClose(actual: Float64Array, expected: Float64Array): void {
  actual.forEach((value, i) =>
    expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-12 * (1 + Math.abs(expected[i]!))),
  );
}

describe('simulate', () => {
  it.each([
    [1, 1.7],
    [3, 1.7],
    [1, 1.5],
    [3, 1.5],
  ])('is update along x + ξ in %i dimensions, ξ being the stream’s Pareto numbers of index %f', (d, alpha) => {
    const [runs, steps] = [6, 40];
    const key = stream(5, 'noise');
    const noise = Array.from({ length: steps }, (_, t) => key.at(t).fillPareto(new Float64Array(d * runs), alpha));
    const [last] = simulate({ methods, x0: new Float64Array(d).fill(2), runs, steps, noise: { stream: key, alpha } });
    methods.forEach((of, k) => {
      const expected = slow(of, d, runs, steps, noise, (x) => x.slice());
      if (alpha === 1.5 || clamped(of, d)) expectClose(last!.x[k]!, expected);
      else expect(last!.x[k]).toEqual(expected);
    });
  });

  it('draws |v|^(−2/3) − 1 to rounding at α = 1.5', () => {
    const runs = 20_000;
    const key = stream(7, 'noise');
    const gradient: NonNullable<SimulateOptions['gradient']> = (_, out) => void out.fill(0);
    const sgd = compose({ kind: 'sgd', gamma: 1 });
    const [last] = simulate({ methods: [sgd], x0: [0], runs, steps: 1, gradient, noise: { stream: key, alpha: 1.5 } });
    key
      .at(0)
      .fillUniform(new Float64Array(runs))
      .forEach((u, r) => {
        const v = 2 * u - 1 + 2 ** -53;
        const wanted = 1 / Math.cbrt(v) ** 2;
        expect(Math.abs(-last!.x[0]![r]! * Math.sign(v) + 1 - wanted) / wanted).toBeLessThan(1.2e-15);
      });
  });

  it('has the bits of update without noise and on a gradient of the caller’s', () => {
    const [d, runs, steps] = [2, 4, 20];
    const own = (x: Float64Array) => Float64Array.of(4 * x[0]! ** 3, x[1]! - x[0]!);
    const gradient: NonNullable<SimulateOptions['gradient']> = (x, out) => {
      for (let r = 0; r < runs; r++) {
        const [a, b] = own(Float64Array.of(x[r]!, x[runs + r]!));
        out[r] = a!;
        out[runs + r] = b!;
      }
    };
    const [last] = simulate({ methods, x0: [2, 2], runs, steps, gradient });
    methods.forEach((of, k) => expect(last!.x[k]).toEqual(slow(of, d, runs, steps, [], own)));
  });

  it('draws skewed noise of mean 0: |v|^(−1/α) − 1 − 1/(α − 1)', () => {
    const [runs, alpha] = [600, 1.5];
    const key = stream(6, 'noise');
    const sgd = compose({ kind: 'sgd', gamma: 1 });
    const gradient: NonNullable<SimulateOptions['gradient']> = (_, out) => void out.fill(0);
    const [last] = simulate({ methods: [sgd], x0: [0], runs, steps: 1, gradient, noise: { stream: key, alpha, skewed: true } }); // prettier-ignore
    const symmetric = key.at(0).fillPareto(new Float64Array(runs), alpha);
    symmetric.forEach((xi, r) => expect(last!.x[0]![r]).toBeCloseTo(-(Math.abs(xi) - 2), 11));
  });

  it('stops a run that overflows where it is, and no other', () => {
    const gradient: NonNullable<SimulateOptions['gradient']> = (x, out) => x.forEach((v, r) => (out[r] = r === 1 ? 1e200 : v)); // prettier-ignore
    const [last] = simulate({ methods, x0: [2], runs: 2, steps: 3, gradient });
    methods.forEach((of, k) => {
      expectClose(
        last!.x[k]!.subarray(0, 1),
        slow(of, 1, 1, 3, [], (x) => x.slice()),
      );
      expect(last!.x[k]![1]).toBe(2);
    });
  });

  it('reports at checkpoints, the start included', () => {
    const options = { methods: methods.slice(0, 2), x0: [2], runs: 4, noise: { stream: stream(1, 'n'), alpha: 1.5 } };
    const all = simulate({ ...options, steps: 9, checkpoints: [0, 4, 9] });
    expect(all.map(({ t }) => t)).toEqual([0, 4, 9]);
    expect([...all[0]!.x[1]!]).toEqual([2, 2, 2, 2]);
    expect(all[1]!.x).toEqual(simulate({ ...options, steps: 4 })[0]!.x);
    expect(all[2]!.x).toEqual(simulate({ ...options, steps: 9 })[0]!.x);
  });

  it('shows what the paper is about: clipping shrinks the upper quantiles of the quadratic', () => {
    const b0 = 3;
    const pair = [method('AdaGrad-Norm', { gamma: 1, b0 }), method('Clip-AdaGrad-Norm', { gamma: 1, b0, level })];
    const [last] = simulate({
      methods: pair,
      x0: [2],
      runs: 2000,
      steps: 500,
      noise: { stream: stream(3, 'n'), alpha: 1.5 },
    });
    const [plain, clipped] = last!.x.map((x) => quantile(x.map((v) => v * v), 0.9)); // prettier-ignore
    expect(plain! / clipped!).toBeGreaterThan(3);
  });

  it.each<[Partial<SimulateOptions>, string]>([
    [{ runs: 3 }, "simulate: 'runs' is 3; must be even. Two are computed at a time."],
    [{ runs: 0 }, "simulate: 'runs' is 0; must be an integer of at least 2. Two are computed at a time."],
    [{ steps: 0 }, "simulate: 'steps' is 0; must be an integer of at least 1. Count from the start."],
    [{ x0: [] }, "simulate: 'x0' is []; must be an array of d ≥ 1 numbers. Give one number a coordinate."],
    [{ x0: [null as never] }, "simulate: 'x0[0]' is null; must be a finite number. Start from a point."],
    [{ x0: ['2'] as never }, "simulate: 'x0[0]' is '2'; must be a finite number. Start from a point."],
    [{ x0: [NaN] }, "simulate: 'x0[0]' is NaN; must be a finite number. Start from a point."],
    [{ checkpoints: [2, 2] }, "simulate: 'checkpoints[1]' is 2; must be ascending and at most 5. Sort them."],
    [{ checkpoints: [6] }, "simulate: 'checkpoints[0]' is 6; must be ascending and at most 5. Sort them."],
    [{ noise: { stream: stream(1, 'n'), alpha: 1 } }, "simulate: 'noise.alpha' is 1; must be a finite number > 1. The noise has no mean otherwise."], // prettier-ignore
    [{ methods: [compose({ gamma: 1, weightDecay: 1 })] }, "simulate: 'methods[0].weightDecay' is 1; must be 0. Take update() for it."], // prettier-ignore
    [{ methods: [compose({ gamma: 1, clip: { level: { kind: 'quantile', start: 1, quantile: 0.5 } } })] }, "simulate: 'methods[0].clip.level' is an object; must be constant or growing. Take update() for running quantiles."], // prettier-ignore
    [{ x0: [1, 1], methods: [method('AdaGrad', { gamma: 1 })] }, "simulate: 'methods[0]' is 'coordinate'; must be of scale and clip.mode 'norm' in more than one dimension. Take update() for coordinates."], // prettier-ignore
  ])('refuses %o', (bad, message) => {
    const options = { methods: methods.slice(0, 1), x0: [2], runs: 2, steps: 5, ...bad };
    expect(() => simulate(options)).toThrow(new RangeError(message));
  });
});
