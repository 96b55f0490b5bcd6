/** One row of the one-dimensional table (spec §6): runs of one method, and f − f* after some epochs. */
import type { CellContext, Json } from '@assay-ml/claims';
import { clerr, nastya, shuffledSgd, type Order, type PathResult } from '@assay-ml/theory-sim';
import { oneDimensional } from './quartics.js';

export type ShufflingConfig = {
  readonly order: Order;
  /** Step size of SGD, inner step size of the others. */
  readonly eta: number;
  /** Hard clip of each step (CSO, CRR). */
  readonly clip?: number;
  /** NASTYA's. */
  readonly etaOuter?: number;
  /** CLERR's. */
  readonly c0?: number;
  readonly c1?: number;
  readonly norm?: 'pathAverage' | 'startGradient';
  /** Rows of a batch; 1000 is the exact gradient. */
  readonly batch: number;
  /** Runs of the cell: seeds runs·seed, runs·seed + 1, … */
  readonly runs: number;
};

export const EPOCHS = 100;
export const START = 1000;
/** Epochs after which f − f* is kept. */
export const CHECKPOINTS = [1, 5, 10, 15, 20, 100] as const;

export function run(config: ShufflingConfig, seed: number, { signal, trace }: CellContext): Record<string, Json> {
  const family = oneDimensional();
  const gaps: Json[] = [];
  const diverged: Json[] = [];
  for (let k = 0; k < config.runs; k++) {
    const curve: number[] = [];
    const result = once(config, config.runs * seed + k, (x) => curve.push(family.gap(x)), signal);
    if (trace) curve.forEach((gap, epoch) => trace({ run: k, epoch: epoch + 1, gap }));
    gaps.push(CHECKPOINTS.map((epoch) => curve[epoch - 1] ?? null));
    diverged.push(result.diverged?.round ?? null);
  }
  return { gaps, diverged };
}

/** One run of the method that the configuration names. */
export function once(
  { order, eta, clip, etaOuter, c0, c1, norm, batch }: Omit<ShufflingConfig, 'runs'>,
  seed: number,
  onPoint: (x: Float64Array) => void,
  signal: AbortSignal,
): PathResult {
  const family = oneDimensional();
  const options = { R: EPOCHS, x0: [START], batchSize: batch, order, eta, seed, onPoint, signal };
  if (etaOuter !== undefined) return nastya(family, { ...options, etaOuter });
  if (c0 !== undefined) return clerr(family, { ...options, c0, c1: c1!, ...(norm ? { norm } : {}) });
  return shuffledSgd(family, clip === undefined ? options : { ...options, clip });
}
