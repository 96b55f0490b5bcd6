import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  averagedGradientBound,
  biasBound,
  contractionBound,
  differenceBound,
  driftBound,
  rateBound,
  stepsizeCap,
  theoreticalStepsize,
  type Constants,
  type RateCase,
} from '../src/index.js';

/** Powers of two and small integers, so that the sums below can be done by hand. */
const c: Constants = { L: 2, zeta: 4, zetaBar: 3, delta: 0.5, rho: 0.25, M: 0.75, sigma: 2, Delta: 8 };
const noiseless = { ...c, sigma: 0 };
const homogeneous = { ...c, delta: 0, M: 0, zeta: 10, zetaBar: 10 };

const positive = fc.double({ min: 1e-3, max: 10, noNaN: true });
const budget = fc.record({
  K: fc.integer({ min: 1, max: 64 }),
  R: fc.integer({ min: 1, max: 1000 }),
  n: fc.integer({ min: 1, max: 100 }),
});
const anyConstants = fc
  .record({
    L: positive,
    zeta: positive,
    delta: positive,
    rho: positive,
    M: positive,
    sigma: positive,
    Delta: positive,
  })
  .map((k) => ({ ...k, zetaBar: k.zeta / 2 }));

describe('step-size caps', () => {
  it('are T5 and T6, each of their terms in turn the smallest', () => {
    expect(stepsizeCap('uniform', { ...c, rho: 0 }, 4)).toBe(1 / 2);
    expect(stepsizeCap('uniform', c, 4)).toBe(1 / 12);
    const zero = { ...c, delta: 0, rho: 0, M: 0 };
    expect(stepsizeCap('averaged', zero, 16)).toBe(1 / 2);
    expect(stepsizeCap('averaged', { ...zero, rho: 1 }, 16)).toBe(1 / (36 * 16));
    expect(stepsizeCap('averaged', { ...zero, delta: 1 }, 16)).toBe(1 / (17 * 16));
    expect(stepsizeCap('averaged', { ...zero, M: 3, sigma: 0 }, 16)).toBeCloseTo(1 / (6 * 16 * 3), 15);
    expect(stepsizeCap('averaged', { ...zero, M: 2, zetaBar: 0 }, 16)).toBe(1 / (5 * 2 * 8));
  });

  it('are those of the measured table of the spec', () => {
    const rows = [
      [0.1, 0.5, 0.05, 0, 10, 0.0556],
      [0.1, 0.5, 0.05, 0.5, 10, 0.0556],
      [0.3, 2, 0.02, 0.1, 5, 0.0392],
      [0.01, 3, 0, 0.2, 20, 0.294],
      [0.5, 1, 0.3, 0.3, 8, 0.0116],
    ] as const;
    for (const [delta, b, rho, sigma, K, eta] of rows) {
      const zeta = b + delta * Math.sqrt(10);
      const cap = stepsizeCap('averaged', { L: 1 + rho + delta, zeta, zetaBar: zeta, delta, rho, M: rho, sigma }, K);
      expect(Number(cap.toPrecision(3))).toBe(eta);
    }
  });

  it('are 0 where a constant is not bounded', () => {
    expect(stepsizeCap('uniform', { ...c, zeta: Infinity }, 4)).toBe(0);
    expect(stepsizeCap('uniform', { ...c, zetaBar: Infinity, M: Infinity }, 4)).toBe(1 / 12);
    expect(stepsizeCap('averaged', { ...c, zetaBar: Infinity }, 4)).toBe(0);
    expect(stepsizeCap('averaged', { ...homogeneous, zetaBar: Infinity }, 4)).toBe(0);
    expect(stepsizeCap('averaged', { ...c, zeta: Infinity }, 4)).toBeGreaterThan(0);
  });
});

