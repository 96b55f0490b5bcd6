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
 * @throws the signal's reason (an `AbortError` unless the caller gave another) before the first round after it was aborted
 */
export function runRounds(from: number, to: number, round: (r: number) => boolean, watch: Watch = {}): void {
  const { signal, onProgress } = watch;
  for (let r = from; r < to; r++) {
    signal?.throwIfAborted();
    const more = round(r);
    onProgress?.(r + 1, to);
    if (!more) return;
  }
}
