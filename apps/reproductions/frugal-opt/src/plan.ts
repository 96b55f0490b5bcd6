/** Which methods are trained in which tier: names of tables and figures, and the options behind them. */
import type { Tier } from '@assay-ml/claims';
import type { TrainConfig } from './cells/training.js';
import type { MethodConfig } from './methods.js';

/** Rates that all methods share: the paper's, and one above. */
export const RATES = [1e-3, 3e-3] as const;
/** Rates beyond them, which no claim reads: where each method is best. */
const OUTER = [3e-4, 1e-2] as const;
/** Densities of columns; 0 is signSGD, 0.25 the paper's. */
export const DENSITIES = [0, 0.0625, 0.25, 1] as const;
/** Steps between refreshes of columns. */
const PERIODS = [1, 50, 100, 500] as const;
/** Scales of the state-free rule; the smallest of SGD’s is one at which C10 fails. */
export const SCALES = { sign: [0.1, 1, 3], sgd: [10, 100, 1000] } as const;

const columns = (rest: Omit<MethodConfig, 'method'> = {}): MethodConfig => ({ method: 'FRUGAL', projector: 'columns', ...rest }); // prettier-ignore

/** What every tier trains. */
const MAIN = {
  AdamW: { method: 'AdamW' },
  blocks: { method: 'FRUGAL', projector: 'blocks' },
  columns: columns(),
  SVD: { method: 'FRUGAL', projector: 'svd' },
  'rho 0': columns({ rho: 0 }),
  GaLore: { method: 'GaLore' },
  'GaLore, random': { method: 'GaLore', projector: 'random' },
  BAdam: { method: 'BAdam' },
} as const satisfies Readonly<Record<string, MethodConfig>>;

export type MainName = keyof typeof MAIN;
export const MAIN_NAMES = Object.keys(MAIN) as MainName[];

/** The residual network has four layers, the decoder two: BAdam's one active layer is a half there. */
export const mainOf = (tier: Tier): Readonly<Record<MainName, MethodConfig>> =>
  tier === 'quick' ? MAIN : { ...MAIN, BAdam: { ...MAIN.BAdam, rho: 0.5 } };

/** The methods with residual whose projectors C5 compares. */
export const PROJECTORS = ['blocks', 'columns', 'SVD'] as const;

/** Columns at another density. */
export const atDensity = (rho: number): MethodConfig => (rho === 0.25 ? MAIN.columns : columns({ rho }));
/** Columns with another T. */
export const atPeriod = (period: number): MethodConfig => (period === 100 ? MAIN.columns : columns({ period }));
/** Columns with another state-free rule or scale. */
export const atScale = (free: keyof typeof SCALES, freeScale: number): MethodConfig =>
  free === 'sign' && freeScale === 1 ? MAIN.columns : columns({ free, freeScale });
/** Parts that C7 makes state-free. */
export const PARTS = ['output', 'embedding', 'norm'] as const;
/** rho 0 with a further part of the network state-free. */
export const without = (part: (typeof PARTS)[number]): MethodConfig => columns({ rho: 0, project: ['linear', part] });

/** Beside the paper's comparison, on the decoder. */
export const FURTHER: Readonly<Record<string, MethodConfig>> = {
  random: { method: 'FRUGAL', projector: 'random' },
  RandK: { method: 'FRUGAL', projector: 'rand-k' },
  rows: { method: 'FRUGAL', projector: 'rows' },
  'SVD, state kept': { method: 'FRUGAL', projector: 'svd', refresh: 'keep' },
  'SVD, reprojected': { method: 'FRUGAL', projector: 'svd', refresh: 'reproject' },
  Fira: { method: 'Fira' },
  APOLLO: { method: 'APOLLO' },
  'APOLLO-Mini': { method: 'APOLLO-Mini' },
  LoRA: { method: 'LoRA', rank: 12 },
  Lion: { method: 'Lion' },
  SGDM: { method: 'SGDM' },
  Muon: { method: 'Muon' },
  'Adam-mini': { method: 'Adam-mini' },
};

/** The length of a training: half the specification's at quick, where two cores have a minute; the pilots' on the decoder. */
export const lengthOf = (tier: Tier) =>
  ({ quick: { steps: 500, batch: 128 }, standard: { steps: 600, batch: 16 }, full: { steps: 5000, batch: 16 } })[tier];

/** Densities and periods of a tier. */
export const periodsOf = (tier: Tier) => (tier === 'quick' ? ([1, 100] as const) : PERIODS);
export const ratesOf = (tier: Tier) => (tier === 'quick' ? RATES.slice(0, 1) : RATES);
/** All rates of the figure beside the claims. */
export const allRatesOf = (tier: Tier) => (tier === 'quick' ? RATES.slice(0, 1) : [...RATES, ...OUTER].sort((a, b) => a - b)); // prettier-ignore

/** The trainings that claims read. */
export function trainingsOf(tier: Tier): TrainConfig[] {
  const length = lengthOf(tier);
  const main = ratesOf(tier).flatMap((rate) => Object.values(mainOf(tier)).map((method) => ({ ...method, rate, ...length }))); // prettier-ignore
  const sweeps = [
    ...DENSITIES.filter((rho) => rho !== 0 && rho !== 0.25).map(atDensity),
    ...periodsOf(tier).filter((period) => period !== 100).map(atPeriod),
  ]; // prettier-ignore
  const further = [
    ...SCALES.sign.filter((s) => s !== 1).map((s) => atScale('sign', s)),
    ...SCALES.sgd.map((s) => atScale('sgd', s)),
    ...PARTS.map(without),
  ];
  return [...main, ...[...sweeps, ...(tier === 'quick' ? [] : further)].map((method) => ({ ...method, rate: RATES[0], ...length }))]; // prettier-ignore
}

/** The trainings beside them: other methods, and the main ones at rates further out. */
export function furtherOf(tier: Tier): TrainConfig[] {
  const length = lengthOf(tier);
  return [
    ...Object.values(FURTHER).map((method) => ({ ...method, rate: RATES[0], ...length })),
    ...OUTER.flatMap((rate) => Object.values(mainOf(tier)).map((method) => ({ ...method, rate, ...length }))),
  ];
}
