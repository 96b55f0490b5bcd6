/** One row of the table in 100 dimensions (spec §6): runs of one method with ten clients, f − f* after some rounds. */
import type { CellContext, Json } from '@assay-ml/claims';
import {
  biasFloor,
  ceFedAvg,
  celgc,
  clipLocalGdj,
  clippedRrCli,
  l0l1Gd,
  minibatch,
  type PathOptions,
  type PathResult,
} from '@assay-ml/theory-sim';
import { DIMENSION, hundredDimensional } from './quartics.js';

export type MultiClientConfig = {
  readonly method: 'Clip-LocalGDJ' | 'CELGC' | 'CE-FedAvg' | '(L0, L1)-GD' | 'Clipped RR-CLI';
  /** x_0 = start · 1. */
  readonly start: number;
  readonly tau?: number;
  /** Local step size: α, or CE-FedAvg's client step. */
  readonly alpha?: number;
  readonly c0?: number;
  readonly c1?: number;
  readonly etaServer?: number;
  readonly clip?: number;
  readonly gammaServer?: number;
  /** Clients at once; all, if left out. */
  readonly cohort?: number;
  /** Rows of a batch; all of a client, if left out. */
  readonly batch?: number;
  readonly rounds: number;
  readonly runs: number;
};

export const ROUNDS = 200;
/** Rounds (or meta-epochs) after which f − f* is kept. */
export const CHECKPOINTS = [1, 5, 10, 20, 40, 50, 60, 100, 150, 200] as const;
/** Levels of f − f* whose first round is kept. */
export const TARGETS = [1, 1e-2] as const;

export function run(config: MultiClientConfig, seed: number, { signal, trace }: CellContext): Record<string, Json> {
  const { family } = hundredDimensional();
  const gaps: Json[] = [];
  const diverged: Json[] = [];
  const reached: Json[] = [];
  for (let k = 0; k < config.runs; k++) {
    const curve: number[] = [];
    const onPoint = (x: Float64Array): void => void curve.push(family.gap(x));
    const result = once(config, { seed: config.runs * seed + k, onPoint, signal });
    if (trace) curve.forEach((gap, round) => trace({ run: k, round: round + 1, gap }));
    gaps.push(CHECKPOINTS.map((round) => curve[round - 1] ?? null));
    diverged.push(result.diverged?.round ?? null);
    reached.push(TARGETS.map((target) => (curve.some((gap) => gap <= target) ? 1 + curve.findIndex((gap) => gap <= target) : null))); // prettier-ignore
  }
  const { method, tau = 1, alpha = 0, cohort } = config;
  const floor = tau > 1 && cohort === undefined && method !== 'CELGC' ? biasFloor(family, { alpha, tau }) : null;
  return { gaps, diverged, reached, floor };
}

/** One run of the method that the configuration names. */
export function once(
  config: Omit<MultiClientConfig, 'runs'>,
  watch: Pick<PathOptions, 'seed' | 'onPoint' | 'signal'>,
): PathResult {
  const { family, problem } = hundredDimensional();
  const { method, start, tau = 1, alpha = 0, c0 = 1, c1 = 0, rounds, cohort, batch } = config;
  const common = { ...watch, R: rounds, x0: new Float64Array(DIMENSION).fill(start) };
  const sampled = batch === undefined ? problem : minibatch(family, batch);
  const participation = cohort === undefined ? 'full' : { cohort };
  switch (method) {
    case 'Clip-LocalGDJ':
      return clipLocalGdj(sampled, { ...common, alpha, tau, c0, c1, participation });
    case 'CELGC':
      return celgc(sampled, { ...common, tau, c0, c1, participation });
    case 'CE-FedAvg':
      return ceFedAvg(sampled, { ...common, tau, eta: alpha, etaServer: config.etaServer!, clip: config.clip!, participation }); // prettier-ignore
    case '(L0, L1)-GD':
      return l0l1Gd(problem, { ...common, c0, c1 });
    case 'Clipped RR-CLI':
      return clippedRrCli(family, { ...common, alpha, gammaServer: config.gammaServer!, c0, c1, cohort: cohort!, ...(batch === undefined ? {} : { batchSize: batch }) }); // prettier-ignore
  }
}
