/** Rounds in which every client walks a local path from the server point and sends one vector. */
import { aggregate, chargeRound, cohorts, cohortSize, type Participation } from '@assay-ml/federated';
import { invalid, type Names } from '../check.js';
import { exactFullGradient } from '../exact.js';
import { minibatch, type Samples } from '../minibatch.js';
import type { Problem } from '../problem.js';
import { squaredNorm } from '../vectors.js';
import type { Scale } from './clipping.js';
import { drive } from './drive.js';
import type { Walk } from './local-path.js';
import { check, PATH_NAMES, type Checked, type Result, type RunOptions } from './options.js';
import type { Order } from './order.js';
import { recorder } from './recorder.js';
import { applyUpdate } from './server-step.js';

/**
 * Whose norm scales the server's step:
 * - 'pathAverage': the mean gradient along the clients' paths, which is also the direction (the authors' code)
 * - 'startGradient': ∇f at the round's start (their theory): one more exchange of gradients a round
 */
export type NormOf = 'pathAverage' | 'startGradient';

/** Both of them. */
export const NORMS = ['pathAverage', 'startGradient'] as const;

/** Options of these methods. Virtual averages, which need all clients at one step, are not theirs. */
export type PathOptions = Omit<RunOptions, 'averaged'>;

/** Options of methods that go through each client's rows, an epoch a round. */
export interface EpochOptions extends PathOptions {
  /** Rows of a batch; the last of an epoch may be smaller. Default: all rows of a client, its exact gradient. */
  readonly batchSize?: number;
  /** In which order an epoch takes the rows. Default 'reshuffle'. */
  readonly order?: Order;
}

/** What every run of these methods says besides its result. */
export interface PathResult extends Result {
  /**
   * Exchanges of gradients in one round: `ledger.rounds` counts them, `rounds` counts (meta-)epochs. 1 for most; 1 more
   * with 'startGradient'; the number of cohorts for Clipped RR-CLI.
   */
  readonly exchangesPerRound: number;
}

/** Names of the options that these share. */
export const EPOCH_NAMES: Names<EpochOptions> = { ...PATH_NAMES, batchSize: 1, order: 1 };

/** Checks samples with their batches as a problem. @throws RangeError as `minibatch` */
export function checkEpochs<O extends EpochOptions>(
  where: string,
  samples: Samples,
  options: O,
  names: Names<O>,
): Checked & { batchSize: number } {
  // The problem's own batches, drawn at random, are not used; its exact gradients are.
  const problem = minibatch(samples, 1);
  const checked = check(where, problem, options, names);
  const { batchSize = Infinity } = options;
  if (!(batchSize === Infinity || (Number.isSafeInteger(batchSize) && batchSize > 0))) {
    throw invalid(where, 'batchSize', batchSize, 'an integer of at least 1', 'Leave it out for all rows of a client.');
  }
  return { ...checked, batchSize };
}

/** ‖∇f(x)‖ of a problem. @throws RangeError when it has no exact gradients. */
function startNorm(where: string, problem: Problem): (x: Float64Array) => number {
  const full = exactFullGradient(problem);
  if (full === null) {
    throw invalid(
      where,
      'norm',
      'startGradient',
      "'pathAverage' for a problem without exact gradients",
      "Add 'clientGrad' or 'fullGrad'.",
    );
  }
  const gradient = new Float64Array(problem.d);
  return (x) => {
    full(x, gradient);
    return Math.sqrt(squaredNorm(gradient));
  };
}

/** Charges the exchange that 'startGradient' needs: every client sends ∇f_m at the start. */
export function chargeStart({ state, problem: { n, d } }: Checked): void {
  chargeRound(state.ledger, n, d, 0, n);
}

/** What a method's rounds are made of. */
export interface PathRounds {
  readonly walk: Walk;
  readonly participation?: Participation | undefined;
  readonly weights?: Float64Array | undefined;
  /** What a client sends, from its last point and mean gradient, to `out` (which may be `mean`). Default: the mean gradient. */
  send?(y: Float64Array, mean: Float64Array): Float64Array;
  /** Writes the next server point, given the mean of what was sent. `options.serverUpdate` takes its place. */
  server(x: Float64Array, mean: Float64Array, next: Float64Array): void;
  readonly norm?: NormOf;
}

/** Runs such rounds. */
export function pathRounds(checked: Checked, parts: PathRounds): PathResult {
  const { where, problem, options, state, seed } = checked;
  const { n, d } = problem;
  const participation = parts.participation ?? 'full';
  const cohort = cohortSize(participation, n, where);
  const draw = cohorts(participation, n, seed);
  const measured = recorder(checked);
  const points = new Float64Array(cohort * d);
  const sent = new Float64Array(cohort * d);
  const rows = Array.from({ length: cohort }, (_, s) => ({
    y: points.subarray(s * d, (s + 1) * d),
    out: sent.subarray(s * d, (s + 1) * d),
  }));
  const mean = new Float64Array(d);
  let clients = draw(0);
  let calls = 0;
  const result = drive(
    checked,
    {
      propose(round, next) {
        clients = draw(round);
        calls = 0;
        for (let s = 0; s < cohort; s++) {
          const { y, out } = rows[s]!;
          y.set(state.x);
          calls += parts.walk(round, clients[s]!, y, out);
          if (parts.send) out.set(parts.send(y, out));
        }
        aggregate(sent, clients, mean, parts.weights);
        if (options.serverUpdate) {
          next.set(state.x);
          applyUpdate(options.serverUpdate, next, mean, round);
        } else parts.server(state.x, mean, next);
      },
      // Every gradient was looked at when it came.
      blame: () => undefined,
      commit() {
        chargeRound(state.ledger, cohort, d, d, calls);
        if (parts.norm === 'startGradient') chargeStart(checked);
      },
      measure: (round) => measured!.round(round, state.x, points, clients),
      free: () => undefined,
    },
    measured,
  );
  return { ...result, exchangesPerRound: parts.norm === 'startGradient' ? 2 : 1 };
}

/** The jump from `x`: next = x − s·g with s = scale(‖g‖), or scale(‖∇f(x)‖) for 'startGradient'. */
export function jump(
  { where, problem }: Checked,
  scale: Scale,
  norm: NormOf,
): (x: Float64Array, g: Float64Array, next: Float64Array) => void {
  const start = norm === 'startGradient' ? startNorm(where, problem) : null;
  return (x, g, next) => {
    const gamma = scale(start ? start(x) : Math.sqrt(squaredNorm(g)));
    for (let j = 0; j < x.length; j++) next[j] = x[j]! - gamma * g[j]!;
  };
}
