/**
 * Best order score search (Andrews, Ramsey, Sanchez-Romero, Camchong, Kummerfeld, "Fast scalable and accurate discovery of DAGs
 * using the best order score search and grow-shrink trees", 2023): variable by variable goes to the place in the order where
 * BIC is best, until none moves. A variable's parents are grown from what comes before it and shrunk again; a tree for each
 * variable remembers what was grown and shrunk. Random starts stand in for the paper's closing
 * backward search over equivalence classes.
 *
 * BIC is the same for all DAGs of an equivalence class and for all units: where the class leaves a direction open, that of the
 * result comes from the start, and says nothing.
 */
import { exp, stream } from '@assay-ml/numerics';
import { integer, positive } from '@assay-ml/numerics/check';
import { permutation, square } from './check.js';
import { factorInOrder, fitParents } from './exact.js';
import { ln, shrink, type Shrunk } from './sparsify.js';

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

/** Differences smaller than this, for each row, are rounding: of equal places the first counts. */
const TOLERANCE = 1e-9;

/** Parents that were grown so far. */
interface Branch {
  readonly parents: readonly number[];
  /** A row of the Cholesky factor for each parent, [d]: with it the covariances that are left once the parents are known. */
  readonly rows: readonly Float64Array[];
  /** Variables that improve the score, the best first. */
  readonly candidates: Uint32Array;
  readonly children: Map<number, Branch>;
  shrunk: (Shrunk & { readonly score: number }) | null;
}

/**
 * Searches for the order, and with it the DAG, of best BIC.
 * @param covariance Σ, [d, d]
 * @param n rows behind it
 * @throws RangeError for a singular Σ, naming the collinear variable, and for options outside their range
 */
export function boss(covariance: Float64Array, d: number, n: number, options: BossOptions = {}): BossResult {
  const {
    start = Uint32Array.from({ length: d }, (_, v) => v),
    penalty = 1,
    starts = 10,
    seed = 0,
    passes = 50,
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
  const price = penalty * ln(n);
  const slack = TOLERANCE * n;
  const share = 1 - exp(Float64Array.of(-price / n), new Float64Array(1))[0]!; // of the variance: less is not worth a parent

  const branch = (j: number, parents: readonly number[], rows: readonly Float64Array[]): Branch => {
    const left = (a: number, b: number) => {
      let sum = covariance[a * d + b]!;
      for (const row of rows) sum -= row[a]! * row[b]!;
      return sum;
    };
    const own = left(j, j);
    const least = own * share;
    const gains = new Float64Array(d);
    for (let v = 0; v < d; v++) if (v !== j && !parents.includes(v)) gains[v] = left(v, j) ** 2 / left(v, v);
    const candidates = Uint32Array.from(gains.keys())
      .filter((v) => gains[v]! > least)
      .sort((a, b) => gains[b]! - gains[a]!);
    return { parents, rows, candidates, children: new Map(), shrunk: null };
  };
  const roots = Array.from({ length: d }, (_, j) => branch(j, [], []));

  const before = new Uint8Array(d);
  /** The best parents of j among those that come before it, as far as growing and shrinking finds them. */
  const best = (j: number) => {
    let at = roots[j]!;
    for (;;) {
      const v = at.candidates.find((candidate) => before[candidate] === 1);
      if (v === undefined) break;
      let child = at.children.get(v);
      if (child === undefined) {
        const row = Float64Array.from(covariance.subarray(v * d, (v + 1) * d));
        for (const other of at.rows) for (let u = 0; u < d; u++) row[u]! -= other[v]! * other[u]!;
        const pivot = Math.sqrt(row[v]!);
        for (let u = 0; u < d; u++) row[u]! /= pivot;
        child = branch(j, [...at.parents, v], [...at.rows, row]);
        at.children.set(v, child);
      }
      at = child;
    }
    if (at.shrunk === null) {
      const shrunk = shrink(covariance, d, j, at.parents, n, price);
      at.shrunk = { ...shrunk, score: n * ln(shrunk.variance) + price * shrunk.parents.length };
    }
    return at.shrunk;
  };

  const search = (from: ArrayLike<number>): BossResult => {
    let order = Array.from(from);
    let moves = 0;
    for (let pass = 0; pass < passes; pass++) {
      const made = moves;
      for (const v of order.slice()) {
        const rest = order.filter((u) => u !== v);
        const home = order.indexOf(v);
        // Scores of all places: of v itself after the first k, of those without v before them, and of the others with it.
        const score = new Float64Array(d);
        before.fill(0);
        for (let k = 0, sum = 0; k < d; k++) {
          score[k] = sum + best(v).score;
          if (k === d - 1) break;
          sum += best(rest[k]!).score;
          before[rest[k]!] = 1;
        }
        before[v] = 1;
        for (let k = d - 2, sum = 0; k >= 0; k--) {
          before[rest[k]!] = 0;
          sum += best(rest[k]!).score;
          score[k]! += sum;
        }
        let [place, least] = [home, score[home]!];
        for (let k = 0; k < d; k++) if (score[k]! < least - slack) [place, least] = [k, score[k]!];
        if (place === home) continue;
        order = [...rest.slice(0, place), v, ...rest.slice(place)];
        moves++;
      }
      if (moves === made) break;
    }
    const parents: number[][] = Array.from({ length: d }, () => []);
    let score = 0;
    before.fill(0);
    for (const j of order) {
      const chosen = best(j);
      parents[j] = chosen.parents;
      score += chosen.score;
      before[j] = 1;
    }
    return { W: fitParents(covariance, d, parents), order: Uint32Array.from(order), score, moves };
  };

  let found = search(start);
  for (let k = 1; k < starts; k++) {
    const other = search(draw.at(k).permutation(new Uint32Array(d)));
    if (other.score < found.score - slack) found = other;
  }
  return found;
}
