/** What the theory's cells are run with. */
import type { LemmaConfig } from './cells/lemmas.js';
import type { QuadraticConfig } from './cells/quadratics.js';
import type { VarianceConfig } from './cells/variance.js';

/** Decays of the mismatch. */
export const BETAS = [0.25, 0.5, 0.75] as const;
/** The last horizon. */
export const HORIZON = 50_000;

export const QUADRATICS: readonly QuadraticConfig[] = [
  ...BETAS.flatMap((beta): QuadraticConfig[] => [
    { wrong: 'biased', beta, H: 1, T: HORIZON },
    { wrong: 'noisy', beta, H: 1, T: HORIZON },
    { wrong: 'biased', beta, H: 5, T: 6400 },
  ]),
  { wrong: 'routed', beta: 0, H: 1, T: HORIZON },
];

/** Clients and groups whose noise is compared. */
export const VARIANCES = [
  [16, 1],
  [16, 2],
  [16, 4],
  [16, 8],
  [32, 4],
  [64, 4],
] as const;

export const VARIANCE: readonly VarianceConfig[] = [
  ...VARIANCES.map(([K, C]): VarianceConfig => ({ K, C, horizons: [400], runs: 300 })),
  { K: 16, C: 4, horizons: [400, 800, 1600, 3200, 6400], runs: 80 },
];

export const LEMMAS: readonly LemmaConfig[] = [
  { K: 16, C: 4, draws: 2000 },
  { K: 12, C: 2, draws: 2000 },
  { K: 10, C: 5, draws: 2000 },
];
