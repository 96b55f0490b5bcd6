import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';

import {
  type Actor, actorOf, backward, type Batch, conjugateGradients, evaluateActor, fisherProduct, forward, gae, hessianProduct, meanKl, mlp, type Network,
  newtonSteps, ppoStep, reinforceStep, scoreGradient, standardise, startActor, steihaug, tapeFor, tapesOf, trpoStep,
} from '../src/index.js'; // prettier-ignore

const normal = (seed: number, name: string, length: number) => stream(seed, name).fillNormal(new Float64Array(length));
const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
/** Largest difference in units of the largest number. */
const apart = (a: ArrayLike<number>, b: ArrayLike<number>) => Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!))) / Math.max(...Array.from(b, Math.abs)); // prettier-ignore

/** A policy with a batch that it has sampled itself. */
function sampled(seed: number, rows: number, actor: Actor, scale = 1): { theta: Float64Array; batch: Batch } {
  const theta = startActor(actor, stream(seed, 'theta'));
  const x = normal(seed, 'x', rows * actor.network.inputs);
  const tape = tapeFor(actor.network, rows);
  const u = Float64Array.from(forward(actor.network, theta, x, tape));
  const z = normal(seed, 'z', u.length);
  u.forEach((mean, i) => (u[i] = mean + Math.exp(theta[actor.network.size + (i % actor.actions)]!) * z[i]!));
  const advantages = normal(seed, 'advantages', rows).map((a) => scale * a);
  const logDensities = evaluateActor(actor, theta, x, u, tape, new Float64Array(rows));
  return { theta, batch: { rows, observations: x, actions: u, advantages, logDensities } };
}

describe('as torch differentiates', () => {
  const fixture = JSON.parse(readFileSync(new URL('fixtures/learner.json', import.meta.url), 'utf8')) as Record<'x' | 'u' | 'v' | 'theta' | 'advantages' | 'oldLogDensity' | 'logDensity' | 'gradient' | 'klGradient' | 'fisher' | 'hessian', number[]> & {
    sizes: number[]; surrogate: number; kl: number; step: { own: number[]; theta: number[]; kl: number; improvement: number };
  }; // prettier-ignore
  const { sizes } = fixture;
  const actor = actorOf(mlp(sizes[0]!, sizes.slice(1, -1), sizes.at(-1)!));
  const array = (name: 'x' | 'u' | 'v' | 'theta' | 'advantages' | 'oldLogDensity') => Float64Array.from(fixture[name]);
  const [theta, x, u, v] = [array('theta'), array('x'), array('u'), array('v')];
  const rows = fixture.advantages.length;
  const tape = tapeFor(actor.network, rows);
  const logDensity = evaluateActor(actor, theta, x, u, tape, new Float64Array(rows));
  const out = () => new Float64Array(actor.size);

  it('densities', () => expect(apart(logDensity, fixture.logDensity)).toBeLessThan(1e-12));
  it('the gradient of the surrogate', () => {
    const weights = logDensity.map((value, i) => (-fixture.advantages[i]! * Math.exp(value - fixture.oldLogDensity[i]!)) / rows); // prettier-ignore
    expect(dot(weights, new Float64Array(rows).fill(1))).toBeCloseTo(fixture.surrogate, 12);
    expect(apart(scoreGradient(actor, theta, u, weights, tape, out()), fixture.gradient)).toBeLessThan(1e-10);
  });
  it('products with Fisher’s matrix and with the Hessian of the sampled densities', () => {
    expect(apart(fisherProduct(actor, theta, v, 0.1, tape, out()), fixture.fisher)).toBeLessThan(1e-10);
    expect(apart(hessianProduct(actor, theta, u, v, tape, out()), fixture.hessian)).toBeLessThan(1e-10);
  });
  it('the mean KL', () => {
    const old = { theta, means: forward(actor.network, theta, x, tape).slice() };
    const moved = theta.map((value, i) => value + 0.1 * v[i]!);
    expect(meanKl(actor, old, moved, forward(actor.network, moved, x, tape))).toBeCloseTo(fixture.kl, 12);
  });
  it('a whole TRPO step', () => {
    const at = theta.slice();
    const batch = { rows, observations: x, actions: u, advantages: array('advantages'), logDensities: Float64Array.from(fixture.step.own) }; // prettier-ignore
    const report = trpoStep(actor, at, batch, tapeFor(actor.network, rows));
    expect(report.stepped).toBe(true);
    // Ten conjugate gradients enlarge what either side rounds.
    expect(apart(at, fixture.step.theta)).toBeLessThan(1e-9);
    expect(report.kl).toBeCloseTo(fixture.step.kl, 10);
    expect(report.improvement).toBeCloseTo(fixture.step.improvement, 10);
  });
});

