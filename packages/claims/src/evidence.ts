/**
 * From cell records to the numbers a claim is judged by: what `evidence` functions are written with. Pure functions.
 *
 * They fail loudly: a condition of a claim whose cells are not there must not fall away unseen.
 */
import { requireKeys, requireList, requireText } from '@assay-ml/numerics/check';
import type { CellRecord, Evidence, Json, Table } from './types.js';

/** A sample of a paired rule. */
export type Pair = Extract<Evidence, { kind: 'paired' }>['pairs'][number];

/** Which configurations: those that agree in every named factor, or those a function says yes to. */
export type Where = Readonly<Record<string, Json>> | ((config: Readonly<Record<string, Json>>) => boolean);

/**
 * The finished cells of one experiment whose configuration agrees with `where`, in the order of their seeds.
 * @param where default: all of them
 * @param free a factor of `where` that may have any value: the one that a sweep varies
 * @throws TypeError for arguments of another kind
 */
export function select(
  records: readonly CellRecord[],
  experiment: string,
  where: Where = {},
  free?: string,
): CellRecord[] {
  requireList('select', 'records', records, '[...readRecords(folder).values()] are those of a folder.');
  const agrees =
    typeof where === 'function'
      ? where
      : (config: Readonly<Record<string, Json>>) =>
          Object.entries(where).every(([key, wanted]) => key === free || config[key] === wanted);
  return records
    .filter((r) => r.experiment === experiment && r.status === 'done' && agrees(r.config as Record<string, Json>))
    .sort((a, b) => a.seed - b.seed);
}

/**
 * What lies at a path of a record's values.
 * @throws TypeError when nothing does: a claim and its cell disagree, which no verdict may hide
 */
export function at(record: CellRecord, ...path: string[]): Json {
  requireKeys('at', 'record', record, ['values'], 'select() finds records.');
  let found: Json | undefined = record.values;
  for (const key of path) found = (found as Record<string, Json> | null | undefined)?.[key];
  if (found === undefined) throw nowhere(record, 'nothing', path);
  return found;
}

/**
 * The number at a path of a record's values.
 * @throws TypeError when there is none
 */
export function number(record: CellRecord, ...path: string[]): number {
  const found = at(record, ...path);
  if (typeof found !== 'number') throw nowhere(record, 'no number', path);
  return found;
}

/**
 * The list of numbers at a path of a record's values.
 * @throws TypeError when there is none
 */
export function list(record: CellRecord, ...path: string[]): readonly number[] {
  const found = at(record, ...path);
  if (!Array.isArray(found) || !found.every((x) => typeof x === 'number')) {
    throw nowhere(record, 'no list of numbers', path);
  }
  return found as number[];
}

function nowhere({ id, experiment }: CellRecord, what: string, path: readonly string[]): TypeError {
  return new TypeError(`evidence: cell ${id} (${experiment}) has ${what} at '${path.join('.')}'.`);
}

/**
 * A factor of a record's configuration that is a number.
 * @throws TypeError when it is none
 */
export function parameter(record: CellRecord, key: string): number {
  requireKeys('parameter', 'record', record, ['config'], 'select() finds records.');
  const { id, experiment, config } = record;
  const found = (config as Record<string, Json>)[key];
  if (typeof found !== 'number') {
    throw new TypeError(`evidence: cell ${id} (${experiment}) has no number '${key}' in its configuration.`);
  }
  return found;
}

/** A pair of one record; its block is (configuration, seed). @throws TypeError for arguments of another kind */
export function pair(record: CellRecord, a: number, b: number, part?: string): Pair {
  requireKeys('pair', 'record', record, ['config', 'seed'], 'select() finds records.');
  const block = `${JSON.stringify(record.config)}#${record.seed}`;
  return { block, a, b, ...(part === undefined ? {} : { part }) };
}

/**
 * A {@link pair} of each record: both sides read from the same cell.
 * @throws TypeError when there is no record
 */
export function pairs(
  records: readonly CellRecord[],
  a: (record: CellRecord) => number,
  b: (record: CellRecord) => number,
  part?: string,
): Pair[] {
  requireList('pairs', 'records', records, 'select() finds some.');
  if (records.length === 0) throw new TypeError(`evidence: no finished cell for '${part ?? 'the claim'}'.`);
  return records.map((record) => pair(record, a(record), b(record), part));
}

/**
 * One pair a seed: `a` from one configuration, `b` from another of the same instance. The block is the seed.
 * @throws TypeError when there is no record, or a seed is in one of the two alone
 */
export function across(
  first: readonly CellRecord[],
  a: (record: CellRecord) => number,
  second: readonly CellRecord[],
  b: (record: CellRecord) => number,
  part?: string,
): Pair[] {
  requireList('across', 'first', first, 'select() finds some.');
  requireList('across', 'second', second, 'select() finds some.');
  const seeds = (records: readonly CellRecord[]): string => records.map((r) => r.seed).join(', ');
  if (first.length === 0 || seeds(first) !== seeds(second)) {
    throw new TypeError(
      `evidence: '${part ?? 'the claim'}' compares seeds ${seeds(first)} with ${seeds(second)}; must be the same, at least one.`,
    );
  }
  return first.map((record, k) => ({
    block: String(record.seed),
    a: a(record),
    b: b(second[k]!),
    ...(part === undefined ? {} : { part }),
  }));
}

/** Evidence of a paired rule; says so where nothing is there. @throws TypeError for arguments of another kind */
export function paired(samples: readonly Pair[]): Evidence {
  requireList('paired', 'samples', samples, 'pairs() makes them.');
  return samples.length === 0 ? NO_CELL : { kind: 'paired', pairs: samples };
}

/**
 * Evidence of an exact rule, a check a record; shows the largest value.
 * @param unit of the value
 * @throws TypeError for arguments of another kind
 */
export function exactly(
  records: readonly CellRecord[],
  check: (record: CellRecord) => { readonly name: string; readonly holds: boolean; readonly value: number },
  unit: string,
): Evidence {
  requireList('exactly', 'records', records, 'select() finds some.');
  if (records.length === 0) return NO_CELL;
  const checks = records.map(check);
  const measured = checks.reduce((largest, { value }) => Math.max(largest, value), -Infinity);
  return { kind: 'exact', checks, measured, unit };
}

const NO_CELL: Evidence = { kind: 'none', why: 'no finished cell of its experiment' };

/** One number of a source beside ours. */
export interface Beside {
  readonly setting: string;
  /** As printed; text where the source prints more than a number. */
  readonly reference: number | string;
  readonly ours: number;
  /** Prediction interval of a random entry; absent where the entry is exact. */
  readonly interval?: readonly [number, number];
  readonly inside: boolean;
}

/** A source's numbers beside ours, as the table of the claim that compares them: a row each, in the order given. @throws TypeError for arguments of another kind */
export function besideTable(title: string, entries: readonly Beside[]): Table {
  requireText('besideTable', 'title', title, 'Say what is compared.');
  requireList('besideTable', 'entries', entries, 'Give one a setting.');
  return {
    title,
    columns: ['setting', 'reference', 'ours', 'interval', 'inside'],
    rows: entries.map(({ setting, reference, ours, interval, inside }) => [
      setting,
      reference,
      ours,
      interval ?? 'none: exact',
      inside ? 'yes' : 'no',
    ]),
  };
}
