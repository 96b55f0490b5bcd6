/**
 * C4: one piece of work, again and again, at one size. The processor's time on the cell is what the claim reads; its values are the
 * same on every machine.
 */
import type { Json } from '@assay-ml/claims';
import {
  eqVarTopDown,
  fitOrder,
  golemObjective,
  leastSquares,
  logDetAcyclicity,
  exponentialAcyclicity,
  projectOrder,
  PsiDag,
} from '@assay-ml/dag-sa';
import { stream } from '@assay-ml/numerics';

export const WORK = ['projection', 'step', 'order-fit', 'notears', 'golem', 'dagma'] as const;

export type ScalingConfig = { readonly work: (typeof WORK)[number]; readonly d: number; readonly repeats: number };

export function run({ work, d, repeats }: ScalingConfig, seed: number): Record<string, Json> {
  const draw = stream(seed, 'scaling', d);
  const out = new Float64Array(d * d);
  let check = 0;
  const again = (once: () => number): void => {
    for (let k = 0; k < repeats; k++) check += once() / repeats;
  };
  if (work === 'projection') {
    const W = draw.fillNormal(new Float64Array(d * d));
    again(() => projectOrder(W, d)[0]!);
    return { check };
  }
  if (work === 'step') {
    const rows = draw.fillNormal(new Float64Array(64 * d));
    const model = new PsiDag(d, { radius: 8, batches: [repeats + 1, 1], centre: false });
    again(() => Number(model.partialFit(rows).done));
    model.free();
    return { check };
  }
  // A chain's: quickly made, and as good as any where every entry is worked on.
  const covariance = Float64Array.from({ length: d * d }, (_, at) => 2 ** -Math.abs(Math.floor(at / d) - (at % d)));
  const small = draw.fillNormal(new Float64Array(d * d)).map((w) => (0.3 * w) / d);
  again(
    {
      'order-fit': () => fitOrder(covariance, d, eqVarTopDown(covariance, d)).loss,
      notears: () => leastSquares(small, covariance, d, out) + exponentialAcyclicity(small, d, out),
      golem: () => golemObjective(small, covariance, d, out).value,
      dagma: () => leastSquares(small, covariance, d, out) + logDetAcyclicity(small, d, 1, out),
    }[work],
  );
  return { check };
}