/** Networks with dense layers, and with groups that share a feature. */
const NETWORKS: readonly (readonly [string, Network])[] = [
  ['dense', mlp(3, [5, 4], 1)],
  ['grouped', mlp(4, [3], 2, { groups: [[0, 1], [1, 2, 3]], width: 2 })],
]; // prettier-ignore

describe.each(NETWORKS)('finite differences (T4): %s', (_, network) => {
  const actor = actorOf(network);
  const { theta, batch } = sampled(3, 30, actor);
  const { rows, observations: x, actions: u } = batch;
  const tape = tapeFor(network, rows);
  const h = 1e-5;
  const v = normal(5, 'v', actor.size);
  const moved = (t: number) => theta.map((value, i) => value + t * v[i]!);

  it('has about fifty parameters', () => {
    expect(actor.size).toBeGreaterThan(45);
    expect(actor.size).toBeLessThan(60);
  });
  it('the gradient is that of Σ w log π', () => {
    const weights = normal(6, 'w', rows);
    const value = (at: Float64Array) => dot(evaluateActor(actor, at, x, u, tape, new Float64Array(rows)), weights);
    forward(network, theta, x, tape);
    const found = scoreGradient(actor, theta, u, weights, tape, new Float64Array(actor.size));
    found.forEach((partial, i) => {
      const nudged = (t: number) => value(theta.map((p, j) => p + (i === j ? t : 0)));
      expect(partial).toBeCloseTo((nudged(h) - nudged(-h)) / (2 * h), 6);
    });
  });
  it('Fisher’s product is the derivative of the gradient of the mean KL', () => {
    const old = { theta, means: forward(network, theta, x, tape).slice() };
    const kl = (at: Float64Array) => meanKl(actor, old, at, forward(network, at, x, tape));
    const along = (at: Float64Array, i: number) => (kl(at.map((p, j) => p + (i === j ? 1e-4 : 0))) - kl(at.map((p, j) => p - (i === j ? 1e-4 : 0)))) / 2e-4; // prettier-ignore
    const differences = theta.map((_value, i) => (along(moved(1e-4), i) - along(moved(-1e-4), i)) / 2e-4);
    forward(network, theta, x, tape);
    const found = fisherProduct(actor, theta, v, 0, tape, new Float64Array(actor.size));
    expect(apart(found, differences)).toBeLessThan(1e-4);
    const damped = fisherProduct(actor, theta, v, 0.3, tape, new Float64Array(actor.size));
    damped.forEach((value, i) => expect(value).toBeCloseTo(found[i]! + 0.3 * v[i]!, 12));
    expect(dot(v, found)).toBeGreaterThan(0);
  });
  it('the Hessian’s product is the derivative of the gradient of −mean log π', () => {
    const weights = new Float64Array(rows).fill(-1 / rows);
    const gradient = (at: Float64Array) => {
      forward(network, at, x, tape);
      return scoreGradient(actor, at, u, weights, tape, new Float64Array(actor.size));
    };
    const [ahead, behind] = [gradient(moved(h)), gradient(moved(-h))];
    forward(network, theta, x, tape);
    const found = hessianProduct(actor, theta, u, v, tape, new Float64Array(actor.size));
    expect(apart(found, ahead.map((value, i) => (value - behind[i]!) / (2 * h)))).toBeLessThan(1e-6); // prettier-ignore
  });
  it('conjugate gradients solve with it (T4)', () => {
    forward(network, theta, x, tape);
    const product = (p: Float64Array, out: Float64Array) => void fisherProduct(actor, theta, p, 0.1, tape, out);
    const solution = conjugateGradients(product, v, 500, 1e-24);
    const back = new Float64Array(actor.size);
    product(solution, back);
    expect(apart(back, v)).toBeLessThan(1e-8);
    expect(conjugateGradients(product, v, 0, 0).every((value) => value === 0)).toBe(true);
  });
});

