import { stream } from '@assay-ml/numerics';
import { atLeast, positive, requireOptions } from '@assay-ml/numerics/check';
import type { Numbers } from './weighted-sums.js';

/** Options of `privatise`. */
export interface PrivatiseOptions {
  /** Largest norm of what a client changes. */
  readonly clip: number;
  /** Standard deviation of the Gaussian noise on each number, in units of `clip`. Default 0: none. */
  readonly noise?: number;
}

/**
 * Clips what a client has changed and adds Gaussian noise to it, in place: a hook between client and server. It claims no ε:
 * what privacy the noise gives is for an accountant that knows cohorts and rounds.
 * @param update the client's point, overwritten by sent + clipped change + noise
 * @param sent the point that the client began from
 * @param key seed, round and client: the noise is of these alone
 * @returns the norm before the clip
 * @throws RangeError for an option out of range, or arrays of different lengths
 */
export function privatise(
  update: Numbers,
  sent: ArrayLike<number>,
  options: PrivatiseOptions,
  key: { readonly seed: number; readonly round: number; readonly client: number },
): number {
  requireOptions<PrivatiseOptions>('privatise', options, { clip: 1, noise: 1 });
  const { clip, noise = 0 } = options;
  positive('privatise', 'clip', clip);
  atLeast('privatise', 'noise', noise, 0);
  if (update.length !== sent.length) throw new RangeError(`privatise: 'update' is of length ${update.length}; must be ${sent.length}, as 'sent'.`); // prettier-ignore
  let squares = 0;
  for (let i = 0; i < update.length; i++) squares += (update[i]! - sent[i]!) ** 2;
  const norm = Math.sqrt(squares);
  const scale = norm > clip ? clip / norm : 1;
  const draws = new Float64Array(noise > 0 ? update.length : 0);
  if (noise > 0) stream(key.seed, 'privacy').at(key.round, key.client).fillNormal(draws);
  for (let i = 0; i < update.length; i++) {
    update[i] = sent[i]! + scale * (update[i]! - sent[i]!) + (noise > 0 ? noise * clip * draws[i]! : 0);
  }
  return norm;
}
