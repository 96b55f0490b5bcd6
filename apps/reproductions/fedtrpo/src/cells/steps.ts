/** C4b and T4 to T7: what policy steps promise, on batches of the seed. */
import type { Json } from '@assay-ml/claims';
import {
  actorOf, type Batch, conjugateGradients, evaluateActor, fisherProduct, forward, gae, meanKl, type Method, mlp, netZero, startActor, syntheticDistrict,
  tapeFor, train, type TrainOptions, trpoStep, weightedCostEmissions,
} from '@assay-ml/fedtrpo'; // prettier-ignore
import { scalar, stream } from '@assay-ml/numerics';

export type StepsConfig = { readonly rows: number };

type Normal = (name: string, length: number) => Float64Array;

export function run({ rows }: StepsConfig, seed: number): Record<string, Json> {
  const normal: Normal = (name, length) => stream(seed, name).fillNormal(new Float64Array(length));
  return { ...fisher(normal, seed, rows), kl: divergences(seed, rows), ...advantages(normal), ...federations(seed), scales: scales(seed) }; // prettier-ignore
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const apart = (a: Float64Array, b: Float64Array) => Math.sqrt(dot(a.map((x, i) => x - b[i]!), a.map((x, i) => x - b[i]!)) / dot(b, b)); // prettier-ignore

/** T4: 50 parameters: 5 inputs, 6 units, 1 action. */
function fisher(normal: Normal, seed: number, rows: number): Record<'product' | 'solved' | 'curvature', number> {
  const actor = actorOf(mlp(5, [6], 1));
  const theta = startActor(actor, stream(seed, 'theta'));
  const [x, v] = [normal('x', 5 * rows), normal('v', actor.size)];
  const tape = tapeFor(actor.network, rows);
  const old = { theta, means: forward(actor.network, theta, x, tape).slice() };
  const kl = (at: Float64Array) => meanKl(actor, old, at, forward(actor.network, at, x, tape));
  const h = 1e-4;
  const shifted = (t: number, i: number, s: number) => kl(theta.map((p, j) => p + t * v[j]! + (i === j ? s : 0)));
  const differences = theta.map((_, i) => (shifted(h, i, h) - shifted(h, i, -h) - shifted(-h, i, h) + shifted(-h, i, -h)) / (4 * h * h)); // prettier-ignore
  forward(actor.network, theta, x, tape);
  const product = (p: Float64Array, damping: number) => fisherProduct(actor, theta, p, damping, tape, new Float64Array(actor.size)); // prettier-ignore
  const found = product(v, 0);
  const solution = conjugateGradients((p, out) => out.set(product(p, 0.1)), v, 500, 1e-24);
  const least = Math.min(...Array.from({ length: 50 }, (_, k) => normal(`direction ${k}`, actor.size)).map((p) => dot(p, product(p, 0)) / dot(p, p))); // prettier-ignore
  return { product: apart(found, differences), solved: apart(product(solution, 0.1), v), curvature: least };
}

/** T5: mean KL of accepted steps over δ, the largest of twenty batches by δ; 0 where a step was not taken. */
function divergences(
  seed: number,
  rows: number,
): Record<string, { readonly most: number; readonly accepted: number; readonly worst: number }> {
  // prettier-ignore
  const actor = actorOf(mlp(6, [16, 16], 1));
  const of = (delta: number) => {
    const reports = Array.from({ length: 20 }, (_, k) => {
      const name = (what: string) => stream(seed, what, k);
      const theta = startActor(actor, name('theta'));
      const x = name('x').fillNormal(new Float64Array(6 * rows));
      const tape = tapeFor(actor.network, rows);
      const means = forward(actor.network, theta, x, tape).slice();
      const sigma = scalar.exp(theta[actor.network.size]!);
      const actions = name('u').fillNormal(new Float64Array(rows)).map((z, i) => means[i]! + sigma * z); // prettier-ignore
      const logDensities = evaluateActor(actor, theta, x, actions, tape, new Float64Array(rows));
      const batch: Batch = { rows, observations: x, actions, logDensities, advantages: name('a').fillNormal(new Float64Array(rows)) }; // prettier-ignore
      return trpoStep(actor, theta, batch, tape, { delta });
    });
    const taken = reports.filter(({ stepped }) => stepped);
    return { most: Math.max(...taken.map(({ kl }) => kl / delta)), accepted: taken.length, worst: Math.min(...taken.map(({ improvement }) => improvement)) }; // prettier-ignore
  };
  return { '0.001': of(0.001), '0.01': of(0.01), '0.02': of(0.02), '0.1': of(0.1) };
}

/** T7: γ = λ = 1 against the Monte-Carlo return, λ = 0 against the errors of one step. */
function advantages(normal: Normal): Record<'monteCarlo' | 'oneStep', number> {
  const [count, steps] = [5, 23];
  const [rewards, values] = [normal('rewards', count * steps), normal('values', count * steps)];
  const of = (gamma: number, lambda: number) => {
    const out = new Float64Array(count * steps);
    gae(rewards, values, steps, gamma, lambda, out, new Float64Array(count * steps));
    return out;
  };
  const ends = (i: number) => steps * (Math.floor(i / steps) + 1);
  const returns = rewards.map((_, i) => rewards.slice(i, ends(i)).reduce((sum, r) => sum + r, 0) - values[i]!);
  const errors = rewards.map((r, i) => r + (i + 1 === ends(i) ? 0 : 0.9 * values[i + 1]!) - values[i]!);
  return { monteCarlo: apart(of(1, 1), returns), oneStep: apart(of(0.9, 0), errors) };
}

const small = (seed: number) =>
  netZero(syntheticDistrict({ seed, buildings: 3, days: 7 }), { buildings: 3, seed }).train;
const first = (seed: number, options: Partial<TrainOptions> & { readonly method: Method }) =>
  train(small(seed), { iterations: 1, episodes: 4, starts: [24], seed, ...options }).training;

/** T6: federated averaging of one plain step against the step along the sum of gradients; with more steps they differ. */
function federations(seed: number): Record<'averaged' | 'weighted' | 'drifted', number> {
  const method = { name: 'reinforce', rate: 0.05 } as const;
  const of = (episodes: number | number[], localUpdates = 1) => {
    const pooled = first(seed, { method, episodes, federation: 'fedsgd' });
    const averaged = first(seed, { method, episodes, federation: 'fedavg', localUpdates });
    const theta = pooled.models[0]!.theta;
    return apart(averaged.server!.subarray(0, theta.length), theta);
  };
  return { averaged: of(4), weighted: of([2, 4, 7]), drifted: of(4, 3) };
}

/**
 * C4b: three iterations with rewards multiplied, against rewards as they are. Powers of two round nothing; by 0.1 and 10 conjugate
 * gradients enlarge what the product rounds.
 */
function scales(seed: number): Record<string, { readonly exact: number; readonly rounded: number }> {
  const of = (method: Method, scale: number) => {
    const reward = weightedCostEmissions();
    const scaled: typeof reward = (step, out) => {
      reward(step, out);
      for (let i = 0; i < out.length; i++) out[i]! *= scale;
    };
    return first(seed, { method, iterations: 3, environment: { reward: scaled } }).models[0]!.theta;
  };
  const most = (method: Method, factors: readonly number[]) => Math.max(...factors.map((scale) => apart(of(method, scale), of(method, 1)))); // prettier-ignore
  const methods: Record<string, Method> = { TRPO: { name: 'trpo' }, PPO: { name: 'ppo' } };
  return Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, { exact: most(method, [1 / 8, 8]), rounded: most(method, [0.1, 10]) }])); // prettier-ignore
}
