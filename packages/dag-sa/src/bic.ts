/**
 * Parents of best BIC for each variable of an order, and a climb over orders by moving one variable at a time: what best order score
 * search is made of, and what brings the orders of other methods to background knowledge.
 *
 * A variable's parents are grown from what comes before it and shrunk again; a tree for each variable remembers what was grown and
 * shrunk.
 */
import { exp } from '@assay-ml/numerics';
import { type Constraints } from './knowledge.js';
import { ln, shrink, type Shrunk } from './sparsify.js';

/** An order with the parents of each variable. */
export interface Scored {
  readonly order: readonly number[];
  /** Of each variable. */
  readonly parents: readonly (readonly number[])[];
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

/** Where {@link orderClimber} may go. */
export interface ClimbOptions {
  /** Of a parent, times log n. Default 1. */
  readonly penalty?: number;
  /** Passes over all variables at most; 0 only scores. Default 50. */
  readonly passes?: number;
  /** What is known: edges keep to it, and orders that do at the start do at the end. */
  readonly constraints?: Constraints | undefined;
}

/** A climb from any number of orders, which share what was grown; Σ is checked by the caller. */
export interface Climber {
  /** Differences in score up to this are rounding. */
  readonly slack: number;
  /** @param moves whether a variable may move; default all may */
  climb(from: ArrayLike<number>, moves?: (v: number) => boolean): Scored;
}

/** @param n rows behind Σ */
export function orderClimber(covariance: Float64Array, d: number, n: number, options: ClimbOptions = {}): Climber {
  const { penalty = 1, passes = 50, constraints } = options;
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
    for (let v = 0; v < d; v++) {
      if (v === j || parents.includes(v) || constraints?.allowed[v * d + j] === 0) continue;
      gains[v] = left(v, j) ** 2 / left(v, v);
    }
    const candidates = Uint32Array.from(gains.keys())
      .filter((v) => gains[v]! > least)
      .sort((a, b) => gains[b]! - gains[a]!);
    return { parents, rows, candidates, children: new Map(), shrunk: null };
  };
  const grown = (j: number, at: Branch, v: number): Branch => {
    const known = at.children.get(v);
    if (known !== undefined) return known;
    const row = Float64Array.from(covariance.subarray(v * d, (v + 1) * d));
    for (const other of at.rows) for (let u = 0; u < d; u++) row[u]! -= other[v]! * other[u]!;
    const pivot = Math.sqrt(row[v]!);
    for (let u = 0; u < d; u++) row[u]! /= pivot;
    const child = branch(j, [...at.parents, v], [...at.rows, row]);
    at.children.set(v, child);
    return child;
  };
  const roots = Array.from({ length: d }, (_, j) => {
    let root = branch(j, [], []);
    // Required parents come first, and stay.
    for (let v = 0; v < d; v++) if (constraints?.required[v * d + j] === 1) root = grown(j, root, v);
    return root;
  });

  const before = new Uint8Array(d);
  /** The best parents of j among those that come before it, as far as growing and shrinking finds them. */
  const best = (j: number) => {
    let at = roots[j]!;
    for (;;) {
      const v = at.candidates.find((candidate) => before[candidate] === 1);
      if (v === undefined) break;
      at = grown(j, at, v);
    }
    if (at.shrunk === null) {
      const shrunk = shrink(covariance, d, j, at.parents, n, price, constraints?.required);
      at.shrunk = { ...shrunk, score: n * ln(shrunk.variance) + price * shrunk.parents.length };
    }
    return at.shrunk;
  };

  /** Places that knowledge leaves to v among the others: from the first to the last. */
  const range = (v: number, rest: readonly number[]): readonly [number, number] => {
    if (constraints === undefined) return [0, d - 1];
    const must = constraints.precedence.before;
    const first = rest.findLastIndex((u) => must[u * d + v] === 1) + 1;
    const last = rest.findIndex((u) => must[v * d + u] === 1);
    return [first, last < 0 ? d - 1 : last];
  };

  const climb = (from: ArrayLike<number>, mayMove?: (v: number) => boolean): Scored => {
    let order = Array.from(from);
    let moves = 0;
    for (let pass = 0; pass < passes; pass++) {
      const made = moves;
      for (const v of order.slice()) {
        if (mayMove?.(v) === false) continue;
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
        const [first, last] = range(v, rest);
        for (let k = first; k <= last; k++) if (score[k]! < least - slack) [place, least] = [k, score[k]!];
        if (place === home) continue;
        order = [...rest.slice(0, place), v, ...rest.slice(place)];
        moves++;
      }
      if (moves === made) break;
    }
    const parents: (readonly number[])[] = Array.from({ length: d }, () => []);
    let score = 0;
    before.fill(0);
    for (const j of order) {
      const chosen = best(j);
      parents[j] = chosen.parents;
      score += chosen.score;
      before[j] = 1;
    }
    return { order, parents, score, moves };
  };

  return { slack, climb };
}