describe('TRPO', () => {
  const actor = actorOf(mlp(4, [8, 8], 1));
  const batches = fc.record({ seed: fc.integer({ min: 0, max: 1e6 }), delta: fc.constantFrom(0.001, 0.01, 0.02) });

  it('keeps the mean KL of an accepted step below 1.5 δ and lowers the surrogate (T5), whatever the scale of the advantages', () => {
    fc.assert(
      fc.property(batches, fc.constantFrom(1e-3, 1, 1e3), ({ seed, delta }, scale) => {
        const { theta, batch } = sampled(seed, 200, actor, scale);
        const report = trpoStep(actor, theta, batch, tapeFor(actor.network, 200), { delta });
        expect(report.stepped).toBe(true);
        expect(report.kl).toBeLessThan(1.5 * delta);
        expect(report.kl).toBeGreaterThan(delta / 16);
        expect(report.improvement).toBeGreaterThan(0);
      }),
      { numRuns: 40 },
    );
  });
  it('spends δ by the damped model: with much damping the step is as long as √(2δ/damping)', () => {
    const { theta, batch } = sampled(1, 100, actor);
    const start = theta.slice();
    trpoStep(actor, theta, batch, tapeFor(actor.network, 100), { damping: 1e6 });
    expect(Math.sqrt(dot(theta.map((p, i) => p - start[i]!), theta.map((p, i) => p - start[i]!)))).toBeCloseTo(Math.sqrt(2 * 0.01 / 1e6), 8); // prettier-ignore
  });
  it('takes no point whose surrogate is worse, or better by less than is asked', () => {
    // δ far beyond where the model holds, and a line of one point: the surrogate rises there.
    let refused = 0;
    for (let seed = 0; seed < 20; seed++) {
      const { theta, batch } = sampled(seed, 40, actor);
      const start = theta.slice();
      const report = trpoStep(actor, theta, batch, tapeFor(actor.network, 40), { delta: 200, damping: 1e-3, backtracks: 1, accept: 0 }); // prettier-ignore
      if (report.stepped) expect(report.improvement).toBeGreaterThan(0);
      else {
        refused++;
        expect(theta).toEqual(start);
        expect(report.why).toBe('no point on the line improves the surrogate as promised');
      }
    }
    expect(refused).toBeGreaterThan(0);
  });
  it('makes no step where advantages are 0, and says so', () => {
    const { theta, batch } = sampled(2, 50, actor);
    const start = theta.slice();
    const report = trpoStep(actor, theta, { ...batch, advantages: new Float64Array(50) }, tapeFor(actor.network, 50));
    expect(report).toMatchObject({ stepped: false, why: 'the advantages do not vary' });
    expect(theta).toEqual(start);
  });
  it('keeps log σ at its floor', () => {
    const floored = actorOf(actor.network, -0.5);
    const { theta, batch } = sampled(4, 100, floored);
    const tape = tapeFor(actor.network, 100);
    // Actions near the mean are rewarded: σ wants to shrink.
    const means = forward(actor.network, theta, batch.observations, tape).slice();
    const advantages = batch.actions.map((u, i) => -((u - means[i]!) ** 2));
    standardise(advantages);
    trpoStep(floored, theta, { ...batch, advantages }, tape);
    expect(theta[actor.network.size]).toBe(-0.5);
  });
  it.each([
    [{ delta: 0 }, "'delta' is 0"],
    [{ delta: -1 }, "'delta' is -1"],
    [{ damping: NaN }, "'damping' is NaN"],
    [{ iterations: 0 }, "'iterations' is 0"],
    [{ dleta: 1 }, "Did you mean 'delta'?"],
  ])('refuses %o', (options, message) => {
    const { theta, batch } = sampled(2, 10, actor);
    expect(() => trpoStep(actor, theta, batch, tapeFor(actor.network, 10), options as object)).toThrow(message);
  });
});

