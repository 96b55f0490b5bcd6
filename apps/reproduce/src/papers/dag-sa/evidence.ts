/** From cell records to the numbers a claim is judged by. Pure functions. */
import type { CellRecord, Evidence, Json } from '@assay-ml/claims';

type Pair = Extract<Evidence, { kind: 'paired' }>['pairs'][number];

/** Finished cells of an experiment whose configuration agrees, in the order of their seeds. */
export function select(
  records: readonly CellRecord[],
  experiment: string,
  agrees: (config: Readonly<Record<string, Json>>) => boolean = () => true,
): CellRecord[] {
  return records
    .filter((r) => r.experiment === experiment && r.status === 'done' && agrees(r.config as Record<string, Json>))
    .sort((a, b) => a.seed - b.seed);
}

/** What lies at a path of a record's values. @throws TypeError when nothing does: a claim and its cell disagree */
export function at(record: CellRecord, ...path: string[]): Json {
  let found: Json | undefined = record.values;
  for (const key of path) found = (found as Record<string, Json> | undefined)?.[key];
  if (found === undefined) throw new TypeError(`evidence: cell ${record.id} has nothing at '${path.join('.')}'.`);
  return found;
}

/** A number there. */
export const number = (record: CellRecord, ...path: string[]): number => at(record, ...path) as number;
/** A list of numbers there. */
export const list = (record: CellRecord, ...path: string[]): number[] => at(record, ...path) as number[];

/** The last number of a list there: where a curve ends. */
export const last = (record: CellRecord, ...path: string[]): number => list(record, ...path).at(-1)!;

/** ER50, k = 4. */
export function label(record: CellRecord): string {
  const { kind, d, degree } = record.config as { kind?: string; d: number; degree: number };
  return `${kind ?? 'ER'}${d}, k = ${degree}`;
}

/** A pair of a record; its block is (configuration, seed). */
export function pair(record: CellRecord, a: number, b: number, part?: string): Pair {
  const block = `${JSON.stringify(record.config)}#${record.seed}`;
  return part === undefined ? { block, a, b } : { block, a, b, part };
}

/** Evidence of a paired rule; says so where nothing is there. */
export function paired(pairs: readonly Pair[]): Evidence {
  return pairs.length === 0 ? { kind: 'none', why: 'no finished cell of its experiment' } : { kind: 'paired', pairs };
}

/** Evidence of an exact rule over records. */
export function exactly(
  records: readonly CellRecord[],
  check: (record: CellRecord) => { name: string; holds: boolean; value: number },
  unit: string,
): Evidence {
  if (records.length === 0) return { kind: 'none', why: 'no finished cell of its experiment' };
  const checks = records.map(check);
  return { kind: 'exact', checks, measured: Math.max(...checks.map(({ value }) => value)), unit };
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
