/** What FRUGAL is compared with, under the same interface. Those that are FRUGAL with other options say which. */
import { frugal } from '../frugal.js';
import type { Method } from '../method.js';
import type { FrugalOptions } from '../options.js';
import { settingsOf } from '../options.js';

/** Options of a baseline: FRUGAL's, but those that make it what it is. */
export type BaselineOptions<Fixed extends keyof FrugalOptions> = Omit<FrugalOptions, Fixed>;

type Whole = BaselineOptions<'project' | 'projector' | 'rho' | 'period' | 'rule' | 'free' | 'freeScale' | 'refresh'>;

const whole = (options: Whole, rule: NonNullable<FrugalOptions['rule']>): Method => {
  settingsOf(rule, options);
  return frugal({ ...options, rule, project: [] });
};

/** Full-rank AdamW: every tensor has the whole state. */
export const adamw = (options: Whole): Method => whole(options, 'adam');

/** Full-rank Lion. */
export const lion = (options: Whole): Method => whole(options, 'lion');

/** SGD with momentum. */
export const sgdm = (options: Whole): Method => whole(options, 'sgdm');

/** Adam with one second moment a row. */
export const adamMini = (options: Whole): Method => whole(options, 'adam-mini');

/** Muon for the projectable tensors, Adam for the others. */
export const muon = (options: Omit<Whole, 'regularRule'> & Pick<FrugalOptions, 'regularRule' | 'project'>): Method =>
  frugal({ ...options, rule: 'muon', projector: 'blocks', rho: 1, refresh: 'keep', free: 'none' });

/** signSGD of the projectable tensors, Adam for the others: FRUGAL at rho 0. */
export const signSgd = (options: BaselineOptions<'rho' | 'free'>): Method => frugal({ ...options, rho: 0 });

/** GaLore: SVD, the state kept over refreshes, no residual. Authors: scale 0.25 and rate 0.01; here `projectedScale` 1 unless given. */
export const galore = (options: BaselineOptions<'free' | 'refresh'>): Method =>
  frugal({ projector: 'svd', ...options, free: 'none', refresh: 'keep' });

/** BAdam: blocks of whole layers in descending order, reset when they change, the others not updated. */
export const badam = (options: BaselineOptions<'free' | 'refresh' | 'projector'>): Method =>
  frugal({ unit: 'layer', ...options, projector: 'blocks', free: 'none', refresh: 'reset' });

/** Fira: GaLore with the residual, scaled by channels as the projected part was, its norm growing by 1 % a step at most. */
export const fira = (options: BaselineOptions<'free' | 'refresh'>): Method =>
  frugal({ projector: 'svd', ...options, free: 'fira', refresh: 'keep' });

/** APOLLO: the raw gradient, scaled by channels as a random projection of rank `rank` (default rho's) was by Adam. */
export const apollo = (options: BaselineOptions<'free' | 'refresh' | 'projector'>): Method =>
  frugal({ ...options, projector: 'gaussian', free: 'apollo', refresh: 'keep' });

/** APOLLO-Mini: rank 1 and one scale a tensor, times √128 unless `freeScale` says otherwise. */
export const apolloMini = (options: BaselineOptions<'free' | 'refresh' | 'projector' | 'rank' | 'rho'>): Method =>
  frugal({ freeScale: Math.sqrt(128), ...options, projector: 'gaussian', rank: 1, free: 'apollo-mini', refresh: 'keep' }); // prettier-ignore
