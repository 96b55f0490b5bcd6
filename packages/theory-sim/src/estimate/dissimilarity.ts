/** Suprema of how much the clients' gradients differ over a ball: ζ and ζ̄. */
import { largest, normalize, squaredNorm } from '../vectors.js';
import { ascend, type Objective } from './ascend.js';
import { differences } from './differences.js';
import type { Search } from './search.js';

/** The largest ‖∇f_i − ∇f‖ and root mean square of them found. */
export function dissimilarity(search: Search): { readonly zeta: number; readonly zetaBar: number } {
  const { d, h, clients, others, full, points, inner, steps, axes } = search;
  const n = clients.length;
  const mean = new Float64Array(d);
  const rows = clients.map(() => new Float64Array(d));
  /** Writes ∇f_i − ∇f of all clients to `rows` and returns their sizes. */
  const sizes = (x: Float64Array): number[] => {
    full(x, mean);
    return clients.map((g, i) => {
      const row = rows[i]!;
      g(x, row);
      for (let j = 0; j < d; j++) row[j] = row[j]! - mean[j]!;
      return Math.sqrt(squaredNorm(row));
    });
  };
  const rootMeanSquare = (all: readonly number[]): number => Math.sqrt(all.reduce((sum, s) => sum + s * s, 0) / n);
  const sampled = points.map((x) => {
    const all = sizes(x);
    search.tick();
    const zeta = largest(all);
    return { x, zeta, zetaBar: rootMeanSquare(all), client: all.indexOf(zeta) };
  });
  const best = { zeta: 0, zetaBar: 0 };
  const meet = (all: readonly number[]): void => {
    best.zeta = Math.max(best.zeta, largest(all));
    best.zetaBar = Math.max(best.zetaBar, rootMeanSquare(all));
  };

  const row = new Float64Array(d);
  for (const { x, client } of [...sampled].sort((a, b) => b.zeta - a.zeta).slice(0, search.starts)) {
    const other = others[client]!;
    const of = differences(other, d, h);
    const objective: Objective = {
      value(at) {
        other(at, row);
        return Math.sqrt(squaredNorm(row));
      },
      // ∇ ½‖∇h‖² = ∇²h ∇h
      direction(at, out) {
        other(at, row);
        of.first(at, normalize(row), out);
      },
    };
    const at = x.slice();
    ascend(objective, at, inner, steps, axes);
    meet(sizes(at));
    search.tick();
  }

  const each = clients.map((g) => differences(g, d, h));
  const product = new Float64Array(d);
  const objective: Objective = {
    value: (at) => rootMeanSquare(sizes(at)),
    // ∇ ½ Σ ‖∇h_i‖² = Σ ∇²f_i ∇h_i, as Σ ∇h_i = 0
    direction(at, out) {
      out.fill(0);
      sizes(at).forEach((size, i) => {
        if (size === 0) return;
        each[i]!.first(at, normalize(rows[i]!), product);
        for (let j = 0; j < d; j++) out[j] = out[j]! + size * product[j]!;
      });
    },
  };
  for (const { x } of [...sampled].sort((a, b) => b.zetaBar - a.zetaBar).slice(0, search.starts)) {
    const at = x.slice();
    ascend(objective, at, inner, steps, axes);
    meet(sizes(at));
    search.tick();
  }
  return best;
}
