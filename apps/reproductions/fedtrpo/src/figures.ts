/** Figures that belong to no single claim. */
import type { CellRecord, Figure, Tier } from '@assay-ml/claims';
import { at } from '@assay-ml/claims/evidence';
import { trained } from './claims/records.js';
import { main } from './plan.js';

const PANELS = { soc: 'state of charge', action: 'action', net: 'net consumption, kWh' } as const;

/** A day of the first building under TRPO's policy beside its optimum. */
function day(records: readonly CellRecord[], tier: Tier): Figure[] {
  const [first] = trained(records, tier, main(tier, 'TRPO'));
  if (first === undefined) return [];
  const picture = at(first, 'picture') as unknown as Record<string, Record<keyof typeof PANELS, readonly number[]>>;
  return [
    {
      title: `A day of the first building under TRPO’s policy, and the optimum; seed ${first.seed}`,
      mark: 'line',
      x: { label: 'hour' },
      y: { label: 'part of the capacity, or kWh' },
      rows: Object.entries(PANELS).flatMap(([name, facet]) =>
        Object.entries(picture).flatMap(
          ([controller, hours]) =>
          hours[name as keyof typeof PANELS].map((y, x) => ({ x, y, series: controller === 'policy' ? 'policy' : 'optimum', facet })), // prettier-ignore
        ),
      ),
    },
  ];
}

export const figures = (records: readonly CellRecord[], tier: Tier): readonly Figure[] => day(records, tier);
