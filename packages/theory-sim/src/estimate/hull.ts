/**
 * ρ and M where the theory asks them of one function in the convex hull of the clients: the minimum over weights w on the
 * simplex of the supremum over (x, p) for f_w = Σ w_i f_i.
 *
 * At fixed x, p and q the differences are linear in w: −⟨D_p, p⟩ = Σ w_i c_i and ⟨D_pp, q⟩ = Σ w_i c_i ≤ ‖D_pp‖. So every place
 * found gives a row c, and min_w max_rows Σ w_i c_i is a lower bound of the minimum. Rows are added at the worst place of the
 * weights that are best against the rows so far.
 */
import { dot, normalize } from '../vectors.js';
import { thirdDerivative, weakConvexity, type Found } from './curvature.js';
import { differences, type GradientMap } from './differences.js';
import { solveGame } from './game.js';
import type { Search } from './search.js';

/** Rows at most. */
export const HULL_ROUNDS = 8;

/** Lower bounds of the minima of ρ and M over the hull. */
export function overHull(search: Search): { readonly rho: number; readonly M: number } {
  const { clients, d, h } = search;
  const all = clients.map((g) => differences(g, d, h));
  const parts = clients.map(() => new Float64Array(d));
  const total = new Float64Array(d);
  return {
    rho: minimum(search, weakConvexity, ({ x, p }) =>
      all.map((of, i) => {
        of.first(x, p, parts[i]!);
        return -dot(parts[i]!, p);
      }),
    ),
    M: minimum(search, thirdDerivative, ({ x, p }, weights) => {
      total.fill(0);
      all.forEach((of, i) => {
        const part = parts[i]!;
        of.second(x, p, part);
        for (let j = 0; j < d; j++) total[j] = total[j]! + weights[i]! * part[j]!;
      });
      normalize(total);
      return parts.map((part) => dot(part, total));
    }),
  };
}

function minimum(
  search: Search,
  worst: (search: Search, gradient: GradientMap) => Found,
  rowOf: (found: Found, weights: readonly number[]) => number[],
): number {
  const { clients, d } = search;
  const one = new Float64Array(d);
  let weights: readonly number[] = clients.map(() => 1 / clients.length);
  const rows: number[][] = [];
  let bound = 0;
  for (let round = 0; round < HULL_ROUNDS; round++) {
    const found = worst(search, (x, out) => {
      out.fill(0);
      clients.forEach((g, i) => {
        const w = weights[i]!;
        if (w === 0) return;
        g(x, one);
        for (let j = 0; j < d; j++) out[j] = out[j]! + w * one[j]!;
      });
    });
    rows.push(rowOf(found, weights));
    const game = solveGame(rows);
    bound = Math.max(bound, game.bound);
    if (found.value <= 1.001 * bound || found.value === 0) break;
    ({ weights } = game);
  }
  return bound;
}
