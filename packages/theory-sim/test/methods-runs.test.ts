/** How runs are guarded, resumed, watched and charged, and every error message. */
import { loadState, saveState, type Json } from '@assay-ml/federated';
import { allocate, type Block } from '@assay-ml/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advise,
  bounded,
  compare,
  estimateConstants,
  localSgd,
  minibatchSgd,
  noise,
  quadratic,
  scaffold,
  tune,
  type Problem,
  type Result,
  type RunOptions,
  type RunState,
  type ServerUpdate,
} from '../src/index.js';
import { range } from './methods-reference.js';

const W = bounded({ n: 4, d: 3, delta: 0.3, zeta: 0.7, rho: 0.2, seed: 3 });
const noisy = noise(W, { kind: 'gaussian', sigma: 0.5 });
const x0 = [1, -2, 3];
const given = { eta: 0.2, K: 3, R: 6, x0 };

/** f = ½ λ x², one client. */
const parabola = (lambda = 1): Problem => ({
  n: 1,
  d: 1,
  exact: true,
  grad: (_client, x, out) => void (out[0] = lambda * x[0]!),
});

/** f = Σ cosh x_j for two clients, NaN where it is asked at infinity. */
const cosh = (exact: boolean): Problem => {
  const grad = (_client: number, x: Float64Array, out: Float64Array) =>
    x.forEach((value, j) => (out[j] = Number.isFinite(value) ? Math.sinh(value) : NaN));
  return {
    n: 2,
    d: 2,
    exact,
    grad,
    clientGrad: grad,
    ...(exact
      ? {
          descend(y, shift, eta, steps) {
            const g = new Float64Array(y.length);
            for (let k = 0; k < steps; k++) {
              grad(0, y, g);
              for (let at = 0; at < y.length; at++) y[at] = y[at]! - eta * (g[at]! + (shift?.[at] ?? 0));
            }
          },
        }
      : {}),
  };
};

type Run = (problem: Problem, options: RunOptions & { eta: number; K: number }) => Result;
const methods: readonly [string, Run][] = [
  ['minibatchSgd', minibatchSgd],
  [
    'localSgd',
    (problem, options) => localSgd(problem, { ...options, participation: { cohort: Math.min(problem.n, 3) } }),
  ],
  ['localSgd, all clients', localSgd],
  [
    'scaffold',
    (problem, options) => scaffold(problem, { ...options, participation: { cohort: Math.min(problem.n, 3) } }),
  ],
  [
    'scaffold, option I',
    (problem, options) => scaffold(problem, { ...options, option: 'I', controlsInit: 'gradient' }),
  ],
  ['scaffold, single vector', (problem, options) => scaffold(problem, { ...options, communication: 'single-vector' })],
];

