/** The grids of each tier: at most 150 points a method, tuned on one seed, the best three run again on ten (spec §3.6, §6). */
import type { Tier } from '@assay-ml/claims';
import type { GridConfig } from './cells/grids.js';
import { HUNDRED, LINE } from './rows.js';

const decades = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, k) => Number(`1e${from + k}`));

const AGAIN = 10;
/** Rounds of the grids in 100 dimensions: converged runs need 20. */
const rounds = (tier: Tier): number => (tier === 'quick' ? 40 : 200);

/** A row without what the grid varies. */
function without<T extends object>(row: T, ...names: readonly string[]): T {
  return Object.fromEntries(Object.entries(row).filter(([key]) => !names.includes(key))) as T;
}

const line = (row: keyof typeof LINE, axes: GridConfig['axes'], ...free: readonly string[]): GridConfig => ({
  problem: 'line',
  fixed: without(LINE[row], ...free) as never,
  axes,
  again: AGAIN,
});

const hundred = (tier: Tier, row: string, axes: GridConfig['axes'], again = 0): GridConfig => ({
  problem: 'hundred',
  fixed: { ...without(HUNDRED[row]!, ...Object.keys(axes)), rounds: rounds(tier) },
  axes,
  // Without randomness a second run is the first.
  again,
});

export const GRIDS = {
  SO: () => line('SO', { eta: decades(-8, -2) }, 'eta'),
  NASTYA: () => line('NASTYA', { etaOuter: decades(-8, -2), eta: decades(-9, -6) }, 'eta', 'etaOuter'),
  CSO: () => line('CSO', { eta: decades(-8, -2), clip: decades(0, 5) }, 'eta', 'clip'),
  CLERR: () =>
    line('CLERR, shuffle-once', { lr: decades(-6, -1), level: decades(0, 5), eta: decades(-9, -7) }, 'eta', 'c0', 'c1'),
  'Clip-LocalGDJ': (tier: Tier) =>
    hundred(tier, '10, Clip-LocalGDJ τ=10', {
      alpha: decades(-10, -5),
      c0: [1e3, 1e4, 1e5],
      c1: tier === 'quick' ? [1e-10, 1e-2, 1] : [0, 1e-10, 1e-6, 1e-4, 1e-2, 1],
    }),
  CELGC: (tier: Tier) =>
    hundred(tier, '10, CELGC τ=10', { c0: decades(2, 7), c1: [0, 1e-15, 1e-10, 1e-6, 1e-4, 1e-2, 1] }),
  'CE-FedAvg': (tier: Tier) =>
    hundred(tier, '1, CE-FedAvg τ=10', { etaServer: decades(0, 3), alpha: decades(-10, -4), clip: [1, 10, 100, 1000] }),
  'RR-CLI': (tier: Tier) =>
    hundred(
      tier,
      '1, RR-CLI',
      { alpha: [1e-10, 1e-8, 1e-6], gammaServer: [1e-10, 1e-8, 1e-6], c0: decades(3, 6), c1: [0, 1e-10, 1e-4, 1e-2] },
      AGAIN,
    ),
} as const satisfies Record<string, (tier: Tier) => GridConfig>;

export type GridName = keyof typeof GRIDS;

/** Grids that quick has time for. */
export const QUICK_GRIDS: readonly GridName[] = ['SO', 'NASTYA', 'CSO', 'CLERR', 'Clip-LocalGDJ'];
