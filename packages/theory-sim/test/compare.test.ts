import { describe, expect, it } from 'vitest';
import { compare, localSgd, minibatchSgd, quadratic, scaffold, type Problem } from '../src/index.js';
import { range } from './methods-reference.js';

/** f = ½x² for each of two clients: a round of K steps multiplies x by (1 − η)^K, minibatch SGD by 1 − η. */
const parabola: Problem = { n: 2, d: 1, exact: true, grad: (_client, x, out) => void (out[0] = x[0]!) };
const given = { K: 2, R: 30, x0: [1], target: 2 ** -20, grid: [0.25, 0.5, 0.75, 1.75] };

describe('compare', () => {
  it('counts rounds, bytes and gradients to the target, each method with its fastest step size', () => {
    // |x| ≤ 2^-10 after r rounds of factor 1/4 (η = 0.75): r = 5 for one step a round, 3 for two.
    const [minibatch, local, corrected] = compare(parabola, given);
    expect(minibatch).toMatchObject({
      method: 'minibatchSgd',
      reached: true,
      rounds: 5,
      eta: 0.75,
      edge: null,
      bytes: 5 * 2 * 2 * 8,
      gradientCalls: 5 * 4,
    });
    expect(local).toMatchObject({ method: 'localSgd', rounds: 3, eta: 0.75, bytes: 3 * 2 * 2 * 8, gradientCalls: 12 });
    // SCAFFOLD sends twice as much.
    expect(corrected).toMatchObject({ method: 'scaffold', rounds: 3, bytes: 3 * 2 * 4 * 8, gradientCalls: 12 });
  });

  it('keeps every step size, with the rounds that were left when its turn came, from the largest down', () => {
    // 1.75 has factor −¾: 0.75^r ≤ 2^-10 at r = 25. Then 0.75 takes 5, and 0.5 would take 10 and 0.25 too.
    expect(compare(parabola, { ...given, methods: ['minibatchSgd'] })[0]!.tried).toEqual([
      { eta: 0.25, rounds: null, cap: 5, diverged: false },
      { eta: 0.5, rounds: null, cap: 5, diverged: false },
      { eta: 0.75, rounds: 5, cap: 25, diverged: false },
      { eta: 1.75, rounds: 25, cap: 30, diverged: false },
    ]);
    const [wild] = compare(parabola, { ...given, grid: [0.5, 1e9], methods: ['localSgd'] });
    expect(wild!.tried).toEqual([
      { eta: 0.5, rounds: 5, cap: 30, diverged: false },
      { eta: 1e9, rounds: null, cap: 30, diverged: true },
    ]);
    expect(wild!.edge).toBe('low');
  });

  it('charges all R rounds where no step size arrives', () => {
    const [minibatch] = compare(parabola, { ...given, R: 4, methods: ['minibatchSgd'] });
    expect(minibatch).toMatchObject({
      reached: false,
      rounds: 4,
      eta: null,
      edge: null,
      bytes: 4 * 2 * 2 * 8,
      gradientCalls: 4 * 4,
    });
    expect(minibatch!.tried.map(({ rounds, cap }) => [rounds, cap])).toEqual(Array(4).fill([null, 4]));
  });

  it('charges the longest run where every step size diverges', () => {
    // Factor −4 a round from 1: the first above 10^6 is 4^10, so nine rounds were done.
    const [minibatch] = compare(parabola, { ...given, grid: [5, 1e9], methods: ['minibatchSgd'] });
    expect(minibatch).toMatchObject({ reached: false, rounds: 9, bytes: 9 * 2 * 2 * 8, gradientCalls: 9 * 4 });
  });

  it('counts the rounds of all methods and step sizes in one', () => {
    const seen: number[] = [];
    const planned = 2 * 4 * 30;
    compare(parabola, {
      ...given,
      methods: ['minibatchSgd', 'scaffold'],
      onProgress: (done, of) => void (expect(of).toBe(planned), seen.push(done)),
    });
    // Of the first run 25 rounds, and 5 of each later one.
    expect(seen.slice(0, 32)).toEqual([...range(25), 29, ...range(5).map((k) => 30 + k), 59].map((k) => k + 1));
    expect(seen.every((done, k) => k === 0 || done > seen[k - 1]!)).toBe(true);
    expect(seen.at(-1)).toBe(planned);
  });

  it('finds what a search without caps finds', () => {
    const problem = quadratic({ n: 4, d: 5, lMin: 0.05, delta: 0.1, zeta: 1, seed: 2 });
    const options = { K: 4, R: 80, x0: [3, 3, 3, 3, 3], target: 1e-7 };
    const grid = [0.1, 0.2, 0.4, 0.8, 1.6];
    const rows = compare(problem, { ...options, grid });
    [minibatchSgd, localSgd, scaffold].forEach((run, m) => {
      const all = grid.map((eta) => run(problem, { ...options, eta }));
      const arrived = all.filter(({ reached }) => reached).map(({ rounds }) => rounds);
      expect(rows[m]!.reached).toBe(arrived.length > 0);
      if (arrived.length === 0) return;
      expect(rows[m]!.rounds).toBe(Math.min(...arrived));
      expect(all[grid.indexOf(rows[m]!.eta!)]!.rounds).toBe(rows[m]!.rounds);
    });
    expect(rows.map(({ reached }) => reached)).toEqual([true, false, true]);
  });

  it('costs nothing where the start is at the target', () => {
    const rows = compare(parabola, { ...given, target: 2 });
    for (const row of rows) expect(row).toMatchObject({ reached: true, rounds: 0, bytes: 0, gradientCalls: 0 });
  });

  it('stops with the reason of its signal', () => {
    expect(() => compare(parabola, { ...given, signal: AbortSignal.abort(new Error('enough')) })).toThrow('enough');
  });

  it.each([
    [{ target: 0 }, "compare: 'target' is 0; must be a finite number > 0. It is compared with ‖∇f(x)‖²."],
    [{ grid: [] }, "compare: 'grid' is []; must be an array of at least one step size. Start from defaultGrid(L)."],
    [{ grid: [1, NaN] }, "compare: 'grid[1]' is NaN; must be a finite number > 0. Start from defaultGrid(L)."],
    [
      { methods: ['sgd'] },
      "compare: 'methods[0]' is 'sgd'; must be 'minibatchSgd' or 'localSgd' or 'scaffold'. Choose one of them.",
    ],
    [{ K: 0 }, "minibatchSgd: 'K' is 0; must be an integer of at least 1. Count the steps of a client in a round."],
    [
      { R: -1 },
      "minibatchSgd: 'R' is -1; must be an integer of at least 1. Count the rounds from the start of the run.",
    ],
  ])('names what is wrong: %o', (wrong, message) => {
    expect(() => compare(parabola, { ...given, ...(wrong as object) })).toThrow(new RangeError(message));
  });
});