describe('drift', () => {
  it('is T5 and T6 by hand', () => {
    // η²K² = 2⁻⁸, η²K = 2⁻¹⁰: 24·16/256 + 6·4/1024 and 36·9/256 + 6·4/1024
    const at = { eta: 2 ** -6, K: 4 };
    expect(driftBound('uniform', c, at)).toBe(1.5 + 24 / 1024);
    expect(driftBound('averaged', { ...c, M: 0.01, rho: 0.1 }, at)).toBe(324 / 256 + 24 / 1024);
    expect(driftBound('averaged', { ...c, zetaBar: Infinity }, at)).toBe(Infinity);
  });

  it('exceeds the exact drift of T10 by 24 over ((e^{1/12} − 1)·12)², and nothing else, as K grows', () => {
    // f_i = −ρx²/2 + b_i x: y_i = −b_i((1 + ηρ)^K − 1)/ρ, at the cap η = 1/(12ρK).
    const rho = 0.3;
    const b = [1, -1, 2, -2];
    const zeta2 = 4; // the uniform ζ² = max b_i²; Ξ averages b_i² = 2.5
    for (const K of [1, 12, 1000]) {
      const eta = 1 / (12 * rho * K);
      const y = b.map((bi) => (-bi * ((1 + eta * rho) ** K - 1)) / rho);
      const Xi = y.reduce((sum, v) => sum + v * v, 0) / 4;
      const bound = driftBound(
        'uniform',
        { L: rho, zeta: 2, zetaBar: Math.sqrt(2.5), delta: 0, rho, M: 0, sigma: 0 },
        { eta: Math.min(eta, 1 / rho), K },
      );
      const growth = 12 * ((1 + 1 / (12 * K)) ** K - 1);
      expect(bound / Xi).toBeCloseTo((24 * zeta2) / 2.5 / growth ** 2, 9);
      expect(bound / Xi).toBeGreaterThan(35);
      expect(bound / Xi).toBeLessThan(39);
    }
  });
});

describe('averaged gradient', () => {
  it('is T7 by hand', () => {
    // η = 2⁻⁸, K = 4, R = 16, n = 8, T = 64
    const terms = [
      16 / (64 / 256), // 2Δ/(ηT)
      (2 * 4) / 256 / 8, // ηLσ²/n
      (288 * 0.25 * 16 * 9) / 2 ** 16, // 288η²δ²K²ζ̄²
      (48 * 0.25 * 4 * 4) / 2 ** 16, // 48η²δ²Kσ²
      (1296 * 1e-4 * 256 * 81) / 2 ** 32, // 1296η⁴M²K⁴ζ̄⁴
      (36 * 1e-4 * 16 * 16) / 2 ** 32, // 36η⁴M²K²σ⁴
    ];
    const bound = averagedGradientBound('averaged', { ...c, rho: 0.1, M: 0.01 }, { eta: 2 ** -8, K: 4, R: 16, n: 8 });
    expect(bound).toBeCloseTo(
      terms.reduce((a, b) => a + b),
      12,
    );
  });

  it('is the T7 of the spec, whichever term dominates', () => {
    fc.assert(
      fc.property(anyConstants, budget, fc.double({ min: 1e-3, max: 1, noNaN: true }), (k, { K, R, n }, part) => {
        const eta = part * stepsizeCap('averaged', k, K);
        const { L, zetaBar, delta, M, sigma, Delta } = k;
        const expected =
          (2 * Delta) / (eta * K * R) +
          (eta * L * sigma ** 2) / n +
          288 * eta ** 2 * delta ** 2 * K ** 2 * zetaBar ** 2 +
          48 * eta ** 2 * delta ** 2 * K * sigma ** 2 +
          1296 * eta ** 4 * M ** 2 * K ** 4 * zetaBar ** 4 +
          36 * eta ** 4 * M ** 2 * K ** 2 * sigma ** 4;
        expect(averagedGradientBound('averaged', k, { eta, K, R, n }) / expected).toBeCloseTo(1, 12);
      }),
    );
  });

  it('is T8: the descent terms and L² times the drift of T5', () => {
    const at = { eta: 2 ** -6, K: 4, R: 16, n: 8 };
    const expected = 16 / 1 + 8 / 64 / 8 + 4 * (1.5 + 24 / 1024);
    expect(averagedGradientBound('uniform', c, at)).toBeCloseTo(expected, 12);
    expect(averagedGradientBound('uniform', { ...c, zeta: Infinity }, at)).toBe(Infinity);
  });

  it('is T1 at the drift of T6, up to (a + b)² ≤ 2a² + 2b²', () => {
    fc.assert(
      fc.property(anyConstants, budget, (k, b) => {
        const eta = stepsizeCap('averaged', k, b.K);
        const Xi = driftBound('averaged', k, { eta, K: b.K });
        const descent = (2 * k.Delta) / (eta * b.K * b.R) + (eta * k.L * k.sigma ** 2) / b.n;
        const bound = averagedGradientBound('averaged', k, { eta, ...b });
        expect(bound).toBeGreaterThanOrEqual((descent + biasBound(k, Xi)) * (1 - 1e-12));
        expect(bound).toBeLessThanOrEqual((descent + 2 * biasBound(k, Xi)) * (1 + 1e-12));
      }),
    );
  });
});

