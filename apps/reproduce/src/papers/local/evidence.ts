/** From cell records to the numbers a claim is judged by. Pure functions. */
import type { CellRecord, Evidence, Json } from '@assay-ml/claims';

/**
 * The finished cells of one experiment whose configuration agrees with `where`, in the order of their seeds.
 * @param free a factor of `where` that may have any value: the one that a sweep varies
 */
export function select(
  records: readonly CellRecord[],
  experiment: string,
  where: Readonly<Record<string, Json>> = {},
  free?: string,
): CellRecord[] {
  const agrees = (config: Readonly<Record<string, Json>>): boolean =>
    Object.entries(where).every(([key, wanted]) => key === free || config[key] === wanted);
  return records
    .filter((r) => r.experiment === experiment && r.status === 'done' && agrees(r.config as Record<string, Json>))
    .sort((a, b) => a.seed - b.seed);
}

/**
 * The number at a path of a record's values.
 * @throws TypeError when there is none: a claim and its cell disagree, which no verdict may hide.
 */
export function value(record: CellRecord, ...path: string[]): number {
  let at: Json | undefined = record.values;
  for (const key of path) at = (at as Record<string, Json> | undefined)?.[key];
  if (typeof at !== 'number') {
    throw new TypeError(`evidence: cell ${record.id} (${record.experiment}) has no number at '${path.join('.')}'.`);
  }
  return at;
}

/** The number at a path of a record's configuration. */
export function parameter(record: CellRecord, key: string): number {
  return (record.config as Record<string, Json>)[key] as number;
}

type Pair = Extract<Evidence, { kind: 'paired' }>['pairs'][number];

/** One pair a record: `a` and `b` read from the same cell, the block is (configuration, seed). */
export function pairs(
  records: readonly CellRecord[],
  a: (record: CellRecord) => number,
  b: (record: CellRecord) => number,
  part?: string,
): Pair[] {
  return records.map((r) => ({ block: block(r), a: a(r), b: b(r), ...(part === undefined ? {} : { part }) }));
}

/** One pair a seed: `a` from one configuration, `b` from another of the same instance. */
export function across(
  first: readonly CellRecord[],
  a: (record: CellRecord) => number,
  second: readonly CellRecord[],
  b: (record: CellRecord) => number,
  part?: string,
): Pair[] {
  const bySeed = new Map(second.map((r) => [r.seed, r]));
  return first.flatMap((r) => {
    const partner = bySeed.get(r.seed);
    return partner ? [{ block: String(r.seed), a: a(r), b: b(partner), ...(part === undefined ? {} : { part }) }] : [];
  });
}

/** Evidence of a paired rule, or why there is none. */
export function paired(list: Pair[]): Evidence {
  return list.length > 0
    ? { kind: 'paired', pairs: list }
    : { kind: 'none', why: 'no finished cell of its experiment' };
}

function block(record: CellRecord): string {
  return `${JSON.stringify(record.config)}#${record.seed}`;
}

/** Geometric mean; how final gradient norms are summarised over seeds in figures. */
export function geometricMean(xs: readonly number[]): number {
  return Math.exp(xs.reduce((sum, x) => sum + Math.log(x), 0) / xs.length);
}