describe.each(methods)('%s', (name, run) => {
  const where = name.split(',')[0]!;

  it('goes on bit for bit from a state that was saved as text after any round', () => {
    for (const problem of [noisy, W, quadratic({ n: 4, d: 3, delta: 0.3, zeta: 1 })]) {
      const whole = run(problem, { ...given, seed: 5, averaged: true });
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 5 }), (R) => {
          const part = run(problem, { ...given, R, seed: 5, averaged: true });
          const text = JSON.stringify(saveState(part.state));
          const state = loadState(JSON.parse(text) as Json) as RunState;
          const rest = run(problem, { ...given, seed: 5, averaged: true, state });
          expect(rest).toEqual(whole);
          // The state that was given is not written to.
          expect(JSON.stringify(saveState(state))).toBe(text);
        }),
        { numRuns: 5 },
      );
    }
  });

  it('stops when ‖x‖ leaves the bounds, with the last point within them', () => {
    // One local step of η = 3 on ½x² doubles |x| and flips it: 2^10 is the first above 1000.
    const result = run(parabola(), { eta: 3, K: 1, R: 50, x0: [1], divergence: { factor: 1000 } });
    expect([...result.x]).toEqual([-512]);
    expect(result.diverged).toEqual({ round: 9, reason: '‖x‖ is 1024, above 1000' });
    expect([result.rounds, result.state.round, result.ledger.rounds]).toEqual([9, 9, 9]);
  });

  it('stops at an overflow, with the last finite point', () => {
    const result = run(parabola(), { eta: 1e200, K: 4, R: 50, x0: [1] });
    expect(result.diverged!.round).toBe(0);
    expect(result.diverged!.reason).toMatch(/^‖x‖ is (NaN, not finite|(Infinity|\d.*), above 1000000)$/);
    expect([...result.x]).toEqual([1]);
    const quadratics = run(quadratic({ n: 3, d: 2, delta: 0.1, zeta: 1 }), { eta: 1e200, K: 4, R: 5, x0: [1, 1] });
    expect(quadratics.diverged!.round).toBe(0);
    expect([...quadratics.x]).toEqual([1, 1]);
  });

  it('takes a gradient that overflows for divergence, also where it is NaN afterwards', () => {
    // From 3 a step of 500 lands beyond −5000, where sinh is −Infinity; at infinite points the gradient is NaN.
    for (const exact of [true, false]) {
      const result = run(cosh(exact), { eta: 500, K: 4, R: 9, x0: [3, 3] });
      expect(result.diverged).toEqual({
        round: where === 'minibatchSgd' ? 1 : 0,
        reason: expect.stringMatching(/^‖x‖ is (NaN, not finite|Infinity, above .*)$/) as string,
      });
      expect(result.x.every(Number.isFinite)).toBe(true);
    }
  });

  it('names round, client and step of a gradient that is NaN', () => {
    // Client 1 fails at every point where x[0] is not what it was at the start.
    const broken: Problem = {
      n: 2,
      d: 2,
      exact: true,
      grad(client, x, out) {
        out.fill(1);
        if (client === 1 && x[0] !== 5) out[1] = NaN;
      },
    };
    const at = where === 'minibatchSgd' ? 'round 1, local step 0' : 'round 0, local step 1';
    const message = `${where}: the gradient of client 1 is NaN in ${at}; must be a number at a finite point. Check the problem's grad.`;
    expect(() => run(broken, { ...given, x0: [5, 1] })).toThrow(new RangeError(message));
    expect(() => run({ ...broken, exact: false }, { ...given, x0: [5, 1] })).toThrow(new RangeError(message));
  });

  it('stops before the round after an abort, with the reason', () => {
    const controller = new AbortController();
    const done: [number, number][] = [];
    const options = {
      ...given,
      signal: controller.signal,
      onProgress: (rounds: number, planned: number) => {
        done.push([rounds, planned]);
        if (rounds === 2) controller.abort(new Error('enough'));
      },
    };
    expect(() => run(noisy, options)).toThrow('enough');
    expect(done).toEqual([
      [1, 6],
      [2, 6],
    ]);
    expect(() => run(noisy, { ...given, signal: AbortSignal.abort() })).toThrow(
      expect.objectContaining({ name: 'AbortError' }) as Error,
    );
  });

  it('stops at the target and says so', () => {
    const history: number[] = [];
    run(W, { ...given, R: 40, onRound: ({ gradientNorm2 }) => void history.push(gradientNorm2) });
    const target = (Math.max(...history) + Math.min(...history)) / 2;
    const first = history.findIndex((g) => g <= target);
    expect(run(W, { ...given, R: 40, target })).toMatchObject({ reached: true, rounds: first + 1 });
    expect(run(W, { ...given, target: 0 })).toMatchObject({ reached: false, rounds: 6 });
    expect(run(W, { ...given, target: 1e9, averaged: true }).averagedGradientNorm2).toBeUndefined();
    expect(run(W, { ...given, target: 1e9 })).toMatchObject({ reached: true, rounds: 0, x: Float64Array.from(x0) });
  });

  it('gives the point with the metrics of each round, and keeps them when asked', () => {
    const rounds: (readonly [number, number[]])[] = [];
    const result = run(noisy, { ...given, onRound: ({ round }, x) => void rounds.push([round, [...x]]) });
    expect(rounds.map(([round]) => round)).toEqual(range(6));
    expect(rounds[5]![1]).toEqual([...result.x]);
    expect(rounds[2]![1]).toEqual([...run(noisy, { ...given, R: 3 }).x]);
    expect(result.history).toBeUndefined();
    expect(result.averagedGradientNorm2).toBeUndefined();
    const kept = run(noisy, { ...given, metrics: true });
    expect(kept.history).toHaveLength(6);
    expect(kept.history!.at(-1)).toMatchObject({
      bytesUp: 8 * kept.ledger.floatsUp,
      bytesDown: 8 * kept.ledger.floatsDown,
      gradientCalls: kept.gradientCalls,
    });
  });

  it('refuses what needs exact gradients of a problem without them', () => {
    const blind: Problem = { n: 3, d: 3, grad: (_i, x, out) => void out.set(x) };
    const left = "left out for a problem without exact gradients. Add 'clientGrad' or 'fullGrad' to the problem.";
    for (const [option, value] of Object.entries({ metrics: true, averaged: true, target: 1 })) {
      expect(() => run(blind, { ...given, [option]: value })).toThrow(`${where}: '${option}' is true; must be ${left}`);
    }
    expect(() => run(blind, { ...given, onRound: () => undefined })).toThrow(`${where}: 'metrics' is true`);
    // The gradient of f alone is enough for what looks at no client.
    const full: Problem = { ...blind, fullGrad: (x, out) => void out.set(x) };
    expect(run(full, { ...given, averaged: true, target: 0 }).averagedGradientNorm2).toBeGreaterThan(0);
    expect(() => run(full, { ...given, metrics: true })).toThrow(`${where}: 'metrics' is true`);
  });

  it.each([
    [{ eta: -0.1 }, "'eta' is -0.1; must be a finite number > 0. tune() finds one."],
    [{ eta: 0 }, "'eta' is 0; must be a finite number > 0. tune() finds one."],
    [{ eta: NaN }, "'eta' is NaN; must be a finite number > 0. tune() finds one."],
    [{ eta: '0.1' }, "'eta' is '0.1'; must be a finite number > 0. tune() finds one."],
    [{ R: 0 }, "'R' is 0; must be an integer of at least 1. Count the rounds from the start of the run."],
    [{ R: 2.5 }, "'R' is 2.5; must be an integer of at least 1. Count the rounds from the start of the run."],
    [{ K: 0 }, "'K' is 0; must be an integer of at least 1. Count the steps of a client in a round."],
    [{ K: 1.5 }, "'K' is 1.5; must be an integer of at least 1. Count the steps of a client in a round."],
    [{ x0: [1, 2] }, "'x0' is [1, 2]; must be an array of 3 numbers. Give one number a coordinate."],
    [{ x0: null }, "'x0' is null; must be an array of 3 numbers. Give one number a coordinate."],
    [{ x0: 3 }, "'x0' is 3; must be an array of 3 numbers. Give one number a coordinate."],
    [{ x0: [1, NaN, 2] }, "'x0[1]' is NaN; must be finite. Give one number a coordinate."],
    [{ seed: -1 }, "'seed' is -1; must be an integer of at least 0. Any of 0, 1, 2, … will do."],
    [{ seed: 0.5 }, "'seed' is 0.5; must be an integer of at least 0. Any of 0, 1, 2, … will do."],
    [{ target: -1 }, "'target' is -1; must be a finite number ≥ 0. It is compared with ‖∇f(x)‖²."],
    [{ divergence: { factor: -1 } }, "'divergence.factor' is -1; must be a finite number > 0. Leave it out for 1e6."],
    [{ divergence: { factor: 0.5 } }, "'divergence.factor' is 0.5; must be above 1. Leave it out for 1e6."],
  ])('names a wrong option: %o', (wrong, message) => {
    expect(() => run(W, { ...given, ...(wrong as object) })).toThrow(new RangeError(`${where}: ${message}`));
  });

  it('names a wrong problem', () => {
    const { n, d, grad } = parabola();
    expect(() => run({ n, d } as never, given)).toThrow(
      new TypeError(`${where}: 'problem.grad' is undefined; must be a function (client, x, out, noise) => void.`),
    );
    expect(() => run({ n: 0, d, grad }, given)).toThrow(
      `${where}: 'problem.n' is 0; must be an integer of at least 1.`,
    );
    expect(() => run({ n, d: -2, grad }, given)).toThrow(
      `${where}: 'problem.d' is -2; must be an integer of at least 1.`,
    );
  });

  it('names a state that is not its own', () => {
    const { state } = run(W, given);
    const other = where === 'localSgd' ? 'scaffold' : 'localSgd';
    expect(() => run(W, { ...given, state: { ...state, method: other } })).toThrow(
      new RangeError(
        `${where}: 'state.method' is '${other}'; must be '${where}'. Resume with the method and problem of the first run.`,
      ),
    );
    const until = 'must be an integer from 0 to R = 5. R counts from the start.';
    expect(() => run(W, { ...given, R: 5, state })).toThrow(new RangeError(`${where}: 'state.round' is 6; ${until}`));
    for (const round of [-1, 1.5, NaN]) {
      expect(() => run(W, { ...given, R: 5, state: { ...state, round } })).toThrow(
        new RangeError(`${where}: 'state.round' is ${round}; ${until}`),
      );
    }
    expect(() => run(W, { ...given, R: 9, averaged: true, state })).toThrow(
      new RangeError(
        `${where}: 'averaged' is true; must be false for a state made without it. Run again from the start.`,
      ),
    );
    expect(() => run(W, { ...given, state: { ...state, x: new Float64Array(2) } })).toThrow(
      new RangeError(
        `${where}: 'state.x' is an array of 2; must be an array of 3 numbers. Resume with the method and problem of the first run.`,
      ),
    );
  });
});

