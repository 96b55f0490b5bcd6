import { meanInterval, pairedDifference } from '@assay-ml/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bounded,
  defaultGrid,
  localSgd,
  minibatchSgd,
  noise,
  quadratic,
  scaffold,
  tune,
  type Problem,
} from '../src/index.js';
import { pick } from '../src/tune.js';

/** f = ½x² for one client: K steps of gradient descent multiply x by (1 − η)^K, so that η = 1 is best and η > 2 diverges. */
const parabola: Problem = { n: 1, d: 1, exact: true, grad: (_client, x, out) => void (out[0] = x[0]!) };
const once = { K: 1, R: 3, x0: [1], divergence: { factor: 5 } };

describe('defaultGrid', () => {
  it('is E1’s, above 2/L at its top', () => {
    expect(defaultGrid()).toEqual([2.5, 2.2, 1.9, 1.5, ...Array.from({ length: 12 }, (_, k) => 2 ** -k)]);
    expect(defaultGrid(4)).toEqual(defaultGrid().map((eta) => eta / 4));
    expect(() => defaultGrid(0)).toThrow(
      new RangeError("defaultGrid: 'L' is 0; must be a finite number > 0. Leave it out for 1."),
    );
  });
});

describe('tune', () => {
  it('keeps every step size, ascending, with what came of it', () => {
    const tuned = tune('minibatchSgd', parabola, { ...once, grid: [1.25, 0.5, 4, 1.5] });
    expect(tuned).toEqual({
      best: 0.25 ** 6,
      bestEta: 1.25,
      edge: null,
      tried: [
        { eta: 0.5, value: 0.5 ** 6, diverged: null },
        { eta: 1.25, value: 0.25 ** 6, diverged: null },
        { eta: 1.5, value: 0.5 ** 6, diverged: null },
        { eta: 4, value: null, diverged: { round: 1, reason: '‖x‖ is 9, above 5' } },
      ],
    });
  });

  it('takes step sizes at which a gradient overflows for diverged', () => {
    const grad = (_client: number, x: Float64Array, out: Float64Array) => void (out[0] = Math.sinh(x[0]!));
    const cosh: Problem = { n: 1, d: 1, exact: true, grad };
    for (const method of ['minibatchSgd', 'localSgd', 'scaffold'] as const) {
      for (const problem of [cosh, { ...cosh, exact: false, clientGrad: grad }]) {
        const { tried, edge } = tune(method, problem, { K: 5, R: 30, x0: [3] });
        expect(edge).toBeNull();
        expect(tried.at(-1)).toMatchObject({ eta: 2.5, value: null });
      }
    }
    // One step from 3 to −998: within the bounds, but not where the gradient is a number.
    const { tried } = tune('minibatchSgd', cosh, { K: 1, R: 1, x0: [3], grid: [0.2, 0.25, 0.4, 100] });
    expect(tried.at(-1)).toEqual({ eta: 100, value: null, diverged: { round: 1, reason: '‖∇f(x)‖² is Infinity' } });
  });

  it('says on which edge the best is, and throws unless told to report', () => {
    const edge = (grid: number[]) => tune('localSgd', parabola, { ...once, grid, onEdge: 'report' }).edge;
    expect(edge([0.25, 0.5])).toBe('high');
    expect(edge([1.25, 1.5])).toBe('low');
    expect(edge([1])).toBe('low');
    expect(edge([0.5, 1.25, 1.5])).toBeNull();
    // A neighbour that diverges brackets the best.
    expect(edge([0.5, 1.25, 4])).toBeNull();
    expect(edge([1.25, 4])).toBe('low');
    expect(() => tune('localSgd', parabola, { ...once, grid: [0.25, 0.5] })).toThrow(
      new RangeError(
        "tune: 'grid' is [0.25, 0.5]; must be wide enough to hold the best step size inside. localSgd is best at its largest, 0.5; extend it, or pass onEdge: 'report'.",
      ),
    );
    expect(() => tune('scaffold', parabola, { ...once, grid: [1.25, 1.5] })).toThrow(
      "scaffold is best at its smallest, 1.25; extend it, or pass onEdge: 'report'.",
    );
  });

  it('of equals takes one inside the grid, then the largest step size', () => {
    // (1 − 0.5)² = (1 − 1.5)².
    const best = (grid: number[]) => tune('minibatchSgd', parabola, { ...once, grid, onEdge: 'report' }).bestEta;
    expect(best([0.25, 0.5, 1.5, 1.75])).toBe(1.5);
    expect(best([0.25, 0.5, 1.5])).toBe(0.5);
    expect(best([0.5, 1.5])).toBe(1.5);
  });

  it('gives what the method gives at each step size, with all its options', () => {
    const problem = noise(bounded({ n: 4, d: 3, delta: 0.3, zeta: 0.7 }), { kind: 'gaussian', sigma: 0.3 });
    const given = { K: 3, R: 5, x0: [1, 2, 3], seed: 7, etaOuter: 0.8, participation: { cohort: 2 } } as const;
    const grid = [0.05, 0.1, 0.2, 0.4];
    const out = new Float64Array(3);
    const after = (x: Float64Array) => (problem.fullGrad!(x, out), out.reduce((sum, g) => sum + g * g, 0));
    for (const [name, run] of [
      ['localSgd', localSgd],
      ['scaffold', scaffold],
    ] as const) {
      const { tried } = tune(name, problem, { ...given, grid, onEdge: 'report' });
      expect(tried.map(({ value }) => value)).toEqual(grid.map((eta) => after(run(problem, { ...given, eta }).x)));
      const averaged = tune(name, problem, { ...given, grid, onEdge: 'report', metric: 'averaged' });
      expect(averaged.tried.map(({ value }) => value)).toEqual(
        grid.map((eta) => run(problem, { ...given, eta, averaged: true }).averagedGradientNorm2),
      );
      expect(averaged.best).toBe(Math.min(...averaged.tried.map(({ value }) => value!)));
    }
    const { tried } = tune('minibatchSgd', problem, { K: 3, R: 5, x0: [1, 2, 3], seed: 7, grid, onEdge: 'report' });
    expect(tried[2]!.value).toBe(after(minibatchSgd(problem, { K: 3, R: 5, x0: [1, 2, 3], seed: 7, eta: 0.2 }).x));
  });

  it('uses the same grid for every method unless another is given', () => {
    const problem = quadratic({ n: 4, d: 3, delta: 0.1, zeta: 1 });
    for (const method of ['minibatchSgd', 'localSgd', 'scaffold'] as const) {
      const { tried } = tune(method, problem, { K: 2, R: 10, x0: [3, 3, 3], onEdge: 'report' });
      expect(tried.map(({ eta }) => eta)).toEqual(defaultGrid().reverse());
    }
  });

  it('counts the rounds of all step sizes in one', () => {
    const seen: (readonly [number, number])[] = [];
    // The largest of three diverges in its second round.
    const watched = { ...once, grid: [0.5, 1, 4], onProgress: (...at: [number, number]) => void seen.push(at) };
    tune('minibatchSgd', parabola, watched);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((done) => [done, 9]));
  });

  it('stops with the reason of its signal', () => {
    expect(() => tune('localSgd', parabola, { ...once, signal: AbortSignal.abort(new Error('enough')) })).toThrow(
      'enough',
    );
  });

  it.each([
    [{ grid: [] }, "tune: 'grid' is []; must be an array of at least one step size. Start from defaultGrid(L)."],
    [{ grid: 0.1 }, "tune: 'grid' is 0.1; must be an array of at least one step size. Start from defaultGrid(L)."],
    [{ grid: [0.1, -1] }, "tune: 'grid[1]' is -1; must be a finite number > 0. Start from defaultGrid(L)."],
    [{ grid: [0.1, 0.1] }, "tune: 'grid' is [0.1, 0.1]; must be without repetitions. Start from defaultGrid(L)."],
    [{ metric: 'best' }, "tune: 'metric' is 'best'; must be 'final' or 'averaged'."],
    [{ onEdge: 'ignore' }, "tune: 'onEdge' is 'ignore'; must be 'throw' or 'report'."],
    [
      { grid: [4, 5] },
      "tune: 'grid' is [4, 5]; must be one where some step size converges. All diverged; try smaller ones than 4.",
    ],
    [{ K: 0 }, "localSgd: 'K' is 0; must be an integer of at least 1. Count the steps of a client in a round."],
  ])('names what is wrong: %o', (wrong, message) => {
    expect(() => tune('localSgd', parabola, { ...once, ...(wrong as object) })).toThrow(new RangeError(message));
  });

  it('names an unknown method, missing exact gradients and a NaN of the exact gradient', () => {
    expect(() => tune('sgd' as 'localSgd', parabola, once)).toThrow(
      new RangeError("tune: 'method' is 'sgd'; must be 'minibatchSgd', 'localSgd' or 'scaffold'."),
    );
    expect(() => tune('localSgd', { ...parabola, exact: false }, once)).toThrow(
      "tune: 'problem' is 'without exact gradients'; must be one that has them. Add 'clientGrad' or 'fullGrad'.",
    );
    expect(() => tune('localSgd', { ...parabola, fullGrad: (_x, out) => void out.fill(NaN) }, once)).toThrow(
      new RangeError(
        `tune: 'problem.fullGrad' is NaN; must be finite. It was not after localSgd with step size ${2 ** -11}.`,
      ),
    );
  });
});