it('T1, T2 and T3 by hand', () => {
  expect(biasBound({ delta: 0.5, M: 2 }, 3)).toBe(8 * 0.25 * 3 + 2 * 9);
  expect(biasBound({ delta: 0.5, M: Infinity }, 3)).toBe(Infinity);
  expect(biasBound({ delta: 0.5, M: Infinity }, 0)).toBe(0);
  expect(differenceBound({ delta: 0.5 }, 3)).toBe(1.5);
  expect(contractionBound({ L: 2, rho: 0.25 }, 0.5, 3)).toBe((1 + 0.75) * 9);
});

describe('theoretical step size', () => {
  const long = { K: 4, R: 1e9, n: 5 };
  const T = long.K * long.R;
  const quiet = { L: 1, zeta: 0, zetaBar: 0, delta: 0, rho: 0, M: 0, sigma: 0, Delta: 3 };

  it('of LocalSGD is 1/L where nothing else is there, and T6’s cap where that is smaller', () => {
    expect(theoreticalStepsize('localSgd', quiet, long)).toBe(1);
    expect(theoreticalStepsize('localSgd', { ...quiet, delta: 1, rho: 1 }, long)).toBe(1 / (36 * 4));
  });

  it.each([
    ['ηLσ²/n', { sigma: 2 }, (eta: number) => (eta * 4) / 5],
    ['288η²δ²K²ζ̄²', { delta: 0.1, zetaBar: 3 }, (eta: number) => 288 * eta ** 2 * 0.01 * 16 * 9],
    ['1296η⁴M²K⁴ζ̄⁴', { M: 0.1, zetaBar: 30 }, (eta: number) => 1296 * eta ** 4 * 0.01 * 256 * 30 ** 4],
  ])('of LocalSGD balances 2Δ/(ηT) with %s when that dominates', (_, change, term) => {
    const eta = theoreticalStepsize('localSgd', { ...quiet, ...change }, long);
    expect((2 * 3) / (eta * T) / term(eta)).toBeCloseTo(1, 12);
  });

  it('of LocalSGD balances the terms of σ in many clients, where the first does not', () => {
    const many = { ...long, n: 1e12 };
    const first = theoreticalStepsize('localSgd', { ...quiet, delta: 0.5, sigma: 2 }, many);
    expect(6 / (first * T) / (48 * first ** 2 * 0.25 * 4 * 4)).toBeCloseTo(1, 12);
    const second = theoreticalStepsize('localSgd', { ...quiet, M: 0.1, sigma: 2 }, { ...many, R: 1e12, n: 1e15 });
    expect(6 / (second * 4e12) / (36 * second ** 4 * 0.01 * 16 * 16)).toBeCloseTo(1, 12);
  });

  it('of SCAFFOLD is the recommendation of the spec', () => {
    expect(theoreticalStepsize('scaffold', c, { K: 4, R: 1, n: 1 })).toBe(1 / (4 * 0.75));
    expect(theoreticalStepsize('scaffold', c, { K: 1, R: 1, n: 1 })).toBe(1 / 2);
    expect(theoreticalStepsize('scaffold', { ...c, zeta: Infinity, zetaBar: Infinity }, { K: 4, R: 1, n: 1 })).toBe(
      1 / 3,
    );
    expect(theoreticalStepsize('scaffold', homogeneous, { K: 8, R: 1, n: 1 })).toBe(1 / 2);
  });

  it('of minibatch SGD balances 2Δ/(ηR) with ηLσ²/(nK), or is 1/L', () => {
    const eta = theoreticalStepsize('minibatchSgd', c, { K: 2, R: 1e6, n: 4 });
    expect(16 / (eta * 1e6) / ((eta * 2 * 4) / 8)).toBeCloseTo(1, 12);
    expect(theoreticalStepsize('minibatchSgd', noiseless, { K: 2, R: 1, n: 4 })).toBe(1 / 2);
    expect(theoreticalStepsize('minibatchSgd', { ...noiseless, zetaBar: Infinity }, { K: 2, R: 1, n: 4 })).toBe(1 / 2);
  });
});

