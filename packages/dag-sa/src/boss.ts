/**
 * Best order score search (Andrews, Ramsey, Sanchez-Romero, Camchong, Kummerfeld, "Fast scalable and accurate discovery of DAGs
 * using the best order score search and grow-shrink trees", 2023): variable by variable goes to the place in the order where
 * BIC is best, until none moves (bic.ts). Random starts stand in for the paper's closing backward search over equivalence classes.
 *
 * BIC is the same for all DAGs of an equivalence class and for all units: where the class leaves a direction open, that of the
 * result comes from the start, and says nothing.
 */
import { stream } from '@assay-ml/numerics';
import { integer, options as known, positive } from '@assay-ml/numerics/check';
import { orderClimber, type Scored } from './bic.js';
import { permutation, square } from './check.js';
import { factorInOrder, fitParents } from './exact.js';
import { conform, type Constraints } from './knowledge.js';

/** Options of {@link boss}. */
export interface BossOptions {
  /** An order, [d]. Default 0, 1, …, d − 1. */
  readonly start?: ArrayLike<number>;
  /** Of a parent, times log n. Default 1, BIC's; larger values give fewer edges. */
  readonly penalty?: number;
  /** Orders to begin with: `start`, then random ones; what was grown for one serves the others. Default 10; the best counts. */
  readonly starts?: number;
  /** Of the random orders. Default 0. */
  readonly seed?: number;
  /** For each start, passes over all variables at most. Default 50; it stops where a pass changes nothing. */
  readonly passes?: number;
  /** What is known beforehand, by `constraintsOf`: parents, places and starts keep to it. Default nothing. */
  readonly constraints?: Constraints;
}

/** What {@link boss} found. */
export interface BossResult {
  /** [d, d], least squares on the parents. */
  readonly W: Float64Array<ArrayBuffer>;
  readonly order: Uint32Array<ArrayBuffer>;
  /** Σ_j n log Var(x_j | parents) + penalty · log n · edges: BIC up to a constant, the less the better. */
  readonly score: number;
  /** Moves that were made. */
  readonly moves: number;
}

/**
 * Searches for the order, and with it the DAG, of best BIC.
 * @param covariance Σ, [d, d]
 * @param n rows behind it
 * @throws RangeError for a singular Σ, naming the collinear variable, and for options outside their range
 */
export function boss(covariance: Float64Array, d: number, n: number, options: BossOptions = {}): BossResult {
  known('boss', options, { start: 0, penalty: 0, starts: 0, seed: 0, passes: 0, constraints: 0 });
  const {
    start = Uint32Array.from({ length: d }, (_, v) => v),
    penalty = 1,
    starts = 10,
    seed = 0,
    passes = 50,
    constraints,
  } = options;
  square('boss', 'covariance', covariance, d);
  integer('boss', 'n', n, 2, 'Count the rows behind the covariance.');
  permutation('boss', 'start', start, d);
  positive('boss', 'penalty', penalty, 'Leave it out for 1.');
  integer('boss', 'starts', starts, 1, 'Leave it out for 10.');
  integer('boss', 'seed', seed, 0, 'Leave it out for 0.');
  integer('boss', 'passes', passes, 1, 'Leave it out for 50.');
  factorInOrder('boss', covariance, d, start); // refuses what is singular, by name
  const draw = stream(seed, 'boss');
  const { slack, climb } = orderClimber(covariance, d, n, { penalty, passes, constraints });
  // The given order first waits for causes that cannot be effects; the random ones only for what must come first.
  const begin = (order: ArrayLike<number>, wish: boolean) =>
    constraints === undefined ? order : conform(order, d, constraints, wish);
  let found: Scored = climb(begin(start, true));
  for (let k = 1; k < starts; k++) {
    const other = climb(begin(draw.at(k).permutation(new Uint32Array(d)), false));
    if (other.score < found.score - slack) found = other;
  }
  const { order, parents, score, moves } = found;
  return { W: fitParents(covariance, d, parents), order: Uint32Array.from(order), score, moves };
}
