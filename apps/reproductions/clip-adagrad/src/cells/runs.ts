/**
 * One batch of independent runs of a set of methods under the same heavy-tailed noise: the error of every run at the end.
 *
 * Whoever counts quantiles must count them over runs. (The authors' notebook draws them over running means of signed
 * trajectories, which makes everything look better.)
 */
import type { Json } from '@assay-ml/claims';
import { simulate } from '@assay-ml/clip-adagrad';
import { quantile, scalar, stream } from '@assay-ml/numerics';
import { sets, type SetName } from '../methods.js';
import { pack } from '../pack.js';
import { problems, type ProblemName } from '../problems.js';

/** One point of the plan. */
export type RunsConfig = {
  readonly problem: ProblemName;
  readonly d: number;
  /** Tail index of the noise. */
  readonly alpha: number;
  readonly skewed: boolean;
  readonly set: SetName;
  readonly gamma: number;
  /** K. */
  readonly steps: number;
  readonly runs: number;
  /** Whether quantiles along the way are kept, for a figure. */
  readonly curves: boolean;
};

/** Steps at which curves are read: about eight in a factor of ten. */
export function ticks(steps: number): number[] {
  const all = Array.from({ length: 60 }, (_, k) => Math.round(scalar.pow(10, k / 8))).filter((t) => t < steps);
  return [...new Set([...all, steps])];
}

export function run(config: RunsConfig, seed: number): Record<string, Json> {
  const { problem, d, alpha, skewed, set, gamma, steps, runs, curves: drawn } = config;
  const { x0, gradient, errors } = problems[problem](d, runs, seed);
  const methods = sets[set](gamma, steps, alpha);
  const names = Object.keys(methods);
  const noise = { stream: stream(seed, 'clip-adagrad', problem, d, 'noise'), alpha, skewed };
  const curves: Record<string, number[][]> = Object.fromEntries(names.map((name) => [name, []]));
  const final: Record<string, string> = {};
  const centre: Record<string, number> = {};
  const options = {
    x0,
    runs,
    steps,
    noise,
    checkpoints: drawn ? ticks(steps) : [steps],
    ...(gradient ? { gradient } : {}),
  };
  for (const { t, x } of simulate({ ...options, methods: Object.values(methods) })) {
    names.forEach((name, k) => {
      const all = errors(x[k]!);
      if (drawn) curves[name]!.push([t, ...[0.1, 0.5, 0.9].map((q) => Number(quantile(all, q).toPrecision(4)))]);
      if (t !== steps) return;
      final[name] = pack(all);
      centre[name] = quantile(x[k]!.subarray(0, runs), 0.5);
    });
  }
  return { final, centre, ...(drawn ? { curves } : {}) };
}
