/** What changes from step to step, as plain data: rates, rho, and the steps between refreshes. Steps count from 0. */
import { integer, invalid, options } from '@assay-ml/numerics/check';

export { checkRate, type Rate, rateAt } from '@assay-ml/networks';

/** rho: a number, or a linear fall from `start` to `end` over `steps` (AdaFRUGAL: .25, .05, 200,000); read at each refresh. */
export type Density = number | { readonly start: number; readonly end: number; readonly steps: number };

/** @throws RangeError for a density outside [0, 1] */
export function checkDensity(where: string, rho: Density): Density {
  const share = (name: string, value: number) => {
    if (!(value >= 0 && value <= 1)) throw invalid(where, name, value, 'from 0 to 1', 'It is the part of the projectable weights that has state.'); // prettier-ignore
  };
  if (typeof rho === 'object' && rho !== null) {
    options(where, rho, { start: 1, end: 1, steps: 1 });
    share('rho.start', rho.start);
    share('rho.end', rho.end);
    integer(where, 'rho.steps', rho.steps, 1, 'It is the number of steps of the fall.');
  } else share('rho', rho);
  return rho;
}

/** rho in step k. */
export function densityAt(rho: Density, k: number): number {
  if (typeof rho === 'number') return rho;
  return rho.start - (rho.start - rho.end) * Math.min(1, k / rho.steps);
}

/** AdaFRUGAL's T: what validation says about it. */
export interface AdaptivePeriod {
  /** Change of the loss below which T grows. Default 0.005. */
  readonly threshold?: number;
  /** Default 1.5. */
  readonly factor?: number;
  /** Default 1000. */
  readonly most?: number;
}

/** T after a validation: longer, once the loss hardly changes. Set `state.period` to it; call it every few thousand steps. */
export function adaptedPeriod(period: number, before: number, now: number, given: AdaptivePeriod = {}): number {
  options<AdaptivePeriod>('adaptedPeriod', given, { threshold: 1, factor: 1, most: 1 });
  const { threshold = 0.005, factor = 1.5, most = 1000 } = given;
  integer('adaptedPeriod', 'period', period, 1, 'It is T, the steps between refreshes.');
  for (const [name, loss] of Object.entries({ before, now })) {
    if (!Number.isFinite(loss)) throw invalid('adaptedPeriod', name, loss, 'a finite loss', 'Leave T as it is.');
  }
  return Math.abs(now - before) < threshold ? Math.min(most, Math.floor(period * factor)) : period;
}
