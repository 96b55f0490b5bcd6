/**
 * T14 (spec §4.4): rounds until ‖∇f‖² ≤ 10⁻⁶ on family Q, each method with the step size of the grid that needs fewest, and
 * what these rounds cost.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import { compare, defaultGrid, quadratic, type MethodName } from '@assay-ml/theory-sim';

export type RoundsConfig = { readonly delta: number; readonly K: number; readonly methods: readonly MethodName[] };

/** Rounds after which a run counts as not arriving (spec §4.4). */
export const ROUNDS_CAP = 600;

export function run({ delta, K, methods }: RoundsConfig, seed: number, { signal }: CellContext): Record<string, Json> {
  const problem = quadratic({ n: 10, d: 20, L: 1, lMin: 0.01, delta, zeta: 1, rho: 0, seed });
  const x0 = new Float64Array(20).fill(3);
  const rows = compare(problem, { K, R: ROUNDS_CAP, x0, seed, target: 1e-6, grid: defaultGrid(), methods, signal });
  const tried = Object.fromEntries(
    rows.map((row) => [
      row.method,
      row.tried.map(({ eta, rounds, diverged }) => ({ eta, value: rounds, ...(diverged ? { diverged } : {}) })),
    ]),
  );
  const costs = rows.map(({ method, reached, rounds, eta, edge, bytes, gradientCalls }) => [
    method,
    { reached, rounds, eta, edge, bytes, gradientCalls },
  ]);
  return { ...Object.fromEntries(costs), tried };
}
