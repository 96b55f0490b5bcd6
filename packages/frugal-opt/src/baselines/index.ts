/** What FRUGAL is compared with: FRUGAL with the options that make it the method, which are refused when given. */
import { invalid } from '@assay-ml/numerics/check';
import { frugal } from '../frugal.js';
import type { Method } from '../method.js';
import type { FrugalOptions } from '../options.js';

/** Options that are fixed, and defaults that differ from FRUGAL's, by method. */
const PRESETS = {
  adamw: { set: { rule: 'adam', project: [] } },
  lion: { set: { rule: 'lion', project: [] } },
  sgdm: { set: { rule: 'sgdm', project: [] } },
  adamMini: { set: { rule: 'adam-mini', project: [] } },
  muon: { set: { rule: 'muon', projector: 'blocks', rho: 1, refresh: 'keep', free: 'none' } },
  signSgd: { set: { rho: 0, free: 'sign' } },
  galore: { set: { free: 'none', refresh: 'keep' }, defaults: { projector: 'svd' } },
  badam: { set: { projector: 'blocks', free: 'none', refresh: 'reset' }, defaults: { unit: 'layer' } },
  fira: { set: { free: 'fira', refresh: 'keep' }, defaults: { projector: 'svd' } },
  apollo: { set: { projector: 'gaussian', free: 'apollo', refresh: 'keep' } },
  apolloMini: {
    set: { projector: 'gaussian', rank: 1, free: 'apollo-mini', refresh: 'keep' },
    defaults: { freeScale: Math.sqrt(128) },
  },
} as const satisfies Readonly<Record<string, { set: Partial<FrugalOptions>; defaults?: Partial<FrugalOptions> }>>;

/** A method that is FRUGAL with some options fixed. */
export type PresetName = keyof typeof PRESETS;
/** All of them. */
export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

/** Whether a method splits tensors at all: a full-rank one has neither rho nor a projector. */
export function splits(name: PresetName | 'frugal' | 'lora'): boolean {
  return name === 'frugal' || name === 'lora' || !('project' in PRESETS[name].set);
}

/**
 * The options of FRUGAL that make it another method.
 * @throws RangeError for an option that is fixed
 */
export function presetOf<O extends Partial<FrugalOptions>>(name: PresetName, options: O): O {
  const { set, defaults = {} }: { set: Partial<FrugalOptions>; defaults?: Partial<FrugalOptions> } = PRESETS[name];
  for (const option of Object.keys(set) as (keyof FrugalOptions)[]) {
    const given = (options as O | undefined)?.[option];
    if (given !== undefined) throw invalid(name, option, given, 'left out', `It is what makes the method ${name}: take frugal() for others.`); // prettier-ignore
  }
  return typeof options === 'object' && options !== null ? { ...defaults, ...options, ...set } : options;
}

const preset =
  <Name extends PresetName>(name: Name) =>
  (options: Omit<FrugalOptions, keyof (typeof PRESETS)[Name]['set']>): Method =>
    frugal(presetOf(name, options as FrugalOptions));

/** Full-rank AdamW. */
export const adamw = preset('adamw');

/** Full-rank Lion. */
export const lion = preset('lion');

/** SGD with momentum. */
export const sgdm = preset('sgdm');

/** Adam with one second moment a row. */
export const adamMini = preset('adamMini');

/** Muon for the projectable tensors, Adam for the others. */
export const muon = preset('muon');

/** signSGD of the projectable tensors, Adam for the others: FRUGAL at rho 0. */
export const signSgd = preset('signSgd');

/** GaLore: SVD, the state kept over refreshes, no residual. The authors' scale is `projectedScale: 0.25` at rate 0.01. */
export const galore = preset('galore');

/** BAdam: blocks of whole layers in descending order, reset when they change, the others not updated. */
export const badam = preset('badam');

/** Fira: GaLore with the residual, scaled by channels as the projected part was, its norm growing by 1 % a step at most. */
export const fira = preset('fira');

/** APOLLO: the raw gradient, scaled by channels as a random projection of rank `rank` (default rho's) was by Adam. */
export const apollo = preset('apollo');

/** APOLLO-Mini: rank 1 and one scale a tensor, times √128 unless `freeScale` says otherwise. */
export const apolloMini = preset('apolloMini');
