/** Numbers of the world's cells, as claims read them. */
import type { CellRecord, Figure } from '@assay-ml/claims';
import { number, type Pair, pairs, select } from '@assay-ml/claims/evidence';

export const TIERS = ['quick', 'standard', 'full'] as const;
export const EPSILONS = [0.04, 0.06, 0.08, 0.12, 0.16] as const;

export const detections = (records: readonly CellRecord[]): CellRecord[] => select(records, 'detection');

/** A number of one ε. */
export const atEpsilon =
  (epsilon: number, ...path: string[]) =>
  (record: CellRecord): number =>
    number(record, 'byEpsilon', String(epsilon), ...path);

/** A number of each world less another, at each of some ε: a part each. */
export function overEpsilons(
  records: readonly CellRecord[],
  epsilons: readonly number[],
  a: (epsilon: number) => (record: CellRecord) => number,
  b: (epsilon: number) => (record: CellRecord) => number,
): Pair[] {
  return epsilons.flatMap((epsilon) => pairs(detections(records), a(epsilon), b(epsilon), `ε = ${epsilon}`));
}

/** Means over seeds with their range, against ε. */
export function againstEpsilon(
  records: readonly CellRecord[],
  title: string,
  label: string,
  series: Readonly<Record<string, (epsilon: number) => (record: CellRecord) => number>>,
): Figure | null {
  const found = detections(records);
  if (found.length === 0) return null;
  return {
    title,
    mark: 'line',
    x: { label: 'ε' },
    y: { label },
    rows: Object.entries(series).flatMap(([name, of]) =>
      EPSILONS.map((epsilon) => {
        const values = found.map(of(epsilon));
        const y = values.reduce((sum, value) => sum + value, 0) / values.length;
        return { x: epsilon, y, low: Math.min(...values), high: Math.max(...values), series: name };
      }),
    ),
  };
}
