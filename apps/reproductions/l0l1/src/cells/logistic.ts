/**
 * One method on one real problem: tuned on the cell's seed by the mean f − f* of the last quarter of the epochs, over the
 * same values as the others; its best three run again on the seeds that follow, and the best of them by the mean is kept.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import {
  ceFedAvg,
  celgc,
  clerr,
  clipLocalGdj,
  clippedRrCli,
  gridSearch,
  l0l1Gd,
  minibatch,
  nastya,
  shuffledSgd,
  smoothnessEstimator,
  type LogisticFamily,
  type PathResult,
} from '@assay-ml/theory-sim';
import { instance, type DataName } from './logistic-data.js';
import { wholeBatches } from './quartics.js';

/** The methods of the comparison. */
export const METHODS = ['SO', 'RR', 'CRR', 'NASTYA', 'CLERR', 'Clip-LocalGDJ', 'CELGC', 'CE-FedAvg', 'RR-CLI'] as const;
export type LogisticMethod = (typeof METHODS)[number];

export type LogisticConfig = {
  readonly data: DataName;
  readonly method: LogisticMethod;
  /** Epochs, or rounds. */
  readonly rounds: number;
  /** Seeds on which the best three are run again. */
  readonly again: number;
};

/** Values that every method chooses from: local step, step of the server (or of the clipped step), clip level. */
const LOCAL = [1e-3, 1e-2, 1e-1, 1, 10];
const SERVER = [1e-2, 1e-1, 1, 10, 100];
const LEVEL = [1e-3, 1e-2, 1e-1, 1, 10];
const BATCH = 20;
const TAU = 10;

type Point = { readonly local?: number; readonly server?: number; readonly level?: number };

const AXES: Record<LogisticMethod, Readonly<Record<string, readonly number[]>>> = {
  SO: { local: LOCAL },
  RR: { local: LOCAL },
  CRR: { local: LOCAL, level: LEVEL },
  NASTYA: { local: LOCAL, server: SERVER },
  CLERR: { local: LOCAL, server: SERVER, level: LEVEL },
  'Clip-LocalGDJ': { local: LOCAL, server: SERVER, level: LEVEL },
  CELGC: { local: LOCAL, level: LEVEL },
  'CE-FedAvg': { local: LOCAL, server: SERVER, level: LEVEL },
  'RR-CLI': { local: LOCAL, server: SERVER, level: LEVEL },
};

export async function run(
  config: LogisticConfig,
  seed: number,
  { signal }: CellContext,
): Promise<Record<string, Json>> {
  const tuned = await instance(config.data, seed);
  const { best, edges, tried } = gridSearch(AXES[config.method], (point) => score(tuned, config, point, seed, signal), {
    onEdge: 'report',
  });
  const ranked = tried
    .filter(({ value }) => value !== null)
    .sort((a, b) => a.value! - b.value!)
    .slice(0, 3);
  const finalists: { point: Point; values: (number | null)[] }[] = ranked.map(({ point }) => ({ point, values: [] }));
  for (let s = seed + 1; s <= seed + config.again; s++) {
    const fresh = await instance(config.data, s);
    for (const { point, values } of finalists) values.push(score(fresh, config, point, s, signal));
  }
  const mean = (values: readonly (number | null)[]): number =>
    values.reduce<number>((sum, v) => sum + (v ?? Infinity), 0) / values.length;
  const chosen = finalists.reduce((a, b) => (mean(b.values) < mean(a.values) ? b : a));
  return {
    tuned: best.point,
    edges,
    points: tried.length,
    diverged: tried.filter(({ value }) => value === null).length,
    finalists,
    chosen: chosen.point,
    values: chosen.values,
    ...estimates(tuned, config.rounds),
  };
}

/** Mean f − f* over the last quarter; null when the run diverged. */
function score(
  family: LogisticFamily,
  config: LogisticConfig,
  point: Point,
  seed: number,
  signal: AbortSignal,
): number | null {
  const gaps: number[] = [];
  const from = config.rounds - Math.ceil(config.rounds / 4);
  const { diverged } = once(family, config, point, {
    R: config.rounds,
    x0: new Float64Array(family.d),
    seed,
    signal,
    onPoint: (x: Float64Array, round: number) => void (round >= from && gaps.push(family.gap(x))),
  });
  const mean = gaps.reduce((sum, gap) => sum + gap / gaps.length, 0);
  return diverged || !Number.isFinite(mean) ? null : mean;
}

function once(
  family: LogisticFamily,
  { method }: LogisticConfig,
  { local = 0, server = 1, level = 1 }: Point,
  run: {
    R: number;
    x0: Float64Array;
    seed: number;
    signal: AbortSignal;
    onPoint(x: Float64Array, round: number): void;
  },
): PathResult {
  const epochs = { ...run, batchSize: BATCH };
  const clip = { c0: 1 / server, c1: 1 / (server * level) };
  // On the images ten such local steps are an epoch, as many rows as the other methods see in a round.
  const sampled = minibatch(family, BATCH);
  switch (method) {
    case 'SO':
      return shuffledSgd(family, { ...epochs, eta: local, order: 'shuffle-once' });
    case 'RR':
      return shuffledSgd(family, { ...epochs, eta: local });
    case 'CRR':
      return shuffledSgd(family, { ...epochs, eta: local, clip: level });
    case 'NASTYA':
      return nastya(family, { ...epochs, eta: local, etaOuter: server });
    case 'CLERR':
      return clerr(family, { ...epochs, eta: local, ...clip });
    case 'Clip-LocalGDJ':
      return clipLocalGdj(sampled, { ...run, alpha: local, tau: TAU, ...clip });
    case 'CELGC':
      return celgc(sampled, { ...run, tau: TAU, c0: 1 / local, c1: 1 / (local * level) });
    case 'CE-FedAvg':
      return ceFedAvg(sampled, { ...run, tau: TAU, eta: local, etaServer: server, clip: local * level }); // prettier-ignore
    case 'RR-CLI':
      return clippedRrCli(family, { ...epochs, alpha: local, gammaServer: local, cohort: family.n % 2 === 0 ? 2 : 1, ...clip }); // prettier-ignore
  }
}

/** (L0, L1) along a run of gradient descent, the L0 that it allows with L1 = 0, and the exact one. */
function estimates(family: LogisticFamily, rounds: number): Record<string, Json> {
  const seen = smoothnessEstimator(family.d);
  const g = new Float64Array(family.d);
  const { L0 } = family.smoothness;
  const look = (x: Readonly<Float64Array>): void => {
    family.fullGradient(x as Float64Array, g);
    seen.add(x as Float64Array, g);
  };
  l0l1Gd(wholeBatches(family), { R: rounds, x0: new Float64Array(family.d), c0: L0, c1: 0, onPoint: look });
  const { L0: low, L1, kind, frontier } = seen.estimate();
  return { estimate: { L0: low, L1, kind, smooth: frontier(0) }, smoothness: L0 };
}
