/** The rows of both tables: methods with the authors' best parameters (spec §5.1, §5.3, §5.4). */
import type { MultiClientConfig } from './cells/multi-client.js';
import type { ShufflingConfig } from './cells/shuffling.js';

type Row1 = Omit<ShufflingConfig, 'runs'>;
/** A row in 100 dimensions. */
export type Row2 = Omit<MultiClientConfig, 'runs'>;

const B = { batch: 32 } as const;
const SO = { ...B, order: 'shuffle-once' } as const;
const RR = { ...B, order: 'reshuffle' } as const;
const CLIPPED = { eta: 1e-4, clip: 1e4 } as const;
/** (step size 1e-3, level 1e5). */
const JUMP = { c0: 500, c1: 5e-3 } as const;

export const LINE = {
  SO: { ...SO, eta: 1e-7 },
  RR: { ...RR, eta: 1e-7 },
  'SO, step × 10': { ...SO, eta: 1e-6 },
  NASTYA: { ...SO, eta: 1e-7, etaOuter: 1e-6 },
  'NASTYA, outer step × 10': { ...SO, eta: 1e-7, etaOuter: 1e-5 },
  CSO: { ...SO, ...CLIPPED },
  CRR: { ...RR, ...CLIPPED },
  'clipped, with replacement': { ...B, order: 'with-replacement', ...CLIPPED },
  'CLERR, shuffle-once': { ...SO, eta: 1e-7, ...JUMP },
  'CLERR, reshuffled': { ...RR, eta: 1e-7, ...JUMP },
  'CLERR, inner 1e-8': { ...SO, eta: 1e-8, ...JUMP },
  'CLERR, inner 1e-9': { ...SO, eta: 1e-9, ...JUMP },
  'CLERR, inner 4.9828e-7': { ...SO, eta: 4.9828e-7, ...JUMP },
  'CLERR, theory variant': { ...SO, eta: 1e-7, ...JUMP, norm: 'startGradient' },
  '(L0, L1)-GD': { order: 'incremental', batch: 1000, eta: 0, ...JUMP },
} as const satisfies Record<string, Row1>;

export type LineRow = keyof typeof LINE;

/** Rows without randomness. */
export const EXACT_LINE: readonly LineRow[] = ['(L0, L1)-GD'];

const ROUNDS = { rounds: 200 } as const;
const gdj = (start: number, tau: number, c1: number, alpha = 1e-10): Row2 => ({
  method: 'Clip-LocalGDJ',
  start,
  tau,
  alpha,
  c0: 1e4,
  c1,
  ...ROUNDS,
});
const celgc = (start: number, tau: number, c0: number, c1: number): Row2 => ({ method: 'CELGC', start, tau, c0, c1, ...ROUNDS }); // prettier-ignore
const avg = (start: number, tau: number, alpha: number, etaServer: number, clip: number): Row2 => ({
  method: 'CE-FedAvg',
  start,
  tau,
  alpha,
  etaServer,
  clip,
  ...ROUNDS,
});
const cli = (c0: number): Row2 => ({
  method: 'Clipped RR-CLI',
  start: 1,
  alpha: 1e-10,
  gammaServer: 1e-10,
  c0,
  c1: 1e-10,
  cohort: 2,
  batch: 16,
  ...ROUNDS,
});

/** Rows of the table in 100 dimensions. */
export const HUNDRED: Readonly<Record<string, Row2>> = {
  '1, Clip-LocalGDJ τ=1': gdj(1, 1, 1e-10),
  '1, Clip-LocalGDJ τ=10': gdj(1, 10, 1e-10),
  '1, CELGC τ=10': celgc(1, 10, 1e6, 1e-15),
  '1, CE-FedAvg τ=10': avg(1, 10, 1e-8, 1000, 1),
  '10, Clip-LocalGDJ τ=1': gdj(10, 1, 1e-2),
  '10, Clip-LocalGDJ τ=10': gdj(10, 10, 1e-2),
  '10, CELGC τ=1': celgc(10, 1, 1e5, 1e-10),
  '10, CELGC τ=10': celgc(10, 10, 1e6, 1e-10),
  '10, CE-FedAvg τ=1': avg(10, 1, 1e-5, 1, 10),
  '10, CE-FedAvg τ=10': avg(10, 10, 1e-5, 1, 10),
  '1, RR-CLI': cli(1e5),
  '1, RR-CLI, c0 = 1e4': cli(1e4),
  '1, CE-FedAvg-PP': { ...avg(1, 10, 1e-6, 10, 1), cohort: 2, batch: 16 },
};

/** Rows that draw batches and cohorts. */
export const RANDOM_HUNDRED = ['1, RR-CLI', '1, RR-CLI, c0 = 1e4', '1, CE-FedAvg-PP'] as const;

/** C4: from x_0 = 100 · 1. */
export const FAR = {
  'c0 = 1e4, c1 = 0': { ...gdj(100, 1, 0) },
  'c0 = 1e6, c1 = 0': { ...gdj(100, 1, 0), c0: 1e6 },
  'c0 = 1e7, c1 = 0': { ...gdj(100, 1, 0), c0: 1e7 },
  'c0 = 1e4, c1 = 1e-2': gdj(100, 1, 1e-2),
} as const satisfies Record<string, Row2>;

/** C7: local step sizes at which the floor is looked at. */
export const FLOOR_ALPHAS = [1e-8, 2e-8, 5e-8, 1e-7] as const;
export const floorRow = (alpha: number): Row2 => gdj(1, 10, 1e-10, alpha);

/** C9: local step sizes from the grid's smallest up, from x_0 = 10 · 1. */
export const ALPHAS = [1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5] as const;
export const alphaRow = (alpha: number): Row2 => gdj(10, 10, 1e-2, alpha);

/** (L0, L1)-GD with Clip-LocalGDJ's constants. */
export const gdRow = (start: number, c1: number): Row2 => ({ method: '(L0, L1)-GD', start, c0: 1e4, c1, ...ROUNDS });
