/**
 * CLERR: an epoch with random reshuffling at every client, then a clipped jump from where it began (spec of (L0, L1), §3.3).
 *
 *   clients:  y ← x;  for each batch b of the epoch:  h = mean gradient over b at y;  G_m += h·|b|/N;  y ← y − η h
 *   server:   G = (1/M) Σ G_m,   x ← x − G/(c0 + c1·s),   s = ‖G‖ or ‖∇f(x)‖
 *
 * paper → code: inner step size η → `eta`, c0, c1 → the same, B → `batchSize`, T → `R`. One node is M = 1. The authors'
 * experiments call shuffle-once "RR"; here 'reshuffle' is what it says, and the default.
 */
import { checkWeights } from '@assay-ml/federated';
import { requireOptions } from '@assay-ml/numerics/check';
import { type Names, nonNegative, oneOf, positive } from '../check.js';
import type { Samples } from '../minibatch.js';
import { checkClip, hardClip, smoothClip, type ClipConstants } from './clipping.js';
import { epoch, walker } from './local-path.js';
import {
  checkEpochs,
  EPOCH_NAMES,
  jump,
  NORMS,
  pathRounds,
  type EpochOptions,
  type NormOf,
  type PathResult,
} from './path-rounds.js';

/** Options of `clerr`. */
export interface ClerrOptions extends EpochOptions, ClipConstants {
  /** Inner step size η ≥ 0. */
  readonly eta: number;
  /** Whose norm clips the jump. Default 'pathAverage', the authors' code, one exchange an epoch; 'startGradient' takes two. */
  readonly norm?: NormOf;
  /** Clips each inner step hard to this level: the authors' "ClERR-heuristic", as it was meant. Default: none. */
  readonly innerClip?: number;
  /** Weights of the server's mean, one a client, positive. Default: equal. */
  readonly weights?: ArrayLike<number>;
}

const CLERR_NAMES: Names<ClerrOptions> = { ...EPOCH_NAMES, c0: 1, c1: 1, eta: 1, norm: 1, innerClip: 1, weights: 1 };

/**
 * Runs CLERR for R epochs.
 * @throws RangeError or TypeError naming the option that is wrong, or the epoch, client and batch of a gradient that is NaN
 */
export function clerr(samples: Samples, options: ClerrOptions): PathResult {
  return epochsAndJump('clerr', samples, options);
}

/** Options of `nastya`. */
export interface NastyaOptions extends EpochOptions, Pick<ClerrOptions, 'eta' | 'weights'> {
  /** Outer step size > 0. */
  readonly etaOuter: number;
}

const NASTYA_NAMES: Names<NastyaOptions> = { ...EPOCH_NAMES, eta: 1, weights: 1, etaOuter: 1 };

/**
 * NASTYA: CLERR with a constant outer step, x ← x − η_outer·G (Malinovsky, Mishchenko, Richtárik; arXiv 2201.11066).
 * @throws as `clerr`
 */
export function nastya(samples: Samples, options: NastyaOptions): PathResult {
  requireOptions('nastya', options, NASTYA_NAMES);
  const { etaOuter, ...rest } = options;
  const c0 = 1 / positive('nastya', 'etaOuter', etaOuter, 'gridSearch() finds one.');
  return epochsAndJump('nastya', samples, { ...rest, c0, c1: 0 });
}

function epochsAndJump(where: string, samples: Samples, options: ClerrOptions): PathResult {
  const checked = checkEpochs(where, samples, options, CLERR_NAMES);
  const eta = nonNegative(where, 'eta', options.eta);
  const norm = oneOf(where, 'norm', options.norm ?? 'pathAverage', NORMS);
  const { innerClip } = options;
  const inner = innerClip === undefined ? null : hardClip(positive(where, 'innerClip', innerClip));
  const gradients = epoch(checked, samples, checked.batchSize, options.order ?? 'reshuffle');
  return pathRounds(checked, {
    walk: walker(checked, gradients, () => eta, inner),
    weights: options.weights === undefined ? undefined : checkWeights(options.weights, samples.n, where),
    server: jump(checked, smoothClip(checkClip(where, options)), norm),
    norm,
  });
}
