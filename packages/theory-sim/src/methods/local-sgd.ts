/**
 * LocalSGD with an inner and an outer step size (spec §3.3):
 *
 *   each client:  y_i ← x;  K times  y_i ← y_i − η g_i(y_i; ξ)
 *   server:       x ← x + η_g ((1/S) Σ_i y_i − x)
 *
 * paper → code: η → `eta`, η_g → `etaOuter`, K (or τ) → `K`, R → `R`. η_g = 1 is the method of the theorems.
 */
import { aggregate, chargeRound, checkWeights, cohorts, cohortSize, type Participation } from '@assay-ml/federated';
import { positive, type Names } from '../check.js';
import type { Problem } from '../problem.js';
import { drive } from './drive.js';
import { localPhase } from './local-phase.js';
import { check, localSteps, type Result, type RunOptions, RUN_NAMES } from './options.js';
import { recorder } from './recorder.js';
import { serverStep } from './server-step.js';

/** Options of `localSgd`. */
export interface LocalSgdOptions extends RunOptions {
  /** Inner step size η > 0. */
  readonly eta: number;
  /** Outer step size η_g > 0. Default 1 (the method of the theorems; spec §3.3). */
  readonly etaOuter?: number;
  /** Local steps: a positive integer, or one for each client. */
  readonly K: number | readonly number[];
  /** Clients of a round. Default 'full'. */
  readonly participation?: Participation;
  /** Weights of the server's mean, one a client, positive. Metrics stay about the plain mean. Default: equal. */
  readonly weights?: ArrayLike<number>;
}

const NAMES: Names<LocalSgdOptions> = { ...RUN_NAMES, eta: 1, etaOuter: 1, K: 1, participation: 1, weights: 1 };

/**
 * Runs LocalSGD for R rounds. Each client of a round receives d floats and sends d floats.
 * @throws RangeError or TypeError naming the option that is wrong, or the round, client and step of a gradient that is NaN
 */
export function localSgd(problem: Problem, options: LocalSgdOptions): Result {
  const checked = check('localSgd', problem, options, NAMES);
  const eta = positive('localSgd', 'eta', options.eta);
  const etaOuter = positive('localSgd', 'etaOuter', options.etaOuter ?? 1);
  const { n, d } = problem;
  const K = localSteps('localSgd', options.K, n);
  const participation = options.participation ?? 'full';
  const cohort = cohortSize(participation, n, 'localSgd');
  const draw = cohorts(participation, n, checked.seed);
  const weights = options.weights === undefined ? undefined : checkWeights(options.weights, n, 'localSgd');
  const { state } = checked;
  const measured = recorder(checked);
  const phase = localPhase(checked, K, eta, cohort, measured?.observe ?? undefined);
  const server = serverStep(d, etaOuter, options.serverUpdate);
  const mean = new Float64Array(d);
  let clients = draw(0);
  return drive(
    checked,
    {
      propose(round, next) {
        clients = draw(round);
        phase.run(round, state.x, clients, null);
        server(state.x, aggregate(phase.points, clients, mean, weights), next, round);
      },
      blame: (round) => phase.blame(round, state.x, null),
      commit() {
        let calls = 0;
        for (let s = 0; s < cohort; s++) calls += K[clients[s]!]!;
        chargeRound(state.ledger, cohort, d, d, calls);
      },
      measure: (round) => measured!.round(round, state.x, phase.points, clients),
      free: () => phase.free(),
    },
    measured,
  );
}