it.each([
  ['localSgd', localSgd],
  ['scaffold', scaffold],
] as const)('%s gives the same bits when a server step makes memory grow', (_name, method) => {
  const problem = quadratic({ n: 4, d: 3, delta: 0.3, zeta: 1 });
  const step: ServerUpdate = (x, g) => x.forEach((value, j) => (x[j] = value - 0.5 * g[j]!));
  const blocks: Block[] = [];
  const growing: ServerUpdate = (x, g, round) => {
    step(x, g, round);
    // Until a view that was taken before is empty: that is what growth does.
    const view = allocate(1).array;
    while (round === 1 && view.length > 0) blocks.push(allocate(1 << 20));
  };
  const run = { ...given, metrics: true };
  expect(method(problem, { ...run, serverUpdate: growing })).toEqual(method(problem, { ...run, serverUpdate: step }));
  expect(blocks.length).toBeGreaterThan(0);
  for (const block of blocks) block.free();
});

it('a call without options says so', () => {
  const missing = "'options' is undefined; must be an object. It may have ";
  const nothing = undefined as never;
  for (const [where, call] of Object.entries({
    minibatchSgd: () => minibatchSgd(W, nothing),
    localSgd: () => localSgd(W, nothing),
    scaffold: () => scaffold(W, nothing),
    tune: () => tune('localSgd', W, nothing),
    compare: () => compare(W, nothing),
    estimateConstants: () => estimateConstants(W, nothing),
    quadratic: () => quadratic(nothing),
    advise: () => advise({ ...W.constants, Delta: 1 }, nothing),
  })) {
    expect(call).toThrow(TypeError);
    expect(call).toThrow(`${where}: ${missing}`);
  }
  for (const [where, call] of Object.entries({
    minibatchSgd: () => minibatchSgd(nothing, given),
    localSgd: () => localSgd(nothing, given),
    scaffold: () => scaffold(nothing, given),
    tune: () => tune('localSgd', nothing, given),
    compare: () => compare(nothing, { ...given, target: 1 }),
    noise: () => noise(nothing, { kind: 'gaussian', sigma: 1 }),
    estimateConstants: () => estimateConstants(nothing, { ball: { centre: x0, radius: 1 } }),
  })) {
    expect(call).toThrow(`${where}: 'problem' is undefined; must be an object. Give one with n, d and grad.`);
  }
  expect(() => noise(W, nothing)).toThrow(
    "noise: 'model' is undefined; must be an object. It may have kind, sigma, alpha, scale.",
  );
  expect(() => estimateConstants(W, {} as never)).toThrow("estimateConstants: 'ball' is undefined; must be an object.");
});

