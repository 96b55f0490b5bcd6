/** Learning rates γ_t as plain data, so that they can be saved with an optimiser. */
import { atLeast, integer, oneOf, positive, requireOptions } from '@assay-ml/numerics/check';

/**
 * A learning rate γ_t of step t = 0, 1, 2, …
 *
 * - a number: constant;
 * - `linear`: from 0 up to `peak` within the first `warmUp` steps (reached at step `warmUp`), then down to 0 at step
 *   `total` and 0 after it: the schedule of the authors' fine-tuning, where `warmUp` is a tenth of `total`;
 * - `inverse-sqrt`: `peak`/√(t + 1).
 */
export type Schedule =
  | number
  | { readonly kind: 'linear'; readonly peak: number; readonly warmUp: number; readonly total: number }
  | { readonly kind: 'inverse-sqrt'; readonly peak: number };

/** γ_t. `t` counts from 0. */
export function rateAt(schedule: Schedule, t: number): number {
  if (typeof schedule === 'number') return schedule;
  if (schedule.kind === 'inverse-sqrt') return schedule.peak / Math.sqrt(t + 1);
  const { peak, warmUp, total } = schedule;
  return t < warmUp ? (peak * t) / warmUp : peak * Math.max(0, (total - t) / Math.max(1, total - warmUp));
}

/** @throws RangeError for a schedule out of range */
export function checkSchedule(where: string, schedule: Schedule): Schedule {
  if (typeof schedule !== 'object') return positive(where, 'gamma', schedule, 'It is the step size; tune it.');
  requireOptions<Record<'kind' | 'peak' | 'warmUp' | 'total', unknown>>(where, schedule as never, { kind: 1, peak: 1, warmUp: 1, total: 1 }, 'gamma'); // prettier-ignore
  oneOf(where, 'gamma.kind', schedule.kind, ['linear', 'inverse-sqrt']);
  positive(where, 'gamma.peak', schedule.peak, 'It is the largest step size.');
  if (schedule.kind === 'linear') {
    atLeast(where, 'gamma.warmUp', schedule.warmUp, 0, 'Use 0 for none.');
    integer(where, 'gamma.total', schedule.total, Math.max(1, schedule.warmUp), 'Count all steps, those of the warm-up too.'); // prettier-ignore
  }
  return schedule;
}
