/**
 * What the paper compares with (spec of (L0, L1), §3.5): clipping at the clients, and none of the local steps.
 *
 * - CELGC (Liu et al. 2022): τ steps y ← y − h/(c0 + c1‖h‖); the server averages.
 * - CE-FedAvg (Zhang et al. 2022): τ steps y ← y − α h; D_m = (x − y)/τ, not divided by α; x ← x − η_s (1/M) Σ clip(D_m).
 *   Of a cohort the sum is still divided by M.
 * - (L0, L1)-GD: x ← x − ∇f(x)/(c0 + c1‖∇f(x)‖).
 *
 * paper → code: se_lr → `etaServer`, client lr → `eta`, cl → `clip`.
 */
import { cohortSize, type Participation } from '@assay-ml/federated';
import { positive, positiveInteger, type Names } from '../check.js';
import type { Problem } from '../problem.js';
import { squaredNorm } from '../vectors.js';
import { checkClip, hardClip, smoothClip, type ClipConstants } from './clipping.js';
import { steps, walker } from './local-path.js';
import { check, PATH_NAMES } from './options.js';
import { jump, pathRounds, type PathOptions, type PathResult } from './path-rounds.js';

/** Options of `celgc`. */
export interface CelgcOptions extends PathOptions, ClipConstants {
  /** Local steps τ, a positive integer. */
  readonly tau: number;
  /** Clients of a round. Default 'full'. */
  readonly participation?: Participation;
}

const CELGC_NAMES: Names<CelgcOptions> = { ...PATH_NAMES, c0: 1, c1: 1, tau: 1, participation: 1 };

/**
 * Runs CELGC, local clipping, for R rounds.
 * @throws RangeError or TypeError naming the option that is wrong, or the round, client and step of a gradient that is NaN
 */
export function celgc(problem: Problem, options: CelgcOptions): PathResult {
  const where = 'celgc';
  const checked = check(where, problem, options, CELGC_NAMES);
  const tau = positiveInteger(where, 'tau', options.tau);
  return pathRounds(checked, {
    walk: walker(checked, steps(checked, tau), () => 1, smoothClip(checkClip(where, options))),
    participation: options.participation,
    send: (y) => y,
    server: (_x, mean, next) => next.set(mean),
  });
}

/** Options of `ceFedAvg`. */
export interface CeFedAvgOptions extends PathOptions {
  /** Local steps τ, a positive integer. */
  readonly tau: number;
  /** Client step size α > 0. */
  readonly eta: number;
  /** Server step size > 0. */
  readonly etaServer: number;
  /** Level to which each client's D_m is clipped, > 0. */
  readonly clip: number;
  /** Clients of a round. Default 'full'. */
  readonly participation?: Participation;
}

const CE_FED_AVG_NAMES: Names<CeFedAvgOptions> = {
  ...PATH_NAMES,
  tau: 1,
  eta: 1,
  etaServer: 1,
  clip: 1,
  participation: 1,
};

/**
 * Runs CE-FedAvg, clipped client updates, for R rounds.
 * @throws RangeError or TypeError naming the option that is wrong, or the round, client and step of a gradient that is NaN
 */
export function ceFedAvg(problem: Problem, options: CeFedAvgOptions): PathResult {
  const where = 'ceFedAvg';
  const checked = check(where, problem, options, CE_FED_AVG_NAMES);
  const { n, d } = problem;
  const eta = positive(where, 'eta', options.eta);
  const clip = hardClip(positive(where, 'clip', options.clip));
  const tau = positiveInteger(where, 'tau', options.tau);
  const participation = options.participation ?? 'full';
  // The mean of the round's clients, times this, is the sum over M.
  const share = cohortSize(participation, n, where) / n;
  const rate = positive(where, 'etaServer', options.etaServer) * share;
  return pathRounds(checked, {
    walk: walker(checked, steps(checked, tau), () => eta, null),
    participation,
    send(_y, mean) {
      const scale = eta * clip(eta * Math.sqrt(squaredNorm(mean)));
      for (let j = 0; j < d; j++) mean[j] = scale * mean[j]!;
      return mean;
    },
    server(x, mean, next) {
      for (let j = 0; j < d; j++) next[j] = x[j]! - rate * mean[j]!;
    },
  });
}

/** Options of `l0l1Gd`. */
export interface L0l1GdOptions extends PathOptions, ClipConstants {}

const L0L1_GD_NAMES: Names<L0l1GdOptions> = { ...PATH_NAMES, c0: 1, c1: 1 };

/**
 * Runs (L0, L1)-GD for R rounds: one gradient of every client a round.
 * @throws RangeError or TypeError naming the option that is wrong, or the round and client of a gradient that is NaN
 */
export function l0l1Gd(problem: Problem, options: L0l1GdOptions): PathResult {
  const where = 'l0l1Gd';
  const checked = check(where, problem, options, L0L1_GD_NAMES);
  return pathRounds(checked, {
    walk: walker(checked, steps(checked, 1), () => 0, null),
    server: jump(checked, smoothClip(checkClip(where, options)), 'pathAverage'),
  });
}