describe('options of the local methods', () => {
  it.each([
    [localSgd, 'localSgd'],
    [scaffold, 'scaffold'],
  ] as const)('are named when wrong, %#', (method, where) => {
    const thrown = (options: object) => {
      try {
        method(W, { ...given, ...options });
      } catch (error) {
        return (error as Error).message;
      }
      return 'nothing';
    };
    expect(thrown({ etaOuter: 0 })).toBe(
      `${where}: 'etaOuter' is 0; must be a finite number > 0. Leave it out for 1, the method of the theorems.`,
    );
    expect(thrown({ K: [1, 2] })).toBe(
      `${where}: 'K' is [1, 2]; must be an integer of at least 1 or an array of 4 of them. Count the steps of a client in a round.`,
    );
    expect(thrown({ K: [1, 2, 0, 4] })).toBe(
      `${where}: 'K[2]' is 0; must be an integer of at least 1. Count the steps of a client in a round.`,
    );
    expect(thrown({ participation: { cohort: 5 } })).toBe(
      `${where}: 'cohort' is 5; must be at most the number of clients, 4. Add clients or lower the cohort.`,
    );
    expect(thrown({ participation: { cohort: 0 } })).toBe(
      `${where}: 'cohort' is 0; must be a positive integer. Use 'full' for all clients.`,
    );
  });

  it('LocalSGD: weights', () => {
    expect(() => localSgd(W, { ...given, weights: [1, 2] })).toThrow(
      "localSgd: 'weights' has 2 entries; must be one per client, 4.",
    );
    expect(() => localSgd(W, { ...given, weights: [1, 2, 0, 4] })).toThrow('weight of client 2 is 0');
  });

  it('SCAFFOLD: option, first controls, communication and state', () => {
    expect(() => scaffold(W, { ...given, option: 'III' as never })).toThrow(
      new RangeError("scaffold: 'option' is 'III'; must be 'I' or 'II'. Choose one of them."),
    );
    expect(() => scaffold(W, { ...given, controlsInit: 'random' as never })).toThrow(
      new RangeError("scaffold: 'controlsInit' is 'random'; must be 'zero' or 'gradient'. Choose one of them."),
    );
    expect(() => scaffold(W, { ...given, communication: 'one' as never })).toThrow(
      new RangeError(
        "scaffold: 'communication' is 'one'; must be 'two-vector' or 'single-vector'. Choose one of them.",
      ),
    );
    const refused = new RangeError(
      "scaffold: 'communication' is 'single-vector'; must be 'two-vector' unless all clients take part with option 'II', equal K and the plain server step. The one vector cannot carry the controls otherwise.",
    );
    for (const wrong of [
      { participation: { cohort: 3 } },
      { option: 'I' as const },
      { K: [1, 2, 3, 4] },
      { serverUpdate: () => undefined },
    ]) {
      expect(() => scaffold(W, { ...given, ...wrong, communication: 'single-vector' })).toThrow(refused);
    }
    const { state } = scaffold(W, given);
    expect(() => scaffold(W, { ...given, state, communication: 'single-vector' })).toThrow(
      "scaffold: 'communication' is 'single-vector'; must be that of the state. Resume with the options of the first run.",
    );
    const alone = scaffold(W, { ...given, communication: 'single-vector' }).state;
    expect(() => scaffold(W, { ...given, state: alone })).toThrow("'communication' is 'two-vector'");
    expect(() => scaffold(W, { ...given, state: { ...state, controls: new Float64Array(3) } })).toThrow(
      "scaffold: 'state.controls' is an array of 3; must be an array of 12 numbers. Resume with the method and problem of the first run.",
    );
    expect(() => scaffold(W, { ...given, state: { ...state, c: new Float64Array(2) } })).toThrow(
      "scaffold: 'state.c' is an array of 2; must be an array of 3 numbers. Resume with the method and problem of the first run.",
    );
  });

  it('SCAFFOLD names a gradient for a control that is NaN', () => {
    const broken: Problem = { n: 2, d: 1, grad: (client, _x, out) => void (out[0] = client === 1 ? NaN : 1) };
    expect(() => scaffold(broken, { ...given, x0: [1], controlsInit: 'gradient' })).toThrow(
      'scaffold: the gradient of client 1 is NaN in round 0, asked for its control; must be a number at a finite point.',
    );
  });
});