describe('truncated conjugate gradients in a ball', () => {
  const diagonal = (values: number[]) => (v: Float64Array, out: Float64Array) => values.forEach((value, i) => (out[i] = value * v[i]!)); // prettier-ignore

  it('find Newton’s point where it lies inside', () => {
    const { p, edge } = steihaug(diagonal([1, 4, 9]), Float64Array.of(1, 1e-3, 1e-4), 5);
    expect(edge).toBe(false);
    expect(p[0]).toBeCloseTo(-1, 3);
  });
  it('end on the surface otherwise, and never beyond', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -3, max: 5, noNaN: true }), { minLength: 4, maxLength: 4 }),
        fc.integer(),
        (values, seed) => {
          // prettier-ignore
          const g = normal(Math.abs(seed), 'g', 4);
          const { p, edge } = steihaug(diagonal(values), g, 0.1);
          const norm = Math.sqrt(dot(p, p));
          expect(norm).toBeLessThan(0.1 * (1 + 1e-9));
          if (edge) expect(norm).toBeCloseTo(0.1, 9);
          // No worse than the best point along −g (Cauchy's), up to rounding.
          const value = (q: Float64Array) => dot(g, q) + 0.5 * q.reduce((sum, x, i) => sum + values[i]! * x * x, 0);
          const cauchy = Math.min(...Array.from({ length: 101 }, (_, k) => value(g.map((x) => (-0.1 * k * x) / 100 / Math.sqrt(dot(g, g)))))); // prettier-ignore
          expect(value(p)).toBeLessThan(cauchy + 1e-9);
        },
      ),
    );
  });
  it('choose between two ends by the model, where the authors’ choice can be the worse one', () => {
    // After one step inside, the next direction has negative curvature: the ends are on both sides of the point.
    let other = 0;
    for (let seed = 0; seed < 200; seed++) {
      const values = [...normal(seed, 'h', 4)].map((x, i) => (i < 2 ? 3 + Math.abs(x) : -20 * Math.abs(x)));
      const g = normal(seed, 'g2', 4).map((x, i) => (i < 2 ? x : 0.1 * x));
      const value = (q: Float64Array) => dot(g, q) + 0.5 * q.reduce((sum, x, i) => sum + values[i]! * x * x, 0);
      const [own, theirs] = [false, true].map((authors) => value(steihaug(diagonal(values), g, 1, authors).p));
      expect(own!).toBeLessThanOrEqual(theirs! + 1e-12);
      if (own! < theirs! - 1e-9) other++;
    }
    expect(other).toBeGreaterThan(0);
  });
  it('make steps that lower the surrogate, and shrink the radius where the model fails', () => {
    const actor = actorOf(mlp(4, [8], 1));
    const { theta, batch } = sampled(1, 200, actor);
    const state = { radius: 0.005 };
    const report = newtonSteps(actor, theta, batch, state, tapeFor(actor.network, 200));
    expect(report.stepped).toBe(true);
    expect(report.improvement).toBeGreaterThan(0);
    expect(state.radius).toBeGreaterThan(0.005);
    const wild = { radius: 2 };
    const other = sampled(7, 60, actor);
    newtonSteps(actor, other.theta, other.batch, wild, tapeFor(actor.network, 60), { steps: 1 });
    expect(wild.radius).toBeLessThanOrEqual(2);
  });
});

