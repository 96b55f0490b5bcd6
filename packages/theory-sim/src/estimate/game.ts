import { largest, smallest } from '../vectors.js';

/** Most iterations, and the relative gap that ends them. */
const ITERATIONS = 20_000;
const GAP = 1e-5;

/**
 * min over weights w on the simplex of the largest of the rows' Σ_i w_i c_i, as a matrix game, by regret matching⁺ with
 * alternating updates and linear averages (Tammelin 2014).
 * @param rows k rows of n numbers
 * @returns weights close to the best, and `bound`, at most the minimum whatever the accuracy: what the other player's average
 *   guarantees
 */
export function solveGame(rows: readonly (readonly number[])[]): {
  readonly weights: number[];
  readonly bound: number;
} {
  const n = rows[0]!.length;
  const range = rows.flat().reduce((max, c) => Math.max(max, Math.abs(c)), 0);
  const column = player(n);
  const row = player(rows.length);
  let bound = -Infinity;
  let weights = column.average();
  for (let t = 1; t <= ITERATIONS; t++) {
    const costs = combine(rows, row.play(), n);
    column.learn(
      costs.map((c) => -c),
      t,
    );
    row.learn(values(rows, column.play()), t);
    if (t % 100 !== 0) continue;
    weights = column.average();
    bound = Math.max(bound, smallest(combine(rows, row.average(), n)));
    if (largest(values(rows, weights)) - bound <= GAP * range) break;
  }
  return { weights, bound };
}

/** Plays by regret matching⁺ and remembers the average of its plays, later ones weighing more. */
function player(size: number) {
  const regrets = new Array<number>(size).fill(0);
  const sums = new Array<number>(size).fill(0);
  const onSimplex = (weights: readonly number[]): number[] => {
    const total = weights.reduce((a, b) => a + b, 0);
    return weights.map((w) => (total > 0 ? w / total : 1 / size));
  };
  return {
    play: () => onSimplex(regrets),
    average: () => onSimplex(sums),
    learn(gains: readonly number[], t: number) {
      const played = onSimplex(regrets);
      const mean = played.reduce((sum, w, i) => sum + w * gains[i]!, 0);
      for (let i = 0; i < size; i++) {
        regrets[i] = Math.max(0, regrets[i]! + gains[i]! - mean);
        sums[i] = sums[i]! + t * played[i]!;
      }
    },
  };
}

/** Σ_k λ_k c_ki for each i. */
function combine(rows: readonly (readonly number[])[], lambda: readonly number[], n: number): number[] {
  return Array.from({ length: n }, (_, i) => rows.reduce((sum, row, k) => sum + lambda[k]! * row[i]!, 0));
}

/** Σ_i w_i c_ki for each row k. */
function values(rows: readonly (readonly number[])[], weights: readonly number[]): number[] {
  return rows.map((row) => row.reduce((sum, c, i) => sum + c * weights[i]!, 0));
}
