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

/**
 * One pair a record: `a` and `b` read from the same cell, the block is (configuration, seed).
 * @throws TypeError when there is no record: a condition of a claim must not fall away unseen
 */
export function pairs(
  records: readonly CellRecord[],
  a: (record: CellRecord) => number,
  b: (record: CellRecord) => number,
  part?: string,
): Pair[] {
  if (records.length === 0) throw new TypeError(`evidence: no finished cell for '${part ?? 'the claim'}'.`);
  return records.map((r) => ({ block: block(r), a: a(r), b: b(r), ...(part === undefined ? {} : { part }) }));
}

/**
 * One pair a seed: `a` from one configuration, `b` from another of the same instance.
 * @throws TypeError when there is no record, or a seed is in one of the two alone
 */
export function across(
  first: readonly CellRecord[],
  a: (record: CellRecord) => number,
  second: readonly CellRecord[],
  b: (record: CellRecord) => number,
  part?: string,
): Pair[] {
  const seeds = (records: readonly CellRecord[]): string => records.map((r) => r.seed).join(', ');
  if (first.length === 0 || seeds(first) !== seeds(second)) {
    throw new TypeError(
      `evidence: '${part ?? 'the claim'}' compares seeds ${seeds(first)} with ${seeds(second)}; must be the same, at least one.`,
    );
  }
  return first.map((r, k) => ({
    block: String(r.seed),
    a: a(r),
    b: b(second[k]!),
    ...(part === undefined ? {} : { part }),
  }));
}

/** Evidence of a paired rule. */
export function paired(list: Pair[]): Evidence {
  return { kind: 'paired', pairs: list };
}

function block(record: CellRecord): string {
  return `${JSON.stringify(record.config)}#${record.seed}`;
}

/** Geometric mean; how final gradient norms are summarised over seeds in figures. */
export function geometricMean(xs: readonly number[]): number {
  return Math.exp(xs.reduce((sum, x) => sum + Math.log(x), 0) / xs.length);
}