describe('PPO', () => {
  const actor = actorOf(mlp(4, [8], 1));
  const adam = () => ({ first: new Float64Array(actor.size), second: new Float64Array(actor.size), steps: 0 });

  it('lowers its surrogate, the same way again', () => {
    const run = () => {
      const { theta, batch } = sampled(1, 200, actor);
      const report = ppoStep(actor, theta, batch, adam(), stream(1, 'minibatches'), tapesOf(actor.network));
      return { theta, report };
    };
    const { theta, report } = run();
    expect(report.improvement).toBeGreaterThan(0);
    expect(run().theta).toEqual(theta);
  });
  it('first moves each parameter by the rate against the clipped surrogate’s gradient', () => {
    const { theta, batch } = sampled(2, 100, actor);
    const start = theta.slice();
    const tape = tapeFor(actor.network, 100);
    forward(actor.network, theta, batch.observations, tape);
    const ascent = scoreGradient(actor, theta, batch.actions, batch.advantages.map((a) => a / 100), tape, new Float64Array(actor.size)); // prettier-ignore
    ppoStep(actor, theta, batch, adam(), stream(2, 'minibatches'), tapesOf(actor.network), { epochs: 1, minibatches: 1, entropy: 0, rate: 1e-3 }); // prettier-ignore
    theta.forEach((p, i) => {
      if (Math.abs(ascent[i]!) > 1e-5) expect(p - start[i]!).toBeCloseTo(1e-3 * Math.sign(ascent[i]!), 5);
    });
  });
  it('stops at the clip: many epochs leave the ratios near it, without it they run away', () => {
    const kl = (clip: number) => {
      const { theta, batch } = sampled(3, 100, actor);
      return ppoStep(actor, theta, batch, adam(), stream(3, 'm'), tapesOf(actor.network), {
        clip,
        epochs: 60,
        rate: 0.02,
      }).kl;
    };
    expect(kl(0.1)).toBeLessThan(0.3 * kl(100));
  });
  it('makes no step where advantages are equal', () => {
    const { theta, batch } = sampled(2, 50, actor);
    const flat = { ...batch, advantages: new Float64Array(50).fill(0.3) };
    expect(ppoStep(actor, theta, flat, adam(), stream(2, 'm'), tapesOf(actor.network)).stepped).toBe(false);
  });
});

it('REINFORCE is a step along the gradient of mean A log π', () => {
  const actor = actorOf(mlp(4, [8], 1));
  const { theta, batch } = sampled(5, 60, actor);
  const start = theta.slice();
  const tape = tapeFor(actor.network, 60);
  const value = (at: Float64Array) => dot(evaluateActor(actor, at, batch.observations, batch.actions, tape, new Float64Array(60)), batch.advantages) / 60; // prettier-ignore
  reinforceStep(actor, theta, batch, tape, { rate: 0.5 });
  const step = theta.map((p, i) => p - start[i]!);
  const h = 1e-6;
  const slope = (value(start.map((p, i) => p + h * step[i]!)) - value(start.map((p, i) => p - h * step[i]!))) / (2 * h);
  expect(slope).toBeCloseTo(dot(step, step) / 0.5, 8);
});