describe('rates', () => {
  // Δ/R = 1, √(LΔσ²/(nKR)) = √(64/(n·16·8)); K^{1/4} = 2, √(Mζ̄) = 1.5, √(Mσ) = √1.5
  const at = { K: 16, R: 8, n: 2 };
  const statistical = Math.sqrt(1 / 4);
  const rate = (rateCase: RateCase, k = c) => rateBound('localSgd', rateCase, k, at);
  const older = (zeta: number) => (2 * zeta) ** (2 / 3) + 32 ** (2 / 3) / (16 ** (1 / 3) * 4);
  const coupling =
    1.5 ** (2 / 3) +
    8 ** (2 / 3) / (16 ** (1 / 3) * 4) +
    (0.75 ** 2 * 81) ** 0.2 +
    (0.75 ** 2 * 8 ** 4 * 16) ** 0.2 / (16 ** 0.4 * 8 ** 0.8);

  it('are those of the spec by hand', () => {
    expect(rateBound('minibatchSgd', null, c, at)).toMatchObject({
      optimization: 2,
      statistical,
      drift: 0,
      value: 2.5,
    });
    expect(rateBound('scaffold', null, c, at)).toMatchObject({ optimization: 0.875, statistical, drift: 0 });
    expect(rate(0).optimization).toBe(2);
    expect(rate(0).drift).toBeCloseTo(older(3), 12);
    expect(rate(1).optimization).toBe(2);
    expect(rate(1).drift).toBeCloseTo(coupling, 12);
    expect(rate(2).optimization).toBe(0.125 + 0.25);
    expect(rate(2).drift).toBeCloseTo(older(4), 12);
    expect(rate(3).optimization).toBeCloseTo(0.125 + 0.25 + 0.5 + 1.5 + Math.sqrt(1.5) / 2, 12);
    expect(rate(3).drift).toBeCloseTo(coupling, 12);
    for (const k of [0, 1, 2, 3] as const) {
      const { value, optimization, drift } = rate(k);
      expect(value).toBe(optimization + statistical + drift);
      expect(rate(k).statistical).toBe(statistical);
    }
  });

  it('say where they are from', () => {
    expect([0, 1, 2, 3].map((k) => rate(k as RateCase).source)).toEqual(['prior', 'ms22', 'ms22', 'ms22']);
    expect(rateBound('scaffold', null, c, at).source).toBe('prior');
    expect(rate(2).formula).toBe('(L/K + ρ)Δ/R + √(LΔσ²/(nKR)) + (LΔζ/R)^{2/3} + (LΔσ)^{2/3}/(K^{1/3}R^{2/3})');
  });

  it('are Infinity, never NaN, exactly where a constant they need is not bounded', () => {
    const finite = (k: Constants) =>
      [
        ...([0, 1, 2, 3] as const).map((r) => rate(r, k)),
        rateBound('minibatchSgd', null, k, at),
        rateBound('scaffold', null, k, at),
      ]
        .map(({ value }) => {
          expect(value).not.toBeNaN();
          return value < Infinity ? 'f' : 'i';
        })
        .join('');
    expect(finite(c)).toBe('ffffff');
    expect(finite({ ...homogeneous, zetaBar: Infinity })).toBe('iififf');
    expect(finite({ ...c, zeta: Infinity, zetaBar: Infinity })).toBe('iiiiff');
    expect(finite({ ...c, zeta: Infinity })).toBe('ffifff');
    expect(finite({ ...c, M: Infinity, zetaBar: 0 })).toBe('fififf');
    expect(finite({ ...c, sigma: Infinity, delta: 0 })).toBe('iiiiii');
    expect(finite({ ...c, Delta: Infinity })).toBe('iiiiii');
  });

  it('without noise, δ and M the last is that of K·R steps on one function (claim i)', () => {
    const k = { ...homogeneous, sigma: 0, rho: 0 };
    expect(rateBound('localSgd', 3, k, at).value).toBe(rateBound('minibatchSgd', null, k, at).value / at.K);
  });
});

