/** Exact identities of the methods (spec §3.3, §3.4, T9-T11), to rounding. */
import { stream } from '@assay-ml/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bounded,
  concave1d,
  homogeneousHessian,
  localSgd,
  minibatchSgd,
  noise,
  quadratic,
  scaffold,
  type Problem,
} from '../src/index.js';
import { clientGradient, fullGradient, mean, minus, range, times, type Vector } from './methods-reference.js';

const W = bounded({ n: 4, d: 3, delta: 0.3, zeta: 0.7, rho: 0.2, seed: 3 });
const noisy = noise(W, { kind: 'gaussian', sigma: 0.5 });
const x0 = [1, -2, 3];

/** Clients with constant gradients b_i, in one dimension. */
const constant = (b: Vector): Problem => ({
  n: b.length,
  d: 1,
  exact: true,
  grad: (client, _x, out) => void (out[0] = b[client]!),
});

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-12): void {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(1, ...Array.from(expected).map(Math.abs));
  for (let j = 0; j < expected.length; j++) {
    expect(Math.abs(actual[j]! - expected[j]!)).toBeLessThanOrEqual(tolerance * scale);
  }
}

describe('T9: with one quadratic Hessian LocalSGD is K·R steps of gradient descent', () => {
  it.each([0, 1, 10])('ζ = %d', (zeta) => {
    const family = homogeneousHessian({ n: 5, d: 8, zeta, seed: 4 });
    const start = range(8).map(() => 3);
    const [eta, K, R] = [1.5, 10, 20];
    let x: Vector = start;
    for (let t = 0; t < K * R; t++) x = minus(x, times(eta, fullGradient(family, x)));
    const tolerance = 1e-12 * Math.max(1, family.constants.zeta, 3 * Math.sqrt(8));
    const gap = (y: Float64Array) => Math.max(...y.map((v, j) => Math.abs(v - x[j]!)));
    expect(gap(localSgd(family, { eta, K, R, x0: start }).x)).toBeLessThan(tolerance);
    // SCAFFOLD too, once its controls hold the slopes.
    expect(gap(scaffold(family, { eta, K, R, x0: start, controlsInit: 'gradient' }).x)).toBeLessThan(tolerance);
  });
});

describe('T10: concave clients drift apart exponentially', () => {
  const [K, eta, rho] = [12, 0.1, 0.3];
  const b = [1, -1, 2, -2];
  const drifted = [-1.41920296, 1.41920296, -2.83840591, 2.83840591];

  it('y_i = −b_i ((1 + ηρ)^K − 1)/ρ, the spec’s numbers', () => {
    const closed = b.map((slope) => (-slope * ((1 + eta * rho) ** K - 1)) / rho);
    closed.forEach((y, i) => expect(y).toBeCloseTo(drifted[i]!, 8));
    // From zero controls option II keeps (0 − y_i)/(Kη).
    const { state } = scaffold(concave1d({ b, rho }), { eta, K, R: 1, x0: [0] });
    close(times(-K * eta, [...state.controls!]), closed);
  });

  it('Ξ is their mean square, largest at the end', () => {
    const { history } = localSgd(concave1d({ b, rho }), { eta, K, R: 1, x0: [0], metrics: true });
    const Xi = mean(drifted.map((y) => [y ** 2]))[0]!;
    expect(history![0]!.drift).toBeCloseTo(Xi, 7);
    expect(history![0]!.maxDrift).toBe(history![0]!.drift);
  });
});

describe('LocalSGD with two step sizes', () => {
  it('tends to minibatch SGD as η → 0 with η·η_g·K fixed, linearly in η', () => {
    for (const problem of [W, noisy]) {
      const [K, R, step] = [5, 10, 0.4];
      const target = minibatchSgd(problem, { eta: step, K, R, x0 }).x;
      const gap = (eta: number) => {
        const { x } = localSgd(problem, { eta, etaOuter: step / (eta * K), K, R, x0 });
        return Math.hypot(...x.map((v, j) => v - target[j]!));
      };
      expect(gap(1e-3)).toBeLessThan(0.01);
      expect(gap(1e-4) / gap(1e-3)).toBeCloseTo(0.1, 2);
      expect(gap(1e-5) / gap(1e-4)).toBeCloseTo(0.1, 2);
    }
  });

  it('moves by η_g times what η_g = 1 would, in one round', () => {
    const options = { eta: 0.2, K: 3, R: 1, x0 };
    const once = localSgd(noisy, options).x;
    const scaled = localSgd(noisy, { ...options, etaOuter: 0.25 }).x;
    close(
      scaled,
      x0.map((v, j) => v + 0.25 * (once[j]! - v)),
    );
  });
});

