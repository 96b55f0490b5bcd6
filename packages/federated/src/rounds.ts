import { complaint, requireOptions } from '@assay-ml/numerics/check';

/** How a run is watched and stopped from outside. */
export interface Watch {
  /** Checked before each round. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each round with the rounds done and the rounds planned. */
  readonly onProgress?: ((done: number, planned: number) => void) | undefined;
}

/**
 * Runs rounds `from` … `to − 1`. Allocates nothing of its own in a round.
 * @param from first round; that of a saved state when a run is resumed
 * @param to rounds planned
 * @param round does one round; false ends the run after it
 * @param watch signal and progress
 * @throws RangeError unless 0 ≤ from ≤ to, both integers; TypeError when `round` is no function
 * @throws the signal's reason (an `AbortError` unless the caller gave another) before the first round after it was aborted
 */
export function runRounds(from: number, to: number, round: (r: number) => boolean, watch: Watch = {}): void {
  if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && 0 <= from && from <= to)) {
    throw new RangeError(
      `runRounds: rounds are from ${from} to ${to}; must be integers with 0 ≤ from ≤ to. Count both from the start of the run.`,
    );
  }
  if (typeof round !== 'function') {
    throw new TypeError(complaint('runRounds', 'round', round, 'a function (round) => boolean'));
  }
  requireOptions<Watch>('runRounds', watch, { signal: 1, onProgress: 1 });
  const { signal, onProgress } = watch;
  for (let r = from; r < to; r++) {
    signal?.throwIfAborted();
    const more = round(r);
    onProgress?.(r + 1, to);
    if (!more) return;
  }
}
