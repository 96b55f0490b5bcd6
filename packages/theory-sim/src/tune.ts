/**
 * Step sizes chosen fairly: the same grid for every method, every tried step size kept, and no winner on the grid's edge
 * without saying so (spec §6).
 */
import type { Watch } from '@assay-ml/federated';
import { type Estimate, mean, meanInterval } from '@assay-ml/numerics';
import { requireOptions } from '@assay-ml/numerics/check';
import { type Names, checkProblem, invalid, nonNegativeInteger, positive } from './check.js';
import { exactFullGradient } from './exact.js';
import { pickIn, type Edge } from './grid.js';
import { localSgd, type LocalSgdOptions } from './methods/local-sgd.js';
import { minibatchSgd, type MinibatchSgdOptions } from './methods/minibatch-sgd.js';
import type { MethodName, Result } from './methods/options.js';
import { scaffold, type ScaffoldOptions } from './methods/scaffold.js';
import type { Problem } from './problem.js';
import { squaredNorm } from './vectors.js';

/** Options of `tune`: those of the method without its step size, the grid and what to judge by. */
export type TuneOptions<M extends MethodName> = Omit<
  { minibatchSgd: MinibatchSgdOptions; localSgd: LocalSgdOptions; scaffold: ScaffoldOptions }[M],
  'eta' | 'state' | 'target' | 'averaged' | 'metrics' | 'onRound'
> & {
  /** Step sizes to try, any order: η̃ for minibatch SGD, η for the others. Default `defaultGrid()`. */
  readonly grid?: readonly number[];
  /** 'final': ‖∇f(x_R)‖²; 'averaged': (1/T) Σ ‖∇f(x̄_t)‖². Default 'final'. */
  readonly metric?: 'final' | 'averaged';
  /** What to do when the best step size is at the grid's edge. Default 'throw'. */
  readonly onEdge?: 'throw' | 'report';
  /**
   * Two or more seeds in place of `seed`: each step size is run with each of them and judged by its mean, and what comes has
   * an interval. With one seed methods that differ by noise alone get an order.
   */
  readonly seeds?: readonly number[];
};

/** One step size and what came of it. */
export interface Tried {
  readonly eta: number;
  /** The metric, with `seeds` its mean; null when a run diverged. */
  readonly value: number | null;
  readonly diverged: Result['diverged'];
}

/** What `tune` returns. */
export interface Tuned {
  /** The smallest metric. */
  readonly best: number;
  /** The step size that gave it; of equals, one inside the grid, then the largest. */
  readonly bestEta: number;
  /** 'low' or 'high' when the best is the smallest or largest of the grid; a diverged neighbour counts as a bracket. */
  readonly edge: Edge;
  /** Every step size, ascending. */
  readonly tried: readonly Tried[];
}

/** What `tune` returns for several seeds. */
export interface TunedOverSeeds extends Tuned {
  /**
   * Student's interval of level 0.95 around `best`. The step size was chosen on these seeds, which flatters it a little:
   * give the numbers of a paper on fresh ones.
   */
  readonly interval: Estimate['interval'];
  /** The metric of the best step size by seed. Two methods: `pairedDifference(a.values, b.values)`, where seeds cancel. */
  readonly values: readonly number[];
  readonly tried: readonly TriedOverSeeds[];
}

/** One step size and what came of it with each seed. */
export interface TriedOverSeeds extends Tried {
  /** The metric by seed; null when that run diverged. */
  readonly values: readonly (number | null)[];
}

/**
 * The grid of E1 and T14: {2.5, 2.2, 1.9, 1.5, 1, ½, …, 2⁻¹¹}/L. It starts above 2/L, where gradient descent diverges, so
 * that the best step size lies inside.
 * @param L smoothness constant, default 1
 */
export function defaultGrid(L = 1): number[] {
  positive('defaultGrid', 'L', L);
  const unit = [2.5, 2.2, 1.9, 1.5, ...Array.from({ length: 12 }, (_, k) => 2 ** -k)];
  return unit.map((eta) => eta / L);
}