describe('refuses', () => {
  const at = { K: 4, R: 8, n: 2 };
  it.each([
    [
      () => stepsizeCap('averaged', { ...c, L: 0 }, 4),
      "stepsizeCap: 'constants.L' is 0; must be a finite number > 0. estimateConstants() gives lower bounds.",
    ],
    [
      () => rateBound('scaffold', null, { ...c, rho: NaN }, at),
      "rateBound: 'constants.rho' is NaN; must be a number ≥ 0, or Infinity. estimateConstants() gives lower bounds.",
    ],
    [
      () => driftBound('averaged', { ...c, M: undefined as unknown as number }, { eta: 0.1, K: 4 }),
      "stepsizeCap: 'constants.M' is undefined; must be a number ≥ 0, or Infinity. estimateConstants() gives lower bounds.",
    ],
    [
      () => rateBound('scaffold', null, { ...c, Delta: 0 }, at),
      "rateBound: 'constants.Delta' is 0; must be a number > 0, or Infinity. For a family it is problem.value(x0) - problem.infimum.",
    ],
    [
      () => stepsizeCap('uniform', c, 0),
      "stepsizeCap: 'K' is 0; must be an integer of at least 1. Count the steps of a client in a round.",
    ],
    [
      () => stepsizeCap('both' as 'uniform', c, 4),
      "stepsizeCap: 'similarity' is 'both'; must be 'uniform' or 'averaged'.",
    ],
    [
      () => driftBound('uniform', c, { eta: 0.5, K: 4 }),
      `driftBound: 'eta' is 0.5; must be at most ${1 / 12} for these constants. Nothing is proved above it.`,
    ],
    [
      () => driftBound('uniform', c, { eta: -1, K: 4 }),
      "driftBound: 'eta' is -1; must be a finite number > 0. tune() finds one.",
    ],
    [
      () => averagedGradientBound('uniform', { ...c, Delta: undefined } as unknown as Constants, { ...at, eta: 0.01 }),
      "averagedGradientBound: 'constants.Delta' is undefined; must be given here. It depends on the starting point: for a family, problem.value(x0) - problem.infimum.",
    ],
    [
      () => averagedGradientBound('uniform', c, { ...at, n: 0, eta: 1 }),
      "averagedGradientBound: 'n' is 0; must be an integer of at least 1. Count the clients.",
    ],
    [() => biasBound(c, -1), "biasBound: 'Xi' is -1; must be a finite number ≥ 0."],
    [
      () => differenceBound(c, Infinity),
      "differenceBound: 'distance' is Infinity; must be a finite number ≥ 0. Give ‖y − x‖.",
    ],
    [
      () => contractionBound(c, 1, 1),
      "contractionBound: 'eta' is 1; must be at most 0.5 for these constants. Nothing is proved above it.",
    ],
    [
      () => theoreticalStepsize('localSgd', { ...c, zetaBar: Infinity }, at),
      "theoreticalStepsize: 'constants.zetaBar' is Infinity; must be finite for this method. The theory gives no step size; tune it, or pass what holds on the region of the run.",
    ],
    [
      () => theoreticalStepsize('sgd' as 'localSgd', c, at),
      "theoreticalStepsize: 'method' is 'sgd'; must be 'minibatchSgd', 'localSgd' or 'scaffold'.",
    ],
    [() => rateBound('localSgd', null, c, at), "rateBound: 'rateCase' is null; must be 0, 1, 2 or 3 for localSgd."],
    [
      () => rateBound('scaffold', 1, c, at),
      "rateBound: 'rateCase' is 1; must be null for scaffold, which has one rate.",
    ],
    [
      () => rateBound('sgd' as 'scaffold', null, c, at),
      "rateBound: 'method' is 'sgd'; must be 'minibatchSgd', 'localSgd' or 'scaffold'.",
    ],
    [
      () => rateBound('scaffold', null, c, { ...at, R: 1.5 }),
      "rateBound: 'R' is 1.5; must be an integer of at least 1. Count the rounds from the start of the run.",
    ],
  ])('%#', (run, message) => {
    expect(run).toThrow(new RangeError(message));
  });
});
