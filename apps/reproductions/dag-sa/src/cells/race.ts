/**
 * C5: one method on its way to a gap of 0.1 f*, alone in a cell, whose processor time the claim reads. A soft method that is not
 * through after a minute is stopped and only said to be slower.
 */
import type { Json } from '@assay-ml/claims';
import {
  dagma,
  eqVarTopDown,
  expectedLoss,
  fitOrder,
  linearSem,
  moments,
  notears,
  PsiDag,
  refit,
  repair,
  simulateDag,
  varianceOrder,
} from '@assay-ml/dag-sa';

export const RACERS = ['psi-dag', 'notears', 'dagma', 'sortnregress', 'eqvar-td'] as const;
/** What a soft method has, in seconds. */
export const CAP = 60;

export type RaceConfig = {
  readonly method: (typeof RACERS)[number];
  readonly d: number;
  readonly degree: number;
  /** Of ψDAG: it stops after so many gradients instead, for a curve over seconds. */
  readonly gradients?: number;
};

const ROWS = 5000;
/** Batches from one look at the gap to the next. */
const LOOK = 100;

export function run({ method, d, degree, gradients }: RaceConfig, seed: number): Record<string, Json> {
  const B = simulateDag({ d, degree, seed });
  const sem = linearSem(B, d, { seed });
  const gap = (W: Float64Array): number => (expectedLoss(W, sem.covariance, d) - sem.optimum) / sem.optimum;
  if (method === 'psi-dag') {
    const model = new PsiDag(d, { batches: [500, 500], epochs: 20 });
    const source = sem.source();
    const rows = new Float64Array(model.batchSize * d);
    const steps = (count: number): number => {
      for (let k = 0; k < count; k++) {
        source.next(rows);
        model.partialFit(rows);
      }
      return gap(model.result().W);
    };
    let at = gradients === undefined ? Infinity : steps(gradients);
    while (gradients === undefined && !model.done && !(at <= 0.1)) at = steps(LOOK);
    const taken = model.result().gradients;
    model.free();
    return { gap: at, reached: at <= 0.1, capped: false, gradients: taken };
  }
  const { covariance } = moments(sem.sample(ROWS, 1), ROWS, d);
  if (method === 'sortnregress' || method === 'eqvar-td') {
    const order = method === 'eqvar-td' ? eqVarTopDown(covariance, d) : varianceOrder(covariance, d);
    const at = gap(fitOrder(covariance, d, order).W);
    return { gap: at, reached: at <= 0.1, capped: false };
  }
  const limits = { milliseconds: 1000 * CAP };
  const found =
    method === 'notears' ? notears(covariance, d, limits) : dagma(covariance, d, { warm: 3000, last: 6000, ...limits });
  if (!found.converged) return { gap: null, reached: false, capped: true };
  const at = gap(refit(repair(found.W, d, 0.3).W, covariance, d));
  return { gap: at, reached: at <= 0.1, capped: false };
}
