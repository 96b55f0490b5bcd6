/** The methods against the slow reference on random options, metrics included. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bounded,
  homogeneousHessian,
  localSgd,
  minibatchSgd,
  noise,
  quadratic,
  scaffold,
  type Problem,
  type RoundMetrics,
} from '../src/index.js';
import * as reference from './methods-reference.js';
import {
  clientGradient,
  fullGradient,
  mean,
  minus,
  norm2,
  range,
  type Round,
  type Vector,
} from './methods-reference.js';

const problems = fc
  .record({
    family: fc.constantFrom(bounded, quadratic, homogeneousHessian),
    half: fc.integer({ min: 1, max: 3 }),
    d: fc.integer({ min: 1, max: 4 }),
    delta: fc.double({ min: 0, max: 0.5, noNaN: true }),
    zeta: fc.double({ min: 0, max: 2, noNaN: true }),
    rho: fc.constantFrom(0, 0.3),
    model: fc.constantFrom('none', 'gaussian', 'bounded', 'heavy-tailed'),
    seed: fc.nat({ max: 1000 }),
  })
  .map(({ family, half, delta, model, ...options }): Problem => {
    const exact = family({ ...options, n: 2 * half, ...(family === homogeneousHessian ? {} : { delta }) });
    if (model === 'heavy-tailed') return noise(exact, { kind: model, alpha: 1.5, scale: 0.5 });
    if (model !== 'none') return noise(exact, { kind: model as 'gaussian', sigma: 0.5 });
    return exact;
  });

/** A problem and options that fit it; `equal` asks for one K. */
const runs = (equal: boolean) =>
  problems.chain((problem) =>
    fc.record({
      problem: fc.constant(problem),
      eta: fc.double({ min: 0.01, max: 0.8, noNaN: true }),
      etaOuter: fc.constantFrom(1, 0.5, 1.3),
      K: equal
        ? fc.integer({ min: 1, max: 4 }).map((k) => range(problem.n).map(() => k))
        : fc.array(fc.integer({ min: 1, max: 4 }), { minLength: problem.n, maxLength: problem.n }),
      R: fc.integer({ min: 1, max: 4 }),
      x0: fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: problem.d, maxLength: problem.d }),
      seed: fc.nat({ max: 1000 }),
      cohort: fc.integer({ min: 1, max: problem.n }),
      weights: fc.array(fc.double({ min: 0.1, max: 3, noNaN: true }), { minLength: problem.n, maxLength: problem.n }),
      option: fc.constantFrom('I' as const, 'II' as const),
      controlsInit: fc.constantFrom('zero' as const, 'gradient' as const),
    }),
  );

/** Equal up to rounding, which grows with the numbers themselves. */
function close(actual: ArrayLike<number>, expected: Vector, scale = Math.max(1, ...expected.map(Math.abs))): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, j) => expect(Math.abs(actual[j]! - value)).toBeLessThanOrEqual(1e-10 * scale));
}

const spread = (points: readonly Vector[]) => mean(points.map((y) => [norm2(minus(y, mean(points)))]))[0]!;

/** The metrics of a round, from the reference's trace; `controls` as SCAFFOLD has them. */
function checkMetrics(problem: Problem, metrics: RoundMetrics, { clients, points, ends, x, controls }: Round): void {
  // What cancels in a metric was as large as the points, or their square.
  const size = Math.max(1, ...[x, ...ends, ...(controls ?? [])].flat().map(Math.abs)) ** 2;
  const at = (f: number, value: number) => close([f], [value], size);
  at(metrics.gradientNorm2, norm2(fullGradient(problem, x)));
  at(metrics.value!, problem.value!(Float64Array.from(x)));
  if (ends.length === 0) expect([metrics.drift, metrics.maxDrift, metrics.bias]).toEqual([0, 0, 0]);
  else {
    at(metrics.drift, spread(ends));
    at(metrics.maxDrift, Math.max(spread(ends), ...points.map(spread)));
    const gradients = clients.map((i, s) => clientGradient(problem, i, ends[s]!));
    at(metrics.bias, Math.sqrt(norm2(minus(mean(gradients), fullGradient(problem, mean(ends))))));
  }
  if (controls) {
    const errors = controls.map((own, i) => [norm2(minus(own, clientGradient(problem, i, x)))]);
    at(metrics.controlError!, Math.sqrt(mean(errors)[0]!));
  } else expect(metrics.controlError).toBeUndefined();
}