describe('advantages (T7)', () => {
  const trajectories = fc.record({ count: fc.integer({ min: 1, max: 4 }), steps: fc.integer({ min: 1, max: 6 }), seed: fc.integer({ min: 0, max: 1e6 }) }); // prettier-ignore
  const run = (gamma: number, lambda: number, count: number, steps: number, seed: number) => {
    const [rewards, values] = [normal(seed, 'r', count * steps), normal(seed, 'v', count * steps)];
    const [advantages, returns] = [new Float64Array(count * steps), new Float64Array(count * steps)];
    gae(rewards, values, steps, gamma, lambda, advantages, returns);
    return { rewards, values, advantages, returns };
  };

  it('with γ = λ = 1 are the Monte-Carlo return less V, within each trajectory', () => {
    fc.assert(
      fc.property(trajectories, ({ count, steps, seed }) => {
        const { rewards, values, advantages, returns } = run(1, 1, count, steps, seed);
        for (let i = 0; i < rewards.length; i++) {
          const end = steps * (Math.floor(i / steps) + 1);
          const rest = rewards.slice(i, end).reduce((sum, r) => sum + r, 0);
          expect(returns[i]).toBeCloseTo(rest, 10);
          expect(advantages[i]).toBeCloseTo(rest - values[i]!, 10);
        }
      }),
    );
  });
  it('with λ = 0 are the errors of one step, and with any λ their sum with (γλ)^k', () => {
    fc.assert(
      fc.property(trajectories, fc.double({ min: 0, max: 1, noNaN: true }), ({ count, steps, seed }, lambda) => {
        const { rewards, values, advantages } = run(0.9, lambda, count, steps, seed);
        const error = (i: number) => rewards[i]! + ((i + 1) % steps === 0 ? 0 : 0.9 * values[i + 1]!) - values[i]!;
        for (let i = 0; i < rewards.length; i++) {
          let [sum, factor] = [0, 1];
          for (let j = i; j < steps * (Math.floor(i / steps) + 1); j++, factor *= 0.9 * lambda)
            sum += factor * error(j);
          expect(advantages[i]).toBeCloseTo(sum, 10);
        }
      }),
    );
  });
  it('refuse rows that are no whole trajectories, and γ beyond 1', () => {
    const four = new Float64Array(4);
    expect(() => gae(four, four, 3, 1, 1, four, four)).toThrow('must be of a multiple of 3 rows');
    expect(() => gae(four, four, 2, 1.1, 1, four, four)).toThrow("'gamma' is 1.1");
    expect(() => gae(four, four, 2, 1, -1, four, four)).toThrow("'lambda' is -1");
  });
  it('standardised have mean 0 and deviation 1; what does not vary is left alone', () => {
    const x = Float64Array.of(1, 2, 6);
    expect(standardise(x)).toBe(true);
    expect(x[0]! + x[1]! + x[2]!).toBeCloseTo(0, 12);
    expect(dot(x, x) / 2).toBeCloseTo(1, 12);
    const flat = Float64Array.of(0.1, 0.1, 0.1);
    expect(standardise(flat)).toBe(false);
    expect([...flat]).toEqual([0.1, 0.1, 0.1]);
  });
});

describe('networks', () => {
  it('of groups see their groups alone: other features have no gradient', () => {
    const network = mlp(4, [3], 1, { groups: [[0, 1], [3]], width: 2 });
    const theta = startActor(actorOf(network), stream(1, 't'));
    const value = (x: number[]) => forward(network, theta, Float64Array.from(x), tapeFor(network, 1))[0]!;
    expect(value([1, 2, 99, 3])).toBe(value([1, 2, -7, 3]));
    expect(value([1, 2, 0, 3])).not.toBe(value([1.5, 2, 0, 3]));
  });
  it('backward of several outputs is the sum over them', () => {
    const network = mlp(2, [3], 2);
    const theta = startActor(actorOf(network), stream(2, 't'));
    const x = normal(2, 'x', 2);
    const tape = tapeFor(network, 1);
    forward(network, theta, x, tape);
    const [both, one, other] = [[1, 1], [1, 0], [0, 1]].map((d) => backward(network, theta, Float64Array.from(d), tape, new Float64Array(network.size)).slice()); // prettier-ignore
    both!.forEach((value, i) => expect(value).toBeCloseTo(one![i]! + other![i]!, 12));
  });
  it.each([
    [() => mlp(0, [3], 1), "'inputs' is 0"],
    [() => mlp(2, [3, 0], 1), "'hidden[1]' is 0"],
    [() => mlp(2, [3], 1, { groups: [[0, 2]], width: 2 }), "'grouping.groups[0]' is 2"],
    [() => mlp(2, [3], 1, { groups: [[]], width: 2 }), "'grouping.groups[0]' is []"],
  ])('refuse sizes that there are not: %#', (make, message) => expect(make).toThrow(message));
});
