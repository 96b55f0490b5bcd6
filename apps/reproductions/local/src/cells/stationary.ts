/**
 * T13 (spec §4.4): the mean of ‖∇f(x̄_t)‖² that noise keeps up once LocalSGD has settled, over all local steps, with equal clients
 * (δ = 0, b = 0). It should fall as 1/n.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import { bounded, localSgd, noise } from '@assay-ml/theory-sim';

export type StationaryConfig = { readonly n: number; readonly burnIn: number; readonly rounds: number };

export function run(
  { n, burnIn, rounds }: StationaryConfig,
  seed: number,
  { signal }: CellContext,
): Record<string, Json> {
  const d = 10;
  const problem = noise(bounded({ n, d, L: 1, lMin: 0.1, seed }), { kind: 'gaussian', sigma: 1 });
  const options = { eta: 0.05, K: 10, x0: new Float64Array(d), seed, averaged: true, signal };
  const settled = localSgd(problem, { ...options, R: burnIn }).state;
  const { state } = localSgd(problem, { ...options, R: burnIn + rounds, state: settled });
  return { gradientNorm2: (state.squares - settled.squares) / (state.terms - settled.terms) };
}