describe('minibatch SGD on an exact problem', () => {
  const nan: Problem = { ...parabola(), fullGrad: (x, out) => void (out[0] = x[0]! < 1 ? NaN : x[0]!) };
  it('names a fullGrad that is NaN, after the clients', () => {
    expect(() => minibatchSgd(nan, { ...given, x0: [1] })).toThrow(
      new RangeError(
        "minibatchSgd: the full gradient is NaN in round 1; must be a number at a finite point. Check the problem's fullGrad.",
      ),
    );
    expect(() => minibatchSgd({ ...nan, ...parabola(NaN) }, { ...given, x0: [0] })).toThrow(
      'the gradient of client 0 is NaN in round 0',
    );
  });

  it('takes infinities that cancel for divergence', () => {
    const apart: Problem = { n: 2, d: 1, exact: true, grad: (i, _x, out) => void (out[0] = (1 - 2 * i) * Infinity) };
    expect(minibatchSgd(apart, { ...given, x0: [1] }).diverged).toEqual({ round: 0, reason: '‖x‖ is NaN, not finite' });
  });
});

describe('the ledger', () => {
  const [R, d] = [6, 3];
  it.each([
    ['minibatchSgd', minibatchSgd(W, given), { up: 4 * d, down: 4 * d, calls: 4 * 3 }],
    ['localSgd', localSgd(W, given), { up: 4 * d, down: 4 * d, calls: 4 * 3 }],
    ['localSgd, unequal K', localSgd(W, { ...given, K: [1, 2, 3, 4] }), { up: 4 * d, down: 4 * d, calls: 10 }],
    ['localSgd, cohort', localSgd(W, { ...given, participation: { cohort: 2 } }), { up: 2 * d, down: 2 * d, calls: 6 }],
    ['scaffold sends twice', scaffold(W, given), { up: 8 * d, down: 8 * d, calls: 12 }],
    ['scaffold, cohort', scaffold(W, { ...given, participation: { cohort: 2 } }), { up: 4 * d, down: 4 * d, calls: 6 }],
    ['scaffold, option I', scaffold(W, { ...given, option: 'I' }), { up: 8 * d, down: 8 * d, calls: 16 }],
    [
      'scaffold, single vector',
      scaffold(W, { ...given, communication: 'single-vector' }),
      { up: 4 * d, down: 4 * d, calls: 12 },
    ],
  ] as const)('%s', (_name, { ledger, gradientCalls }, { up, down, calls }) => {
    expect(ledger).toEqual({ rounds: R, floatsUp: R * up, floatsDown: R * down, gradientCalls: R * calls });
    expect(gradientCalls).toBe(R * calls);
  });

  it('counts the first controls: a gradient and a vector up each, and c down where it does not travel later', () => {
    const zero = scaffold(W, given).ledger;
    const first = scaffold(W, { ...given, controlsInit: 'gradient' }).ledger;
    expect(first).toEqual({ ...zero, gradientCalls: zero.gradientCalls + 4, floatsUp: zero.floatsUp + 4 * d });
    const single = { ...given, communication: 'single-vector' } as const;
    const plain = scaffold(W, single).ledger;
    expect(scaffold(W, { ...single, controlsInit: 'gradient' }).ledger).toEqual({
      ...plain,
      gradientCalls: plain.gradientCalls + 4,
      floatsUp: plain.floatsUp + 4 * d,
      floatsDown: plain.floatsDown + 4 * d,
    });
  });

  it('asks an exact problem once where K calls would give the same', () => {
    let calls = 0;
    const counted: Problem = { ...parabola(), grad: (_i, x, out) => void ((out[0] = x[0]!), calls++) };
    expect(minibatchSgd(counted, { ...given, x0: [1] }).gradientCalls).toBe(18);
    expect(calls).toBe(6);
  });
});

