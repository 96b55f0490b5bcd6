/**
 * Clip-LocalGDJ: local gradient steps, then a normalised jump of the server (spec of (L0, L1), §3.2).
 *
 *   clients:  y ← x;  τ times  y ← y − α ∇f_m(y);   d_m = mean gradient along the path
 *   server:   g = (1/M) Σ d_m,   x ← x − g/(c0 + c1‖g‖)
 *
 * paper → code: α → `alpha`, τ (at most H) → `tau`, c0, c1 → the same, P → `R`, M → `problem.n`. Their code divides by
 * c0 + c1‖g‖ (`norm: 'pathAverage'`), their theory by c0 + c1‖∇f(x)‖ (`'startGradient'`).
 */
import { checkWeights, type Participation } from '@assay-ml/federated';
import { requireOptions } from '@assay-ml/numerics/check';
import { nonNegative, oneOf, positiveInteger, type Names } from '../check.js';
import { driftMonitor, type DriftMonitorOptions } from './drift-monitor.js';
import type { Problem } from '../problem.js';
import { checkClip, smoothClip, type ClipConstants } from './clipping.js';
import { steps, walker } from './local-path.js';
import { check, PATH_NAMES } from './options.js';
import { jump, NORMS, pathRounds, type NormOf, type PathOptions, type PathResult } from './path-rounds.js';

/** Options of `clipLocalGdj`. */
export interface ClipLocalGdjOptions extends PathOptions, ClipConstants {
  /** Local step size α ≥ 0. */
  readonly alpha: number;
  /** Local steps τ, a positive integer. */
  readonly tau: number;
  /** Whose norm clips the jump. Default 'pathAverage', the authors' code, one exchange a round; 'startGradient' takes two. */
  readonly norm?: NormOf;
  /** Clients of a round. Default 'full', the paper's. */
  readonly participation?: Participation;
  /** Weights of the server's mean, one a client, positive. Default: equal. */
  readonly weights?: ArrayLike<number>;
  /** Watches α·τ·(L0 + L1‖∇f_m(x)‖) ≤ 1/4 in every round, and may lower α to it. Default: none. */
  readonly drift?: DriftMonitorOptions;
}

const NAMES: Names<ClipLocalGdjOptions> = {
  ...PATH_NAMES,
  c0: 1,
  c1: 1,
  alpha: 1,
  tau: 1,
  norm: 1,
  participation: 1,
  weights: 1,
  drift: 1,
};

/**
 * Runs Clip-LocalGDJ for R rounds on any problem, its gradients exact or noisy.
 * @throws RangeError or TypeError naming the option that is wrong, or the round, client and step of a gradient that is NaN
 */
export function clipLocalGdj(problem: Problem, options: ClipLocalGdjOptions): PathResult {
  const where = 'clipLocalGdj';
  const checked = check(where, problem, options, NAMES);
  const alpha = nonNegative(where, 'alpha', options.alpha);
  const tau = positiveInteger(where, 'tau', options.tau);
  const scale = smoothClip(checkClip(where, options));
  const norm = oneOf(where, 'norm', options.norm ?? 'pathAverage', NORMS);
  const weights = options.weights === undefined ? undefined : checkWeights(options.weights, problem.n, where);
  if (options.drift !== undefined) {
    requireOptions(where, options.drift, { L0: 1, L1: 1, onDrift: 1, reduce: 1 }, 'drift');
  }
  const monitor = options.drift && driftMonitor(where, problem, { ...options.drift, alpha, tau });
  const server = jump(checked, scale, norm);
  return pathRounds(checked, {
    walk: walker(checked, steps(checked, tau), () => monitor?.alpha ?? alpha, null, monitor?.first),
    participation: options.participation,
    weights,
    norm,
    server(x, g, next) {
      monitor?.round(g);
      server(x, g, next);
    },
  });
}
