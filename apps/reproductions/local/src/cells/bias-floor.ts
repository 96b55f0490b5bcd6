/** T12 (spec §4.4): where deterministic LocalSGD with a constant step size comes to rest on family W: ‖∇f‖ there. */
import type { CellContext, Json } from '@assay-ml/claims';
import { bounded, localSgd } from '@assay-ml/theory-sim';

export type FloorConfig = {
  readonly delta: number;
  readonly eta: number;
  readonly K: number;
  /** ‖b‖. */
  readonly zeta: number;
};

export function run(
  { delta, eta, K, zeta }: FloorConfig,
  seed: number,
  { signal, trace }: CellContext,
): Record<string, Json> {
  const problem = bounded({ n: 8, d: 10, L: 1, lMin: 0.1, delta, zeta, rho: 0, seed });
  const { x } = localSgd(problem, {
    eta,
    K,
    R: 400,
    x0: new Float64Array(10).fill(3),
    signal,
    ...(trace ? { onRound: (metrics) => trace({ ...metrics }) } : {}),
  });
  const gradient = new Float64Array(10);
  problem.fullGrad(x, gradient);
  return { gradientNorm: Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0)) };
}
