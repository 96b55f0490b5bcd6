/**
 * E1, "who wins" (spec §6): the three methods on one instance of family Q, each with the best step size of the same grid,
 * judged by ‖∇f(x_R)‖², or by the theorems' (1/T) Σ_t ‖∇f(x̄_t)‖².
 */
import type { CellContext, Json } from '@assay-ml/claims';
import {
  defaultGrid,
  localSgd,
  lowRank,
  minibatchSgd,
  noise,
  quadratic,
  scaffold,
  tune,
  type MethodName,
  type RoundMetrics,
} from '@assay-ml/theory-sim';

/** One point of the plan. Symbols are the spec's (§3.5, §6). */
export type WhoWinsConfig = {
  readonly n: number;
  readonly d: number;
  readonly K: number;
  readonly R: number;
  /** Hessian similarity δ. */
  readonly delta: number;
  /** Root mean square of ‖b_i‖: the gradient dissimilarity at the solution. */
  readonly zeta: number;
  /** Weight of the non-quadratic term ρ Σ (cos x_j − 1). */
  readonly rho: number;
  /** Noise level σ of the stochastic gradients. */
  readonly sigma: number;
  readonly metric: 'final' | 'averaged';
  /** How the clients' Hessians differ: by dense random matrices, or by matrices of rank 2 where n·d² numbers are too many. */
  readonly hessians: 'dense' | 'low-rank';
};

const methods = { minibatchSgd, localSgd, scaffold };

export const METHODS = ['minibatchSgd', 'localSgd', 'scaffold'] as const satisfies readonly MethodName[];

export function run(config: WhoWinsConfig, seed: number, { signal, trace }: CellContext): Record<string, Json> {
  const { n, d, K, R, delta, zeta, rho, sigma, metric, hessians } = config;
  const family = hessians === 'dense' ? quadratic : lowRank;
  const instance = family({ n, d, L: 1, lMin: 1e-3, delta, zeta, rho, seed });
  const problem = sigma > 0 ? noise(instance, { kind: 'gaussian', sigma }) : instance;
  const x0 = new Float64Array(d).fill(3);
  const values: Record<string, Record<string, Json>> = { gradientNorm2: {}, eta: {}, edge: {}, tried: {} };
  for (const method of METHODS) {
    const tuned = tune(method, problem, { grid: defaultGrid(), K, R, x0, seed, metric, onEdge: 'report', signal });
    values['gradientNorm2']![method] = tuned.best;
    values['eta']![method] = tuned.bestEta;
    values['edge']![method] = tuned.edge;
    values['tried']![method] = tuned.tried.map(({ eta, value }) => ({ eta, value }));
    if (trace) {
      const onRound = (metrics: RoundMetrics): void => trace({ method, eta: tuned.bestEta, ...metrics });
      methods[method](problem, { eta: tuned.bestEta, K, R, x0, seed, onRound, signal });
    }
  }
  return values;
}