const COMMON = {
  ...{ R: 1, x0: 1, seed: 1, onPoint: 1, divergence: 1, serverUpdate: 1, signal: 1, onProgress: 1 },
  ...{ K: 1, grid: 1, metric: 1, onEdge: 1, seeds: 1 },
};
const NAMES: { readonly [M in MethodName]: Names<TuneOptions<M>> } = {
  minibatchSgd: COMMON,
  localSgd: { ...COMMON, etaOuter: 1, participation: 1, weights: 1 },
  scaffold: { ...COMMON, etaOuter: 1, option: 1, controlsInit: 1, communication: 1, participation: 1 },
};

/** Runs a method by its name. */
export function runMethod(
  method: MethodName,
  problem: Problem,
  options: MinibatchSgdOptions & LocalSgdOptions & ScaffoldOptions,
): Result {
  switch (method) {
    case 'minibatchSgd':
      return minibatchSgd(problem, options);
    case 'localSgd':
      return localSgd(problem, options);
    case 'scaffold':
      return scaffold(problem, options);
    default:
      throw invalid('tune', 'method', method, "'minibatchSgd', 'localSgd' or 'scaffold'");
  }
}

/** A grid in ascending order. @throws RangeError unless it holds at least one finite positive number, each once. */
export function checkGrid(where: string, grid: readonly number[]): number[] {
  if (!Array.isArray(grid) || grid.length === 0)
    throw invalid(where, 'grid', grid, 'an array of at least one step size');
  grid.forEach((eta, k) => positive(where, `grid[${k}]`, eta));
  const sorted = [...new Set<number>(grid)].sort((a, b) => a - b);
  if (sorted.length < grid.length) throw invalid(where, 'grid', grid, 'without repetitions');
  return sorted;
}

/** One count of rounds over `runs` runs: each counts as R rounds, also when it ends before. */
export function countRounds(
  runs: number,
  R: number,
  onProgress: Watch['onProgress'],
): { readonly within: Watch['onProgress']; next(): void } {
  const planned = runs * R;
  let before = 0;
  let told = 0;
  const tell = (done: number): void => {
    if (done > told) onProgress?.((told = done), planned);
  };
  return {
    within: onProgress && ((done) => tell(before + done)),
    next: () => tell((before += R)),
  };
}

/** Index of the smallest score (null: none) and its edge; of equals, one inside the grid, then the largest step size. */
export function pick(scores: readonly (number | null)[]): { readonly index: number; readonly edge: Edge } | null {
  const picked = pickIn(scores, [scores.length]);
  return picked && { index: picked.index, edge: picked.edges[0]! };
}

/**
 * Runs a method with every step size of a grid on the same instance and noise, and returns the best. Progress is one count
 * over all runs, R rounds each.
 * @throws RangeError when the best step size is at the edge of the grid (unless `onEdge: 'report'`), when every one diverged,
 *   or when an option is wrong
 */
