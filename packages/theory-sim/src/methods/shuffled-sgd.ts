/**
 * SGD by epochs: x ← x − η·h for each batch, in one of four orders, each step clipped or not (spec of (L0, L1), §3.5):
 * SO, RR, IG and SGD; with `clip` CSO, CRR, CIG. With M clients each makes its epoch from x, and the server averages.
 *
 * paper → code: lr → `eta`, cl → `clip`, min(1, cl/‖h‖) → `hardClip`.
 */
import { nonNegative, positive, type Names } from '../check.js';
import type { Samples } from '../minibatch.js';
import { hardClip } from './clipping.js';
import { epoch, walker } from './local-path.js';
import { checkEpochs, EPOCH_NAMES, pathRounds, type EpochOptions, type PathResult } from './path-rounds.js';

/** Options of `shuffledSgd`. */
export interface ShuffledSgdOptions extends EpochOptions {
  /** Step size η ≥ 0. */
  readonly eta: number;
  /** Level to which each stochastic gradient is clipped, > 0. Default: not clipped. */
  readonly clip?: number;
}

const NAMES: Names<ShuffledSgdOptions> = { ...EPOCH_NAMES, eta: 1, clip: 1 };

/**
 * Runs SGD for R epochs.
 * @throws RangeError or TypeError naming the option that is wrong, or the epoch, client and batch of a gradient that is NaN
 */
export function shuffledSgd(samples: Samples, options: ShuffledSgdOptions): PathResult {
  const where = 'shuffledSgd';
  const checked = checkEpochs(where, samples, options, NAMES);
  const eta = nonNegative(where, 'eta', options.eta);
  const scale = 'clip' in options ? hardClip(positive(where, 'clip', options.clip!)) : null;
  const gradients = epoch(checked, samples, checked.batchSize, options.order ?? 'reshuffle');
  return pathRounds(checked, {
    walk: walker(checked, gradients, () => eta, scale),
    send: (y) => y,
    server: (_x, mean, next) => next.set(mean),
  });
}
