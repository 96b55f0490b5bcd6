/** How the cells of this paper are named, grouped and read. Pure functions. */
import type { CellRecord } from '@assay-ml/claims';
import { list } from '@assay-ml/claims/evidence';

/** The last number of a list there: where a curve ends. */
export const last = (record: CellRecord, ...path: string[]): number => list(record, ...path).at(-1)!;

/** ER50, k = 4. */
export function label(record: CellRecord): string {
  const { kind, d, degree } = record.config as { kind?: string; d: number; degree: number };
  return `${kind ?? 'ER'}${d}, k = ${degree}`;
}

/** Rows that have the same key, in order of appearance. */
export function grouped<T>(rows: readonly T[], key: (row: T) => readonly unknown[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const name = JSON.stringify(key(row));
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups.values()];
}

/** The processor's time on a cell; null where its store has none. Wall time also counts what else the machine did. */
export const processorSeconds = (record: CellRecord): number | null => record.processorSeconds ?? null;

/** A pair whose block is its seed: graphs of one seed and size share their noise, and random orders their draws. */
export const ofSeed = ({ seed }: CellRecord, a: number, b: number, part?: string) => ({
  block: String(seed),
  a,
  b,
  ...(part === undefined ? {} : { part }),
});
