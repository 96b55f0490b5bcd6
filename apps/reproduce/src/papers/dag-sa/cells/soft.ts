/** A baseline with a soft constraint on simulated rows: thresholded, repaired, as it is and refitted. */
import type { Json } from '@assay-ml/claims';
import {
  compareGraphs,
  dagma,
  expectedLoss,
  golem,
  isDag,
  linearSem,
  moments,
  nocurl,
  notears,
  refit,
  repair,
  simulateDag,
} from '@assay-ml/dag-sa';

export const SOFT = ['notears', 'golem-ev', 'golem-nv', 'dagma', 'nocurl'] as const;

export type SoftConfig = { readonly method: (typeof SOFT)[number]; readonly d: number; readonly degree: number };

const ROWS = 5000;

export function run({ method, d, degree }: SoftConfig, seed: number): Record<string, Json> {
  const B = simulateDag({ d, degree, seed });
  const sem = linearSem(B, d, { seed });
  const { covariance } = moments(sem.sample(ROWS, 1), ROWS, d);
  const ev = () => golem(covariance, d, { iterations: 10_000 });
  const found = {
    notears: () => notears(covariance, d),
    'golem-ev': ev,
    'golem-nv': () => golem(covariance, d, { variances: 'NV', start: ev().W, iterations: 10_000 }),
    dagma: () => dagma(covariance, d, { warm: 3000, last: 6000 }),
    nocurl: () => nocurl(covariance, d),
  }[method]();
  const { W, removed } = repair(found.W, d, 0.3);
  const gap = (M: Float64Array): number => expectedLoss(M, sem.covariance, d) - sem.optimum;
  return {
    optimum: sem.optimum,
    gap: gap(W),
    refitted: gap(refit(W, covariance, d)),
    shd: compareGraphs(W, B, d).shd,
    edges: B.filter((w) => w !== 0).length,
    removed,
    h: found.h,
    converged: found.converged,
    acyclic: isDag(W, d),
  };
}
