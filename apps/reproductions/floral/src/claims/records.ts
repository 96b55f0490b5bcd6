/** What claims read of records: those of one planned run, and their curves. */
import type { CellRecord, Json, Table } from '@assay-ml/claims';
import { number, select } from '@assay-ml/claims/evidence';
import { mean } from '../evaluate.js';

export const TIERS = ['quick', 'standard', 'full'] as const;

/** Finished cells of exactly this configuration, in the order of their seeds. */
export function runsOf(records: readonly CellRecord[], experiment: string, config: object): CellRecord[] {
  const wanted = Object.entries(config) as [string, Json][];
  return select(records, experiment, (found) => {
    const keys = Object.keys(found);
    return keys.length === wanted.length && wanted.every(([key, value]) => found[key] === value);
  });
}

export const accuracy = (r: CellRecord) => number(r, 'accuracy');

/** The value of a curve of [round, value] at a round. @throws TypeError where the curve has none there */
export function atRound(record: CellRecord, curve: string, round: number): number {
  const points = record.values[curve] as readonly (readonly [number, number])[];
  const found = points.find(([r]) => r === round)?.[1];
  if (typeof found !== 'number') throw new TypeError(`evidence: cell ${record.id} has no ${curve} at round ${round}.`);
  return found;
}

const bandOf = (values: readonly number[]) => ({
  y: mean(values),
  low: Math.min(...values),
  high: Math.max(...values),
});

/** Points of a curve, their mean and range over seeds, a series. */
export function band(records: readonly CellRecord[], curve: string, series: string, facet?: string) {
  const all = records.map((r) => r.values[curve] as readonly (readonly [number, number])[]);
  return (all[0] ?? []).map(([x], k) => {
    const values = all.map((points) => points[k]![1]);
    return { x, ...bandOf(values), series, ...(facet === undefined ? {} : { facet }) };
  });
}

/** A bar with its range over seeds; none without records. */
export const bar = (records: readonly CellRecord[], x: string, facet: string) =>
  records.length === 0 ? [] : [{ x, ...bandOf(records.map(accuracy)), facet }];

/** Means over seeds, a row a method with the records of each column; a dash where nothing ran. */
export const meansTable = (
  title: string,
  columns: readonly string[],
  rows: readonly (readonly [string, readonly (readonly CellRecord[])[], ((r: CellRecord) => number)?])[],
): Table => ({
  title,
  columns: ['method', ...columns],
  rows: rows.map(([name, cells, value = accuracy]) => [
    name,
    ...cells.map((found) => (found.length === 0 ? '–' : mean(found.map(value)))),
  ]),
});
