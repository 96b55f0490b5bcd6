/**
 * C4: one piece of work, again and again, at one size. The cell's own wall time is what the claim reads; its values are the
 * same on every machine.
 */
import type { Json } from '@assay-ml/claims';
import {
  eqVarTopDown,
  fitOrder,
  golemObjective,
  leastSquares,
  linearSem,
  logDetAcyclicity,
  exponentialAcyclicity,
  projectOrder,
  PsiDag,
  simulateDag,
} from '@assay-ml/dag-sa';

export const WORK = ['projection', 'step', 'order-fit', 'notears', 'golem', 'dagma'] as const;

export type ScalingConfig = { readonly work: (typeof WORK)[number]; readonly d: number; readonly repeats: number };

export function run({ work, d, repeats }: ScalingConfig, seed: number): Record<string, Json> {
  const B = simulateDag({ d, degree: 4, seed });
  const out = new Float64Array(d * d);
  let check = 0;
  const again = (once: () => number): void => {
    for (let k = 0; k < repeats; k++) check += once() / repeats;
  };
  if (work === 'projection') {
    const W = B.map((w, at) => w + 0.01 * Math.sin(at));
    again(() => projectOrder(W, d)[0]!);
    return { check };
  }
  if (work === 'step') {
    const rows = new Float64Array(64 * d);
    for (let at = 0; at < rows.length; at++) rows[at] = Math.sin(at);
    const model = new PsiDag(d, { radius: 8, batches: [repeats + 1, 1], centre: false });
    again(() => Number(model.partialFit(rows).done));
    model.free();
    return { check };
  }
  const { covariance } = linearSem(B, d, { seed });
  const small = B.map((w) => w / 4);
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
