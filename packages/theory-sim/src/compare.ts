/** What a target accuracy costs: rounds, bytes and gradients of each method, each with its best step size of one grid. */
import { bytes } from '@assay-ml/federated';
import { requireOptions } from '@assay-ml/numerics/check';
import { checkProblem, oneOf, positive } from './check.js';
import type { MethodName, RunOptions } from './methods/options.js';
import type { Problem } from './problem.js';
import { checkGrid, countRounds, defaultGrid, pick, runMethod, type Tuned } from './tune.js';

const METHODS = ['minibatchSgd', 'localSgd', 'scaffold'] as const;

/** Options of `compare`. */
export interface CompareOptions extends Pick<RunOptions, 'R' | 'x0' | 'seed' | 'signal' | 'onProgress'> {
  /** Local steps, gradients of a client in a round. */
  readonly K: number;
  /** Rounds are counted until ‖∇f(x)‖² ≤ target. R is the most that are run. */
  readonly target: number;
  /** Step sizes to try. Default `defaultGrid()`. */
  readonly grid?: readonly number[];
  /** Default: all three. */
  readonly methods?: readonly MethodName[];
}

/** One method's costs to the target. */
export interface Comparison {
  readonly method: MethodName;
  /** False when no step size arrived within R rounds; the costs are then those of the longest run. */
  readonly reached: boolean;
  readonly rounds: number;
  /** The step size that arrived in the fewest rounds; null when none did. */
  readonly eta: number | null;
  /** Where that step size lies on the grid, see `tune`. */
  readonly edge: Tuned['edge'];
  /** Bytes up and down together. */
  readonly bytes: number;
  readonly gradientCalls: number;
  /**
   * Every step size, ascending: rounds to the target (null: not within `cap`) and whether it diverged. `cap` falls to the
   * fewest rounds seen so far, as a slower step size cannot be chosen any more.
   */
  readonly tried: readonly {
    readonly eta: number;
    readonly rounds: number | null;
    readonly cap: number;
    readonly diverged: boolean;
  }[];
}

/**
 * Compares the methods by what they need to ‖∇f(x)‖² ≤ target. Progress is one count over all runs, R rounds each.
 *
 * One seed: where gradients are noisy the order may be that of chance. Compare with several, and hold the rounds of two
 * methods against each other by `pairedDifference`.
 * @throws RangeError naming the option that is wrong
 */
export function compare(problem: Problem, options: CompareOptions): Comparison[] {
  checkProblem('compare', problem);
  requireOptions<CompareOptions>('compare', options, {
    ...{ R: 1, x0: 1, seed: 1, signal: 1, onProgress: 1, K: 1, target: 1, grid: 1, methods: 1 },
  });
  const { grid = defaultGrid(), methods = METHODS, R, onProgress, ...common } = options;
  const etas = checkGrid('compare', grid);
  positive('compare', 'target', options.target);
  methods.forEach((method, k) => oneOf('compare', `methods[${k}]`, method, METHODS));
  const count = countRounds(methods.length * etas.length, R, onProgress);
  return methods.map((method): Comparison => {
    let cap = R;
    // Large step sizes first: they arrive soonest, which makes the rest short.
    const runs = etas
      .toReversed()
      .map((eta) => {
        const result = runMethod(method, problem, { ...common, R: cap, eta, onProgress: count.within });
        count.next();
        const row = { eta, rounds: result.reached ? result.rounds : null, cap, diverged: result.diverged !== null };
        if (result.reached) cap = Math.max(1, result.rounds);
        return { row, result };
      })
      .reverse();
    const best = pick(runs.map(({ row }) => row.rounds));
    const tried = runs.map(({ row }) => row);
    // Without an arrival: the costs of the longest run, which do not depend on the step size.
    const shown = best
      ? runs[best.index]!.result
      : runs.map(({ result }) => result).reduce((a, b) => (b.rounds > a.rounds ? b : a));
    return {
      method,
      reached: best !== null,
      rounds: shown.rounds,
      eta: best ? etas[best.index]! : null,
      edge: best?.edge ?? null,
      bytes: bytes(shown.ledger).total,
      gradientCalls: shown.gradientCalls,
      tried,
    };
  });
}
