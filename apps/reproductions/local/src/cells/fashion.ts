/**
 * One method on one partition of Fashion-MNIST: its step size is tuned on the cell's seed, by ‖∇f(x_R)‖² alone, and the
 * method is then reported on the seeds that follow, each with a partition and minibatches of its own. Tuning and reports
 * share a cell, as a report depends on what tuning chose and a cell on nothing but its configuration and seed.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import { localSgd, minibatchSgd, scaffold, tune, type MethodName, type RunState } from '@assay-ml/theory-sim';
import { instance, type Partition } from './fashion-data.js';

export type FashionConfig = {
  readonly partition: Partition;
  /** Weight λ of the regulariser. */
  readonly lambda: number;
  readonly method: MethodName;
  /** Number of seeds reported: seed + 1, seed + 2, … */
  readonly reports: number;
};

/** Local steps and rounds. */
export const K = 10;
export const R = 50;
/** Weights λ of the regulariser. */
export const LAMBDAS = [0, 1e-3] as const;
/** Step sizes, the same for each method. */
export const GRID = [2, 1, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625];
/** Rounds after which ‖∇f‖² over all the clients' images is recorded. */
export const CHECKPOINTS = [10, 20, 30, 40, R];

const methods = { minibatchSgd, localSgd, scaffold };

export async function run(config: FashionConfig, seed: number, context: CellContext): Promise<Record<string, Json>> {
  const { partition, lambda, method, reports } = config;
  const { signal } = context;
  const { problem } = await instance(partition, lambda, seed);
  const x0 = new Float64Array(problem.d);
  const tuned = tune(method, problem, { grid: GRID, K, R, x0, seed, onEdge: 'report', signal });
  const reported: Json[] = [];
  for (let s = seed + 1; s <= seed + reports; s++) {
    reported.push({ seed: s, ...(await report(config, tuned.bestEta, s, context)) });
  }
  return {
    eta: tuned.bestEta,
    edge: tuned.edge,
    tried: tuned.tried.map(({ eta, value, diverged }) => ({ eta, value, diverged: diverged !== null })),
    reports: reported,
  };
}

/** A run with one step size, looked at after each checkpoint. */
async function report(
  { partition, lambda, method }: FashionConfig,
  eta: number,
  seed: number,
  { signal, trace }: CellContext,
): Promise<Record<string, Json>> {
  const { problem, testAccuracy } = await instance(partition, lambda, seed);
  const g = new Float64Array(problem.d);
  const gradientNorm2: number[] = [];
  const x0 = new Float64Array(problem.d);
  let x: Float64Array = x0;
  let state: RunState | undefined;
  let diverged = false;
  for (const rounds of CHECKPOINTS) {
    if (!diverged) {
      // A run resumed from its state gives the bits of one that was never stopped.
      const result = methods[method](problem, { eta, K, R: rounds, x0, seed, signal, ...(state ? { state } : {}) });
      ({ x, state } = result);
      diverged = result.diverged !== null;
    }
    problem.fullGrad!(x, g);
    gradientNorm2.push(g.reduce((sum, v) => sum + v * v, 0));
    trace?.({ seed, round: rounds, gradientNorm2: gradientNorm2.at(-1)!, value: problem.value!(x) });
  }
  const norm = Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
  return { diverged, gradientNorm2, norm, testAccuracy: testAccuracy(x) };
}
