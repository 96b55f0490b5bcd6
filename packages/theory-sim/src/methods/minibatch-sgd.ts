/**
 * Minibatch SGD, the baseline that spends a round's K·n gradients at one point (spec §3.2):
 *
 *   x ← x − η̃ · (1/(nK)) Σ_i Σ_{k<K} g_i(x; ξ_{i,k})
 *
 * paper → code: η̃ → `eta`, K → `K`, R → `R`. One round is one step; exact gradients make it gradient descent on f.
 */
import { chargeRound } from '@assay-ml/federated';
import { positive, positiveInteger, type Names } from '../check.js';
import { exactFullGradient, noiseStream, stochasticGradient } from '../exact.js';
import type { Problem } from '../problem.js';
import { hasNaN, isFinite } from '../vectors.js';
import { drive } from './drive.js';
import { badGradient } from './local-phase.js';
import { check, type Result, type RunOptions, RUN_NAMES } from './options.js';
import { recorder } from './recorder.js';
import { applyUpdate } from './server-step.js';

/** Options of `minibatchSgd`. */
export interface MinibatchSgdOptions extends RunOptions {
  /** Step size η̃ > 0. */
  readonly eta: number;
  /** Gradients of each client in a round, a positive integer. */
  readonly K: number;
}

const NAMES: Names<MinibatchSgdOptions> = { ...RUN_NAMES, eta: 1, K: 1 };

/**
 * Runs minibatch SGD for R rounds. Each client receives d floats and sends d floats a round. An exact problem costs one
 * full gradient a round.
 * @throws RangeError or TypeError naming the option that is wrong, or the round, client and step of a gradient that is NaN
 */
export function minibatchSgd(problem: Problem, options: MinibatchSgdOptions): Result {
  const checked = check('minibatchSgd', problem, options, NAMES);
  const eta = positive('minibatchSgd', 'eta', options.eta);
  const K = positiveInteger('minibatchSgd', 'K', options.K);
  const { n, d } = problem;
  const { state, seed } = checked;
  const measured = recorder(checked);
  const noise = noiseStream(problem, seed);
  const full = problem.exact ? exactFullGradient(problem) : null;
  const client = stochasticGradient(problem);
  const g = new Float64Array(d);
  const one = new Float64Array(d);
  /** Finds who made an exact g NaN: a client, or `fullGrad` where all clients are finite. Else infinities cancelled. */
  const blame = (round: number): void => {
    let finite = true;
    for (let i = 0; i < n; i++) {
      client(i, state.x, one, noise.at(round, i, 0));
      if (hasNaN(one)) throw badGradient('minibatchSgd', round, i, 0);
      finite &&= isFinite(one);
    }
    if (!finite) return;
    throw new RangeError(
      `minibatchSgd: the full gradient is NaN in round ${round}; must be a number at a finite point. Check the problem's fullGrad.`,
    );
  };
  const gradient = (round: number): void => {
    if (full) {
      full(state.x, g);
      if (hasNaN(g)) blame(round);
      return;
    }
    g.fill(0);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < K; k++) {
        client(i, state.x, one, noise.at(round, i, k));
        if (hasNaN(one)) throw badGradient('minibatchSgd', round, i, k);
        for (let j = 0; j < d; j++) g[j] = g[j]! + one[j]!;
      }
    }
    for (let j = 0; j < d; j++) g[j] = g[j]! / (n * K);
  };
  return drive(
    checked,
    {
      propose(round, next) {
        if (options.averaged) measured!.average(state.x);
        gradient(round);
        next.set(state.x);
        if (options.serverUpdate) applyUpdate(options.serverUpdate, next, g, round);
        else for (let j = 0; j < d; j++) next[j] = next[j]! - eta * g[j]!;
      },
      // Every gradient was looked at when it came.
      blame: () => undefined,
      commit: () => chargeRound(state.ledger, n, d, d, n * K),
      measure: (round) => measured!.round(round, state.x, null, null),
      free: () => undefined,
    },
    measured,
  );
}