export function tune<M extends MethodName>(
  method: M,
  problem: Problem,
  options: TuneOptions<M> & { readonly seeds: readonly number[] },
): TunedOverSeeds;
export function tune<M extends MethodName>(method: M, problem: Problem, options: TuneOptions<M>): Tuned;
export function tune<M extends MethodName>(
  method: M,
  problem: Problem,
  options: TuneOptions<M>,
): Tuned | TunedOverSeeds {
  checkProblem('tune', problem);
  // Those of the method are its own.
  requireOptions('tune', options, NAMES[method] ?? NAMES.localSgd);
  const {
    grid = defaultGrid(),
    metric = 'final',
    onEdge = 'throw',
    onProgress,
    seeds,
    ...common
  } = options as TuneOptions<'localSgd'>;
  const etas = checkGrid('tune', grid);
  if (metric !== 'final' && metric !== 'averaged') throw invalid('tune', 'metric', metric, "'final' or 'averaged'");
  if (onEdge !== 'throw' && onEdge !== 'report') throw invalid('tune', 'onEdge', onEdge, "'throw' or 'report'");
  if (seeds !== undefined) checkSeeds(seeds, common.seed);
  const averaged = metric === 'averaged';
  const full = exactFullGradient(problem);
  if (full === null) {
    throw invalid('tune', 'problem', 'without exact gradients', 'one that has them', "Add 'clientGrad' or 'fullGrad'.");
  }
  const g = new Float64Array(problem.d);
  const count = countRounds(etas.length * (seeds?.length ?? 1), common.R, onProgress);
  const run = (eta: number, seed = common.seed): Tried => {
    const given = { ...common, K: common.K as number, eta, averaged, onProgress: count.within };
    const result = runMethod(method, problem, seed === undefined ? given : { ...given, seed });
    count.next();
    if (result.diverged) return { eta, value: null, diverged: result.diverged };
    full(result.x, g);
    const value = averaged ? result.averagedGradientNorm2! : squaredNorm(g);
    if (Number.isNaN(value)) {
      throw invalid('tune', 'problem.fullGrad', value, 'finite', `It was not after ${method} with step size ${eta}.`);
    }
    if (value === Infinity) {
      return { eta, value: null, diverged: { round: result.rounds, reason: '‖∇f(x)‖² is Infinity' } };
    }
    return { eta, value, diverged: null };
  };
  if (seeds === undefined) return chosen(method, etas.map((eta) => run(eta)), onEdge); // prettier-ignore
  const tuned = chosen(method, etas.map((eta) => together(seeds.map((seed) => run(eta, seed)))), onEdge); // prettier-ignore
  // The best step size converged with every seed.
  const values = tuned.tried.find(({ eta }) => eta === tuned.bestEta)!.values as readonly number[];
  return { ...tuned, interval: meanInterval(values).interval, values };
}

/** The runs of one step size as one: its mean over the seeds, diverged if any of them is. */
function together(runs: readonly Tried[]): TriedOverSeeds {
  const { eta } = runs[0]!;
  const values = runs.map(({ value }) => value);
  const diverged = runs.find((run) => run.diverged)?.diverged ?? null;
  return { eta, value: diverged ? null : mean(values as readonly number[]), diverged, values };
}

/** The best of the step sizes. @throws RangeError when there is none, or it is on an edge that must not be */
function chosen<T extends Tried>(
  method: MethodName,
  tried: readonly T[],
  onEdge: 'throw' | 'report',
): Omit<Tuned, 'tried'> & { readonly tried: readonly T[] } {
  const grid = tried.map(({ eta }) => eta);
  const picked = pick(tried.map(({ value }) => value));
  if (picked === null)
    throw invalid(
      'tune',
      'grid',
      grid,
      'one where some step size converges',
      `All diverged; try smaller ones than ${grid[0]}.`,
    );
  const { index, edge } = picked;
  const { eta, value } = tried[index]!;
  if (edge !== null && onEdge === 'throw') {
    throw invalid(
      'tune',
      'grid',
      grid,
      'wide enough to hold the best step size inside',
      `${method} is best at its ${edge === 'low' ? 'smallest' : 'largest'}, ${eta}; extend it, or pass onEdge: 'report'.`,
    );
  }
  return { best: value!, bestEta: eta, edge, tried };
}

/** @throws RangeError unless these are two or more different seeds, and the only ones given */
function checkSeeds(seeds: readonly number[], seed: number | undefined): void {
  if (seed !== undefined) throw invalid('tune', 'seed', seed, "left out beside 'seeds'", "Put it among 'seeds'.");
  if (!Array.isArray(seeds) || new Set(seeds).size !== seeds.length || seeds.length < 2) {
    throw invalid('tune', 'seeds', seeds, 'an array of two or more different seeds', "For a single one give 'seed'.");
  }
  seeds.forEach((one, k) => nonNegativeInteger('tune', `seeds[${k}]`, one));
}
