/** Which methods are trained in which tier: names of tables and figures, and the options behind them. */
import type { Tier } from '@assay-ml/claims';
import type { TrainConfig } from './cells/train.js';
import type { MethodConfig } from './methods.js';

/** Rates that all methods share: the paper's, and one above. */
export const RATES = [1e-3, 3e-3] as const;
/** Densities of columns; 0 is signSGD, 0.25 the paper's. */
const DENSITIES = [0, 0.0625, 0.25, 0.5, 1] as const;
/** Steps between refreshes of columns. */
const PERIODS = [1, 10, 50, 100, 500] as const;
/** Scales of the state-free rule. */
export const SCALES = { sign: [0.1, 0.3, 1, 3], sgd: [10, 100, 1000, 10_000] } as const;

const columns = (rest: Omit<MethodConfig, 'method'> = {}): MethodConfig => ({ method: 'FRUGAL', projector: 'columns', ...rest }); // prettier-ignore

/** What every tier trains. */
export const MAIN = {
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

/** The methods with residual whose projectors C5 compares. */
export const PROJECTORS = ['blocks', 'columns', 'SVD'] as const;

/** Columns at another density. */
export const atDensity = (rho: number): MethodConfig => (rho === 0.25 ? MAIN.columns : columns({ rho }));
/** Columns with another T. */
export const atPeriod = (period: number): MethodConfig => (period === 100 ? MAIN.columns : columns({ period }));
/** Columns with another state-free rule or scale. */
export const atScale = (free: keyof typeof SCALES, freeScale: number): MethodConfig =>
  free === 'sign' && freeScale === 1 ? MAIN.columns : columns({ free, freeScale });
/** rho 0 with a further part of the network state-free. */
export const without = (part: 'output' | 'embedding'): MethodConfig => columns({ rho: 0, project: ['linear', part] });

/** Beside the paper's comparison, at standard. */
const FURTHER: Readonly<Record<string, MethodConfig>> = {
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

/** The length of a training. Half the specification's at quick, where two cores have a minute. */
export const lengthOf = (tier: Tier) => ({ steps: tier === 'quick' ? 500 : 1000, batch: 128 });

/** Densities and periods of a tier. */
export const densitiesOf = (tier: Tier) => (tier === 'quick' ? ([0, 0.0625, 0.25, 1] as const) : DENSITIES);
export const periodsOf = (tier: Tier) => (tier === 'quick' ? ([1, 100] as const) : PERIODS);
export const ratesOf = (tier: Tier) => (tier === 'quick' ? RATES.slice(0, 1) : RATES);

/** The trainings of a tier. */
export function trainingsOf(tier: Tier): TrainConfig[] {
  const length = lengthOf(tier);
  const main = ratesOf(tier).flatMap((rate) => Object.values(MAIN).map((method) => ({ ...method, rate, ...length })));
  const at = (methods: readonly MethodConfig[]) => methods.map((method) => ({ ...method, rate: RATES[0], ...length }));
  const sweeps = at([
    ...densitiesOf(tier).filter((rho) => rho !== 0 && rho !== 0.25).map(atDensity),
    ...periodsOf(tier).filter((period) => period !== 100).map(atPeriod),
  ]); // prettier-ignore
  if (tier === 'quick') return [...main, ...sweeps];
  const scales = [...SCALES.sign.filter((s) => s !== 1).map((s) => atScale('sign', s)), ...SCALES.sgd.map((s) => atScale('sgd', s))]; // prettier-ignore
  return [...main, ...sweeps, ...at([...scales, without('output'), without('embedding'), ...Object.values(FURTHER)])];
}
