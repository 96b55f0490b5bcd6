/** What FRUGAL is compared with: FRUGAL with the options that make it the method, which are refused when given. */
import { invalid } from '@assay-ml/numerics/check';
import { frugal } from '../frugal.js';
import type { Method } from '../method.js';
import type { FrugalOptions } from '../options.js';

/** FRUGAL with some options fixed and other defaults. */
function fixed<Fixed extends Exclude<keyof FrugalOptions, 'rate'>>(
  name: string,
  set: Pick<FrugalOptions, Fixed>,
  defaults: Partial<FrugalOptions> = {},
) {
  return (options: Omit<FrugalOptions, Fixed>): Method => {
    for (const option of Object.keys(set)) {
      const given = (options as unknown as Record<string, unknown> | undefined)?.[option];
      if (given !== undefined) throw invalid(name, option, given, 'left out', `It is what makes the method ${name}: take frugal() for others.`); // prettier-ignore
    }
    return frugal(
      typeof options === 'object' && options !== null
        ? ({ ...defaults, ...options, ...set } as FrugalOptions)
        : options,
    );
  };
}

/** Every tensor has the whole state of a rule. */
const whole = (name: string, rule: NonNullable<FrugalOptions['rule']>) => fixed(name, { rule, project: [] });

/** Full-rank AdamW. */
export const adamw = whole('adamw', 'adam');

/** Full-rank Lion. */
export const lion = whole('lion', 'lion');

/** SGD with momentum. */
export const sgdm = whole('sgdm', 'sgdm');

/** Adam with one second moment a row. */
export const adamMini = whole('adamMini', 'adam-mini');

/** Muon for the projectable tensors, Adam for the others. */
export const muon = fixed('muon', { rule: 'muon', projector: 'blocks', rho: 1, refresh: 'keep', free: 'none' });

/** signSGD of the projectable tensors, Adam for the others: FRUGAL at rho 0. */
export const signSgd = fixed('signSgd', { rho: 0, free: 'sign' });

/** GaLore: SVD, the state kept over refreshes, no residual. The authors' scale is `projectedScale: 0.25` at rate 0.01. */
export const galore = fixed('galore', { free: 'none', refresh: 'keep' }, { projector: 'svd' });

/** BAdam: blocks of whole layers in descending order, reset when they change, the others not updated. */
export const badam = fixed('badam', { projector: 'blocks', free: 'none', refresh: 'reset' }, { unit: 'layer' });

/** Fira: GaLore with the residual, scaled by channels as the projected part was, its norm growing by 1 % a step at most. */
export const fira = fixed('fira', { free: 'fira', refresh: 'keep' }, { projector: 'svd' });

/** APOLLO: the raw gradient, scaled by channels as a random projection of rank `rank` (default rho's) was by Adam. */
export const apollo = fixed('apollo', { projector: 'gaussian', free: 'apollo', refresh: 'keep' });

/** APOLLO-Mini: rank 1 and one scale a tensor, times √128 unless `freeScale` says otherwise. */
export const apolloMini = fixed(
  'apolloMini',
  { projector: 'gaussian', rank: 1, free: 'apollo-mini', refresh: 'keep' },
  { freeScale: Math.sqrt(128) },
);
