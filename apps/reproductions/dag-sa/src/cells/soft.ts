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
  type SoftResult,
} from '@assay-ml/dag-sa';

/** GOLEM's variant for unequal variances starts from its other one, so that one cell gives both. */
export const SOFT = ['notears', 'golem', 'dagma', 'nocurl'] as const;

export type SoftConfig = { readonly method: (typeof SOFT)[number]; readonly d: number; readonly degree: number };

const ROWS = 5000;

export function run({ method, d, degree }: SoftConfig, seed: number): Record<string, Json> {
  const B = simulateDag({ d, degree, seed });
  const sem = linearSem(B, d, { seed });
  const { covariance } = moments(sem.sample(ROWS, 1), ROWS, d);
  const golems = () => {
    const ev = golem(covariance, d, { iterations: 10_000 });
    return {
      'golem-ev': ev,
      'golem-nv': golem(covariance, d, { variances: 'NV', start: ev.W, iterations: 10_000 }),
    };
  };
  const found: Record<string, SoftResult> = {
    notears: () => ({ notears: notears(covariance, d) }),
    golem: golems,
    dagma: () => ({ dagma: dagma(covariance, d, { warm: 3000, last: 6000 }) }),
    nocurl: () => ({ nocurl: nocurl(covariance, d) }),
  }[method]();
  const gap = (M: Float64Array): number => expectedLoss(M, sem.covariance, d) - sem.optimum;
  let acyclic = true;
  const ends: Record<string, Json> = {};
  for (const [name, { W: soft, h }] of Object.entries(found)) {
    const { W, removed } = repair(soft, d, 0.3);
    acyclic &&= isDag(W, d);
    const refitted = gap(refit(W, covariance, d));
    ends[name] = { gap: gap(W), refitted, shd: compareGraphs(W, B, d).shd, removed, h };
  }
  return { optimum: sem.optimum, edges: B.filter((w) => w !== 0).length, ends, acyclic };
}
