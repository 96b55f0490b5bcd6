/** C1: stage 3 on the true order and on random ones, as in the paper's figure 1; and the same by least squares. */
import type { Json } from '@assay-ml/claims';
import {
  constraintsOf,
  expectedLoss,
  linearSem,
  oracleRadius,
  orderLoss,
  psiDag,
  randomOrder,
  simulateDag,
  topologicalOrder,
} from '@assay-ml/dag-sa';

export type OrdersConfig = {
  readonly d: number;
  readonly degree: number;
  /** Orders by least squares, and by steps. */
  readonly exact: number;
  readonly sgd: number;
  readonly steps: number;
};

export function run({ d, degree, exact, sgd, steps }: OrdersConfig, seed: number): Record<string, Json> {
  const B = simulateDag({ d, degree, seed });
  const sem = linearSem(B, d, { seed });
  const truth = topologicalOrder(B, d)!;
  const order = (k: number): Uint32Array => randomOrder(d, 1000 * seed + k);
  const trained = (places: Uint32Array): number => {
    const constraints = constraintsOf({ tiers: [...places].map((v) => [v]) }, d);
    const options = { radius: oracleRadius(B), constraints, epochs: 1, batches: [1, steps] as const };
    return expectedLoss(psiDag(sem.source(), options).W, sem.covariance, d) - sem.optimum;
  };
  const gap = (places: Uint32Array): number => orderLoss(sem.covariance, d, places) - sem.optimum;
  return {
    exact: { true: gap(truth), random: Array.from({ length: exact }, (_, k) => gap(order(k))) },
    sgd: { true: trained(truth), random: Array.from({ length: sgd }, (_, k) => trained(order(k))) },
  };
}