describe('tune over several seeds', () => {
  const noisy = noise(bounded({ n: 4, d: 3, delta: 0.3, zeta: 0.7 }), { kind: 'gaussian', sigma: 0.3 });
  const given = { K: 3, R: 5, x0: [1, 2, 3], grid: [0.05, 0.1, 0.2, 0.4], onEdge: 'report' } as const;

  it('gives for each seed what the seed alone gives, and judges by the mean', () => {
    const seeds = [7, 2, 11];
    for (const method of ['minibatchSgd', 'localSgd', 'scaffold'] as const) {
      const tuned = tune(method, noisy, { ...given, seeds });
      const alone = seeds.map((seed) => tune(method, noisy, { ...given, seed }).tried);
      const values = given.grid.map((_eta, k) => alone.map((tried) => tried[k]!.value!));
      expect(tuned.tried.map((one) => one.values)).toEqual(values);
      const estimates = values.map((one) => meanInterval(one));
      const best = estimates.reduce((a, b) => (b.value <= a.value ? b : a));
      expect(tuned.best).toBe(best.value);
      expect(tuned.interval).toEqual(best.interval);
      expect(tuned.values).toEqual(values[given.grid.indexOf(tuned.bestEta as 0.1)]);
      expect(new Set(tuned.values).size).toBe(3);
    }
  });

  it('leaves open which of two methods that differ by noise alone is ahead', () => {
    // Scaffold with one client is LocalSGD; the seeds of the second run are others, so that noise alone tells them apart.
    const one = noise(quadratic({ n: 1, d: 3, delta: 0, zeta: 0 }), { kind: 'gaussian', sigma: 1 });
    const from = { ...given, R: 30, x0: [0, 0, 0] };
    const a = tune('localSgd', one, { ...from, seeds: [1, 2, 3, 4, 5, 6] });
    const b = tune('scaffold', one, { ...from, seeds: [7, 8, 9, 10, 11, 12] });
    expect(a.best).not.toBe(b.best);
    const { interval } = pairedDifference(a.values, b.values);
    expect(interval[0]).toBeLessThan(0);
    expect(interval[1]).toBeGreaterThan(0);
  });

  it('takes a step size that diverges with one seed for diverged', () => {
    // The noise of a seed throws the first step out of bounds, or not.
    const jump = (seed: number) => (seed === 5 ? 100 : 1);
    let seed = 0;
    const grad = (_client: number, x: Float64Array, out: Float64Array) => void (out[0] = jump(seed) * x[0]!);
    const problem: Problem = { n: 1, d: 1, grad, clientGrad: (_client, x, out) => void (out[0] = x[0]!) };
    const tuned = tune('minibatchSgd', problem, {
      ...{ K: 1, R: 1, x0: [1], divergence: { factor: 5 }, grid: [0.001, 0.002, 0.5] },
      seeds: [4, 5],
      onEdge: 'report',
      // Two runs a step size.
      onProgress: (done) => void (seed = done % 2 === 1 ? 5 : 4),
    });
    expect(tuned.tried.map(({ value }) => value === null)).toEqual([false, false, true]);
    expect(tuned.tried[2]!.values).toEqual([0.25, null]);
    expect(tuned.tried[2]!.diverged).toEqual({ round: 0, reason: '‖x‖ is 49, above 5' });
    expect(tuned.bestEta).toBe(0.002);
  });

  it('counts the rounds of all seeds in one', () => {
    const seen: number[] = [];
    tune('minibatchSgd', parabola, {
      ...once,
      grid: [0.5, 1, 1.5],
      seeds: [0, 1],
      onProgress: (done, planned) => seen.push(done, planned),
    });
    expect(seen).toEqual(Array.from({ length: 18 }, (_, k) => [k + 1, 18]).flat());
  });

  it.each([
    [{ seeds: [3] }, "tune: 'seeds' is [3]; must be an array of two or more different seeds. For a single one give 'seed'."],
    [{ seeds: [3, 3] }, "tune: 'seeds' is [3, 3]; must be an array of two or more different seeds. For a single one give 'seed'."],
    [{ seeds: 3 }, "tune: 'seeds' is 3; must be an array of two or more different seeds. For a single one give 'seed'."],
    [{ seeds: [1, -1] }, "tune: 'seeds[1]' is -1; must be an integer of at least 0."],
    [{ seed: 1, seeds: [1, 2] }, "tune: 'seed' is 1; must be left out beside 'seeds'. Put it among 'seeds'."],
  ])('names what is wrong: %o', (wrong, message) => {
    expect(() => tune('localSgd', noisy, { ...given, ...(wrong as object) })).toThrow(new RangeError(message));
  }); // prettier-ignore
});

describe('pick', () => {
  it('finds a smallest score; inside the grid if any of them is', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 4 })), { minLength: 1, maxLength: 8 }), (scores) => {
        const picked = pick(scores);
        const finite = scores.filter((s) => s !== null);
        if (finite.length === 0) {
          expect(picked).toBeNull();
          return;
        }
        const smallest = Math.min(...finite);
        const { index, edge } = picked!;
        expect(scores[index]).toBe(smallest);
        const inside = scores.slice(1, -1).includes(smallest);
        expect(edge).toBe(inside ? null : index === 0 ? 'low' : 'high');
        // None of the others of its kind has a larger step size.
        const after = scores.slice(index + 1, inside ? -1 : undefined);
        expect(after).not.toContain(smallest);
      }),
      { numRuns: 500 },
    );
  });
});
