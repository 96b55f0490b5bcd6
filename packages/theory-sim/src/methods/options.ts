import { emptyLedger, type Ledger, type Watch } from '@assay-ml/federated';
import { requireOptions } from '@assay-ml/numerics/check';
import {
  invalid,
  nonNegative,
  positive,
  positiveInteger,
  nonNegativeInteger,
  vector,
  checkProblem,
  type Names,
} from '../check.js';
import type { Problem } from '../problem.js';
import { squaredNorm } from '../vectors.js';
import type { RoundMetrics } from './metrics.js';

/** The three methods that rates are known of, by the names of their functions. */
export type MethodName = 'minibatchSgd' | 'localSgd' | 'scaffold';

/**
 * The server's step: changes `x` [d] in place, given the pseudo-gradient [d] of the round, (server point − mean of the
 * clients' points) for the local methods and the mean gradient for minibatch SGD: positive means downhill, as a gradient.
 * It replaces x ← x − η_g·pseudoGradient (x ← x − η̃·G in minibatch SGD). A step with memory of its own is not part of
 * a saved state.
 */
export type ServerUpdate = (x: Float64Array, pseudoGradient: Float64Array, round: number) => void;

/** Options that all methods share. */
export interface RunOptions extends Watch {
  /** Number of communication rounds R, counted from the start also when a run is resumed. */
  readonly R: number;
  /** Starting point [d]; copied. */
  readonly x0: ArrayLike<number>;
  /** Seed of noise and cohorts: a safe integer ≥ 0. Default 0. The key never holds the method or a step size. */
  readonly seed?: number;
  /** Called after each round with its metrics; the second argument is the server point, to read only. Turns the metrics on. */
  readonly onRound?: (metrics: RoundMetrics, x: Readonly<Float64Array>) => void;
  /** Called after each round with the server point, to read only; unlike `onRound` it computes nothing. */
  readonly onPoint?: (x: Readonly<Float64Array>, round: number) => void;
  /** Keep the metrics of every round in `history`. Default false. They need exact gradients of the problem. */
  readonly metrics?: boolean;
  /** Compute the theorems' metric (1/T) Σ_t ‖∇f(x̄_t)‖² over the virtual averages, plain means of the clients. Default false. */
  readonly averaged?: boolean;
  /** Stop as soon as ‖∇f(x)‖² ≤ target after a round. Default: never. Needs exact gradients of the problem. */
  readonly target?: number;
  /**
   * A run has diverged when ‖x‖ is not finite or exceeds `factor`·max(1, ‖x_0‖) after a round. Default factor 1e6 (our
   * choice: eleven halvings of the step size span 2e3, a run that grew by 1e6 does not come back).
   */
  readonly divergence?: { readonly factor: number };
  /** State of an earlier run with the same options: continue it. */
  readonly state?: RunState;
  /** Replaces the server's step. */
  readonly serverUpdate?: ServerUpdate;
}

/** Everything a run needs to continue, bit for bit: plain data, see `saveState` of `@assay-ml/federated`. */
export type RunState = {
  /** The method whose state this is, by the name of its function. */
  method: string;
  /** Rounds done. */
  round: number;
  /** Server point [d]. */
  x: Float64Array;
  /** SCAFFOLD: server control c [d], client controls c_i [n·d]; single-vector: no c and the corrections c − c_i. */
  c?: Float64Array;
  controls?: Float64Array;
  /** Σ_t ‖∇f(x̄_t)‖² and number of terms, when `averaged`. */
  squares: number;
  terms: number;
  ledger: Ledger;
};

/** What every method returns. */
export interface Result {
  /** Server point after the last round [d]; if the run diverged, the last one within bounds. */
  readonly x: Float64Array;
  /** To be resumed from; its arrays are not shared with anything. */
  readonly state: RunState;
  /** Rounds done. */
  readonly rounds: number;
  /** Null, or the round that left the bounds and why. */
  readonly diverged: null | { readonly round: number; readonly reason: string };
  /** True when `target` was given and reached. */
  readonly reached: boolean;
  /** Stochastic gradients asked for: K·n a round under full participation, also where an exact one is computed once. */
  readonly gradientCalls: number;
  readonly ledger: Ledger;
  /** Metrics of every round, when `metrics`. */
  readonly history?: readonly RoundMetrics[];
  /** (1/T) Σ_t ‖∇f(x̄_t)‖², when `averaged` and a round was done. */
  readonly averagedGradientNorm2?: number;
}

/** Options after the checks that all methods share. */
export interface Checked {
  readonly where: string;
  readonly problem: Problem;
  readonly options: RunOptions;
  readonly R: number;
  readonly seed: number;
  /** ‖x‖ above this is divergence. */
  readonly limit: number;
  readonly state: RunState;
}

/** Names of the options that methods with local paths share. */
export const PATH_NAMES: Names<Omit<RunOptions, 'averaged'>> = {
  ...{ R: 1, x0: 1, seed: 1, onRound: 1, onPoint: 1, metrics: 1, target: 1, divergence: 1, state: 1, serverUpdate: 1 },
  ...{ signal: 1, onProgress: 1 },
};

/** Names of the options that all other methods share. */
export const RUN_NAMES: Names<RunOptions> = { ...PATH_NAMES, averaged: 1 };

/**
 * Checks what all methods share and takes up or starts the state.
 * @param names those of the method's options
 */
export function check<O extends Omit<RunOptions, 'averaged'>>(
  where: string,
  problem: Problem,
  given: O,
  names: Names<O>,
): Checked {
  checkProblem(where, problem);
  requireOptions(where, given, names);
  const options: RunOptions = given;
  const x0 = vector(where, 'x0', options.x0, problem.d);
  const R = positiveInteger(where, 'R', options.R);
  const seed = nonNegativeInteger(where, 'seed', options.seed ?? 0);
  if (options.divergence !== undefined) requireOptions(where, options.divergence, { factor: 1 }, 'divergence');
  const factor = positive(where, 'divergence.factor', options.divergence?.factor ?? 1e6);
  if (factor <= 1) throw invalid(where, 'divergence.factor', factor, 'above 1');
  if (options.target !== undefined) nonNegative(where, 'target', options.target);
  const from = options.state;
  if (from !== undefined) {
    if (from.method !== where) throw invalid(where, 'state.method', from.method, `'${where}'`);
    if (!(Number.isSafeInteger(from.round) && from.round >= 0 && from.round <= R)) {
      throw invalid(where, 'state.round', from.round, `an integer from 0 to R = ${R}`, 'R counts from the start.');
    }
    if (options.averaged && from.round > 0 && from.terms === 0) {
      throw invalid(where, 'averaged', true, 'false for a state made without it', 'Run again from the start.');
    }
    vector(where, 'state.x', from.x, problem.d);
  }
  const state: RunState = from
    ? structuredClone(from)
    : {
        method: where,
        round: 0,
        x: x0,
        squares: 0,
        terms: 0,
        ledger: emptyLedger(),
      };
  return { where, problem, options, R, seed, limit: factor * Math.max(1, Math.sqrt(squaredNorm(x0))), state };
}

/** Local steps by client [n]. @throws RangeError unless K is a positive integer or one for each client. */
export function localSteps(where: string, K: number | readonly number[], n: number): Uint32Array {
  if (typeof K === 'number') return new Uint32Array(n).fill(positiveInteger(where, 'K', K));
  if (!Array.isArray(K) || K.length !== n)
    throw invalid(where, 'K', K, `an integer of at least 1 or an array of ${n} of them`);
  return Uint32Array.from(K, (k, i) => positiveInteger(where, `K[${i}]`, k));
}