describe('SCAFFOLD', () => {
  const options = { eta: 0.2, K: 4, R: 6, x0 };

  it('T11: one local step is minibatch SGD, noise included', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1, noNaN: true }), fc.nat({ max: 99 }), (eta, seed) => {
        for (const problem of [W, noisy]) {
          const given = { eta, K: 1, R: 20, x0, seed };
          close(scaffold(problem, given).x, minibatchSgd(problem, given).x);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('T11: of equal exact clients it is LocalSGD, and both are gradient descent', () => {
    const family = quadratic({ n: 4, d: 3, rho: 0.1 });
    const local = localSgd(family, options).x;
    let x: Vector = x0;
    for (let t = 0; t < 24; t++) x = minus(x, times(0.2, fullGradient(family, x)));
    close(local, x);
    close(scaffold(family, options).x, x);
    close(scaffold(family, { ...options, option: 'I' }).x, x);
  });

  it('T11: c is the mean of the c_i after every round of all clients', () => {
    for (const option of ['I', 'II'] as const) {
      for (let R = 1; R <= 5; R++) {
        const { c, controls } = scaffold(noisy, { ...options, option, R, controlsInit: 'gradient' }).state;
        close(c!, mean(range(4).map((i) => [...controls!.subarray(3 * i, 3 * i + 3)])));
      }
    }
  });

  it('T11: option II keeps the mean of the raw gradients of the last round', () => {
    const last: Vector[][] = range(4).map(() => []);
    const watched: Problem = {
      ...noisy,
      grad(client, x, out, key) {
        noisy.grad(client, x, out, key);
        last[client] = [...last[client]!, [...out]].slice(-4);
      },
    };
    const { c, controls } = scaffold(watched, options).state;
    close(controls!, last.flatMap(mean));
    close(c!, mean(last.flat()));
  });

  it('option I keeps the gradients at the server point that the round began with', () => {
    const before = scaffold(W, { ...options, R: 5, option: 'I' }).x;
    const { controls } = scaffold(W, { ...options, option: 'I' }).state;
    close(
      controls!,
      range(4).flatMap((i) => clientGradient(W, i, [...before])),
    );
    expect(scaffold(W, options).x).not.toEqual(scaffold(W, { ...options, option: 'I' }).x);
  });

  it('first controls by gradients make the first round one of corrected steps', () => {
    // With one Hessian the corrected gradients are those of f: the round is K steps of gradient descent.
    const family = homogeneousHessian({ n: 4, d: 3, zeta: 5 });
    let x: Vector = x0;
    for (let k = 0; k < 4; k++) x = minus(x, times(0.2, fullGradient(family, x)));
    const last = scaffold(family, { ...options, R: 1, controlsInit: 'gradient', metrics: true });
    close(last.x, x);
    expect(last.history![0]!.maxDrift).toBeLessThan(1e-24);
    expect(scaffold(family, { ...options, R: 1, metrics: true }).history![0]!.maxDrift).toBeGreaterThan(1);
  });

  it('divides by each client’s own number of steps', () => {
    const { c, controls } = scaffold(constant([3, -1, 4]), { eta: 0.1, K: [1, 5, 2], R: 1, x0: [0] }).state;
    close(controls!, [3, -1, 4]);
    close(c!, [2]);
  });

  it('moves c by 1/n of the changes, against the old controls, when few clients take part', () => {
    const b = [3, -1, 4, 8];
    const given = { eta: 0.1, K: 2, x0: [0], participation: { cohort: 2 } } as const;
    const seen = new Set<number>();
    for (let R = 1; R <= 8; R++) {
      const { c, controls } = scaffold(constant(b), { ...given, R }).state;
      controls!.forEach((own, i) => own !== 0 && seen.add(i));
      // Renewed controls are the constant b_i, so each client adds b_i/4 to c at its first round and nothing later.
      close(c!, [[...seen].reduce((sum, i) => sum + b[i]! / 4, 0)]);
      close(
        controls!,
        b.map((slope, i) => (seen.has(i) ? slope : 0)),
      );
    }
    expect(seen.size).toBe(4);
  });

  it('sends one vector with the result of two', () => {
    fc.assert(
      fc.property(
        fc.record({
          eta: fc.double({ min: 0.01, max: 0.5, noNaN: true }),
          etaOuter: fc.constantFrom(1, 0.7, 1.2),
          K: fc.integer({ min: 1, max: 6 }),
          R: fc.integer({ min: 1, max: 10 }),
          controlsInit: fc.constantFrom('zero' as const, 'gradient' as const),
          seed: fc.nat({ max: 99 }),
        }),
        (given) => {
          for (const problem of [W, noisy]) {
            const two = scaffold(problem, { ...given, x0, metrics: true });
            const one = scaffold(problem, { ...given, x0, metrics: true, communication: 'single-vector' });
            // The corrections lose what the points have more than Kη.
            close(one.x, two.x, 1e-12 / given.eta);
            expect(one.state.c).toBeUndefined();
            const shifts = two.state.controls!.map((own, k) => two.state.c![k % 3]! - own);
            close(one.state.controls!, shifts, 1e-12 / given.eta);
            one.history!.forEach(({ correctionError }, r) => {
              const other = two.history![r]!.correctionError;
              if (problem === W) expect(correctionError).toBeCloseTo(other!, 9);
              else expect([correctionError, other]).toEqual([undefined, undefined]);
            });
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('noise', () => {
  /** Every call of grad in a run: its client and the first number of its key, which identifies the key. */
  function keys(run: (problem: Problem) => unknown): string[] {
    const seen: string[] = [];
    run({
      n: 3,
      d: 1,
      grad(client, x, out, key) {
        seen.push(`${client} ${key.uniform()}`);
        out[0] = x[0]! - client;
      },
    });
    return seen.sort();
  }

  it('has the key (seed, problem, round, client, step), whatever the method and the step size', () => {
    const given = { eta: 0.1, K: 3, R: 4, x0: [1], seed: 17 };
    const key = stream(17, 'problem', 'noise');
    const expected = range(4).flatMap((r) =>
      range(3).flatMap((i) => range(3).map((k) => `${i} ${key.at(r, i, k).uniform()}`)),
    );
    expected.sort();
    expect(keys((p) => minibatchSgd(p, given))).toEqual(expected);
    expect(keys((p) => localSgd(p, given))).toEqual(expected);
    expect(keys((p) => localSgd(p, { ...given, eta: 0.7, etaOuter: 0.5 }))).toEqual(expected);
    expect(keys((p) => scaffold(p, given))).toEqual(expected);
    expect(keys((p) => scaffold(p, { ...given, eta: 0.01 }))).toEqual(expected);
    expect(keys((p) => localSgd(p, { ...given, seed: 18 }))).not.toEqual(expected);
    expect(keys((p) => localSgd({ ...p, name: 'other' }, given))).not.toEqual(expected);
  });

  it('is never drawn twice by the gradients for controls', () => {
    const seen = keys((p) =>
      scaffold(p, { eta: 0.1, K: [1, 2, 3], R: 5, x0: [1], option: 'I', controlsInit: 'gradient' }),
    );
    expect(seen).toHaveLength(3 + 5 * (6 + 3));
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe('a problem that is one gradient', () => {
  it('runs and is measured as one that offers more, to rounding', () => {
    const { n, d, grad, clientGrad } = W;
    const given = { eta: 0.2, K: 3, R: 5, x0, metrics: true, averaged: true };
    for (const run of [minibatchSgd, localSgd, scaffold]) {
      const whole = run(W, given);
      for (const bare of [run({ n, d, exact: true, grad }, given), run({ n, d, grad, clientGrad }, given)]) {
        close(bare.x, whole.x);
        close([bare.averagedGradientNorm2!], [whole.averagedGradientNorm2!]);
        bare.history!.forEach((metrics, r) => {
          close([metrics.gradientNorm2], [whole.history![r]!.gradientNorm2]);
          expect(metrics.value).toBeUndefined();
        });
      }
    }
  });
});

describe('a cohort', () => {
  it('is the same for both local methods', () => {
    const cohort = (run: (problem: Problem) => unknown) => {
      const clients: number[] = [];
      run({ n: 6, d: 1, grad: (client, x, out) => void (clients.push(client), (out[0] = x[0]!)) });
      return clients;
    };
    const given = { eta: 0.1, K: 1, R: 20, x0: [1], participation: { cohort: 2 } } as const;
    const clients = cohort((p) => localSgd(p, given));
    expect(cohort((p) => scaffold(p, given))).toEqual(clients);
    expect(new Set(clients).size).toBe(6);
  });
});

describe("the caller's server step", () => {
  it('replaces the server’s own, and gets what points downhill', () => {
    const given = { eta: 0.2, K: 3, R: 5, x0 };
    const own = (x: Float64Array, pseudoGradient: Float64Array) => {
      for (let j = 0; j < 3; j++) x[j] = x[j]! - 0.7 * pseudoGradient[j]!;
    };
    close(localSgd(noisy, { ...given, serverUpdate: own }).x, localSgd(noisy, { ...given, etaOuter: 0.7 }).x);
    close(scaffold(noisy, { ...given, serverUpdate: own }).x, scaffold(noisy, { ...given, etaOuter: 0.7 }).x);
    close(minibatchSgd(noisy, { ...given, serverUpdate: own }).x, minibatchSgd(noisy, { ...given, eta: 0.7 }).x);
    const rounds: number[] = [];
    localSgd(W, { ...given, serverUpdate: (_x, _g, round) => void rounds.push(round) });
    expect(rounds).toEqual([0, 1, 2, 3, 4]);
  });
});