describe('what a run returns', () => {
  it('is shared with nothing', () => {
    for (const [, run] of methods) {
      const start = Float64Array.from(x0);
      const result = run(noisy, { ...given, x0: start });
      expect([...start]).toEqual(x0);
      const again = run(noisy, given);
      result.x.fill(0);
      result.state.x.fill(0);
      expect(run(noisy, given)).toEqual(again);
    }
  });
});

describe('what a typed array would make numbers of', () => {
  it.each([[[1, null, 3], '[1]', 'null'], [['1', 2, 3], '[0]', "'1'"], [[1, 2, new Date(0)], '[2]', 'an object'], [[true, 2, 3], '[0]', 'true']] as const)(
    'x0 = %j is refused', (x0, place, shown) => {
      for (const [name, method] of Object.entries({ localSgd, scaffold, minibatchSgd })) {
        expect(() => method(W, { ...given, x0: x0 as never })).toThrow(`${name}: 'x0${place}' is ${shown}; must be finite`);
      }
    },
  ); // prettier-ignore
  it('so is null for a constant of a family', () => {
    for (const name of ['L', 'lMin', 'delta', 'zeta', 'rho', 'seed']) {
      expect(() => quadratic({ n: 2, d: 2, [name]: null })).toThrow(`quadratic: '${name}' is null; must be`);
    }
  });
});
