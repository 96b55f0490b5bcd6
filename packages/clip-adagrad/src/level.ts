/** Clip levels L_t. */
import { scalar } from '@assay-ml/numerics';
import { inside, invalid, oneOf, positive, requireOptions } from '@assay-ml/numerics/check';

/**
 * A clip level L_t of step t = 0, 1, 2, …
 *
 * - a number: constant; `Infinity` clips nothing;
 * - `growing`: `start`·(t + 1)^(1/`a`), which the theory asks for where the noise has moments up to order a ∈ (1, 2]: with
 *   it the bias of clipping vanishes also where the noise is skewed;
 * - `quantile`: follows the quantile `quantile` of what is compared with the level (the norm of the gradient; of each
 *   tensor; or each |coordinate|, by the clip's mode) from `start` on: after a step of which the part c was clipped,
 *   L ← L·exp(`rate`·(c − (1 − quantile))). `rate` is 0.2 by default, as in Andrew, Thakkar, McMahan, Ramaswamy,
 *   "Differentially private learning with adaptive clipping" (NeurIPS 2021), whose rule it is. Start from
 *   `suggestClipLevel`.
 */
export type ClipLevel =
  | number
  | { readonly kind: 'growing'; readonly start: number; readonly a: number }
  | { readonly kind: 'quantile'; readonly start: number; readonly quantile: number; readonly rate?: number };

/** L_0. */
export function startOf(level: ClipLevel): number {
  return typeof level === 'number' ? level : level.start;
}

/** L_t of a level that depends on t alone. */
export function levelAt(level: Exclude<ClipLevel, { kind: 'quantile' }>, t: number): number {
  return typeof level === 'number' ? level : level.start * scalar.pow(t + 1, 1 / level.a);
}

/** Is it a running quantile, whose level is part of the state? */
export function isRunning(level: ClipLevel): level is Extract<ClipLevel, { kind: 'quantile' }> {
  return typeof level === 'object' && level.kind === 'quantile';
}

/** log(L_{t+1}/L_t) of a running quantile is `a`·c + `b`, c the part that was clipped. */
export function drift({ quantile, rate = 0.2 }: Extract<ClipLevel, { kind: 'quantile' }>): { a: number; b: number } {
  return { a: rate, b: -rate * (1 - quantile) };
}

/** @throws RangeError for a level that is missing or out of range */
export function checkLevel(where: string, level: ClipLevel | undefined): ClipLevel {
  const todo = 'suggestClipLevel() finds one.';
  if (level === undefined || level === null || typeof level === 'number') {
    if (!(level! > 0)) throw invalid(where, 'clip.level', level, 'a number > 0', todo);
    return level!;
  }
  requireOptions<Record<'kind' | 'start' | 'a' | 'quantile' | 'rate', unknown>>(where, level as never, { kind: 1, start: 1, a: 1, quantile: 1, rate: 1 }, 'clip.level'); // prettier-ignore
  oneOf(where, 'clip.level.kind', level.kind, ['growing', 'quantile']);
  positive(where, 'clip.level.start', level.start, todo);
  if (level.kind === 'growing') {
    if (!(level.a > 1 && level.a <= 2)) {
      throw invalid(
        where,
        'clip.level.a',
        level.a,
        'above 1 and at most 2',
        'The noise must have moments of that order.',
      );
    }
  } else {
    inside(where, 'clip.level.quantile', level.quantile, 'For instance 0.9.');
    if (level.rate !== undefined) positive(where, 'clip.level.rate', level.rate, 'Leave it out for 0.2.');
  }
  return level;
}