/** (1/T) Σ ‖∇f(x̄_t)‖² over the points before each local step. */
const averaged = (problem: Problem, starts: readonly Vector[]) =>
  mean(starts.map((x) => [norm2(fullGradient(problem, x))]))[0]!;

describe('the methods equal their textbook form', () => {
  it('minibatch SGD', () => {
    fc.assert(
      fc.property(runs(true), ({ problem, K, eta, R, x0, seed }) => {
        const options = { eta, R, x0, seed };
        const rounds = reference.minibatchSgd(problem, { ...options, K });
        const result = minibatchSgd(problem, { ...options, K: K[0]!, metrics: true, averaged: true });
        close(result.x, rounds.at(-1)!.x);
        rounds.forEach((round, r) => checkMetrics(problem, result.history![r]!, round));
        const starts = [options.x0, ...rounds.map(({ x }) => x)].slice(0, -1);
        close([result.averagedGradientNorm2!], [averaged(problem, starts)]);
      }),
      { numRuns: 60 },
    );
  });

  it('LocalSGD, with cohorts, weights, unequal K and two step sizes', () => {
    fc.assert(
      fc.property(runs(false), ({ problem, cohort, weights, eta, etaOuter, K, R, x0, seed }) => {
        const given = { weights, eta, etaOuter, K, R, x0, seed, participation: { cohort } };
        const rounds = reference.localSgd(problem, given);
        const result = localSgd(problem, { ...given, metrics: true, averaged: true });
        close(result.x, rounds.at(-1)!.x);
        rounds.forEach((round, r) => checkMetrics(problem, result.history![r]!, round));
        close(
          [result.averagedGradientNorm2!],
          [
            averaged(
              problem,
              rounds.flatMap(({ points }) => points.map(mean)),
            ),
          ],
        );
        // Nothing that is measured changes what happens.
        expect(localSgd(problem, given).x).toEqual(result.x);
      }),
      { numRuns: 60 },
    );
  });

  it('SCAFFOLD, with cohorts, unequal K, options I and II and both first controls', () => {
    fc.assert(
      fc.property(runs(false), ({ problem, cohort, option, controlsInit, eta, etaOuter, K, R, x0, seed }) => {
        const given = { option, controlsInit, eta, etaOuter, K, R, x0, seed, participation: { cohort } };
        const rounds = reference.scaffold(problem, given);
        const result = scaffold(problem, { ...given, metrics: true, averaged: true });
        const last = rounds.at(-1)!;
        // (x − y)/(Kη) loses what x has more than η.
        const scale = Math.max(1, ...last.x.map(Math.abs), ...last.controls!.flat().map(Math.abs)) / eta;
        close(result.x, last.x, scale);
        close(result.state.c!, last.c!, scale);
        close(result.state.controls!, last.controls!.flat(), scale);
        rounds.forEach((round, r) => checkMetrics(problem, result.history![r]!, round));
        close(
          [result.averagedGradientNorm2!],
          [
            averaged(
              problem,
              rounds.flatMap(({ points }) => points.map(mean)),
            ),
          ],
        );
        expect(scaffold(problem, given).x).toEqual(result.x);
      }),
      { numRuns: 100 },
    );
  });
});

describe('all clients at once', () => {
  it('gives the bits of one client after the other', () => {
    fc.assert(
      fc.property(runs(true), fc.constantFrom(0, 0.4), ({ K, x0, eta, etaOuter, R, option }, rho) => {
        const together = quadratic({ n: K.length, d: x0.length, delta: 0.3, zeta: 1, rho });
        // A copy keeps the gradients alone.
        const single: Problem = { ...together };
        const given = { eta, etaOuter, R, x0, K: K[0]! };
        expect(localSgd(together, given)).toEqual(localSgd(single, given));
        const corrected = { ...given, option, metrics: true };
        expect(scaffold(together, corrected)).toEqual(scaffold(single, corrected));
      }),
      { numRuns: 60 },
    );
  });
});
