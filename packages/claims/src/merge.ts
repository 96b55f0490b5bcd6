/** Joins the folders of a run's shards into one, and judges it. */
import { complaint, requireOptions } from '@assay-ml/numerics/check';
import canonicalize from 'canonicalize';
import { environment, type Environment } from './environment.js';
import { plan } from './plan.js';
import { askedFor, conclude, runFile, sourcesOf, type RunResult } from './run.js';
import { openStore, readRecords, readRun, type RunFile } from './store.js';
import { StoreError } from './store-error.js';
import type { CellRecord, Reproduction } from './types.js';

/** How to merge. */
export interface MergeOptions {
  /** Folder to write; may be one of the merged. */
  readonly out: string;
  /** Default: this machine, and the checkout around the working folder. */
  readonly environment?: Environment;
}

/**
 * Join the cells of several results folders. When every cell is there the claims are judged and `verdicts.json` is
 * written; otherwise `failures` says how many are missing (exit code 2), and a run in `out` completes them.
 * @param reproduction the one that made them, as it stands now: claims may have changed, cells not
 * @param folders results folders of shards of one run
 * @throws RangeError when there are no folders, or an option is not known; TypeError for folders that are no list
 * @throws StoreError `mismatch` when a folder has no run, or another key, tier, choice of claims, seeds, backend (its threads, its version), engine or code version, or a cell has
 *   other values in one folder than in another
 */
export async function merge(
  reproduction: Reproduction,
  folders: readonly string[],
  options: MergeOptions,
): Promise<RunResult> {
  requireOptions<MergeOptions>('merge', options, { out: 1, environment: 1 });
  const { out, environment: given } = options;
  if (!Array.isArray(folders)) throw new TypeError(complaint('merge', 'folders', folders, 'an array of paths'));
  const start = performance.now();
  const [first, ...others] = folders.map((folder) => ({ folder, run: runOf(folder) }));
  if (first === undefined) throw new RangeError(`merge: 'folders' is empty; must name the shards' results folders.`);
  for (const other of others) refuseDifferent(first, other);
  const { key } = first.run;
  if (key !== reproduction.key) {
    throw new StoreError('mismatch', `merge: '${first.folder}' holds '${key}', not '${reproduction.key}'.`);
  }
  const planned = await plan(reproduction, askedFor(first.run));
  const now = Object.fromEntries(Object.entries(planned.code).map(([id, { hash }]) => [id, hash]));
  refuseDifferentCode('the code as built here', now, first.folder, codeOf(first.run));

  const store = openStore(out, planned);
  try {
    const found = new Map<string, Found>();
    const places = [[out, store.found] as const, ...folders.map((folder) => [folder, readRecords(folder)] as const)];
    for (const [folder, records] of places) {
      for (const [id, record] of records) {
        const before = found.get(id);
        if (before !== undefined) refuseDifferentValues(before, { folder, record });
        if (before?.record.status !== 'done') found.set(id, { folder, record });
      }
    }
    const records = planned.cells.flatMap(({ id }) => found.get(id)?.record ?? []);
    const where = given ?? environment();
    const run = runFile(planned, records.length, { name: 'merge', jobs: 1 }, where);
    const earlier = store.found.size === 0 ? null : readRun(out);
    const sources = [...(earlier === null ? [] : [earlier]), first.run, ...others.map((other) => other.run)];
    store.begin({ ...run, ...sourcesOf(run, sources) });
    for (const record of records) if (store.found.get(record.id)?.status !== record.status) store.append(record);
    return conclude(reproduction, planned, records, store, {
      folder: out,
      reused: records.length,
      aborted: false,
      where,
      seconds: () => (performance.now() - start) / 1000,
    });
  } finally {
    store.close();
  }
}

interface Found {
  readonly folder: string;
  readonly record: CellRecord;
}

/** A cell is a pure function: two values of one mean that what computed them is not what its id says. */
function refuseDifferentValues(a: Found, b: Found): void {
  if (a.record.status !== 'done' || b.record.status !== 'done') return;
  if (canonicalize(a.record.values) === canonicalize(b.record.values)) return;
  const { id, experiment, seed } = a.record;
  throw new StoreError(
    'mismatch',
    `merge: cell ${id} (${experiment}, seed ${seed}) has other values in '${a.folder}' than in '${b.folder}', though its id says they are of one code and configuration. ` +
      `Compare the machines and versions in their run.json, see which one \`assay show ${id}\` repeats, and leave the other out.`,
  );
}

interface Source {
  readonly folder: string;
  readonly run: RunFile;
}

function runOf(folder: string): RunFile {
  const run = readRun(folder);
  if (run === null)
    throw new StoreError('mismatch', `merge: '${folder}' has no run.json. Name the shards' results folders.`);
  return run;
}

function refuseDifferent(a: Source, b: Source): void {
  for (const field of [
    'key',
    'tier',
    'only',
    'seedCount',
    'firstSeed',
    'backend',
    'threads',
    'backendVersion',
    'engine',
  ] as const) {
    const [x, y] = [a.run[field], b.run[field]].map((v) => JSON.stringify(v) ?? 'the default');
    if (x !== y) {
      throw new StoreError('mismatch', `merge: '${field}' is ${x} in '${a.folder}' but ${y} in '${b.folder}'.`);
    }
  }
  refuseDifferentCode(a.folder, codeOf(a.run), b.folder, codeOf(b.run));
}

function refuseDifferentCode(
  nameA: string,
  a: Readonly<Record<string, string>>,
  nameB: string,
  b: Readonly<Record<string, string>>,
): void {
  for (const id of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (a[id] !== b[id]) {
      const [x, y] = [a[id], b[id]].map((hash) => hash?.slice(0, 12) ?? 'none');
      throw new StoreError(
        'mismatch',
        `merge: the code version of experiment '${id}' is ${x} in ${nameA} but ${y} in ${nameB}. Run the shards with one build.`,
      );
    }
  }
}

function codeOf(run: RunFile): Record<string, string> {
  return Object.fromEntries(Object.entries(run.experiments).map(([id, { code }]) => [id, code]));
}
