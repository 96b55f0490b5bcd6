/** `assay show <cell>`: runs one cell again, in this process, with its trace. */
import {
  askedFor,
  inProcessExecutor,
  nearest,
  ONE_THREAD,
  plan,
  readRecords,
  readRun,
  resultHash,
  StoreError,
  TIERS,
  type CellRecord,
  type ExitCode,
  type PlannedCell,
  type PlanOptions,
  type Tier,
} from '@assay-ml/claims';
import type { Installed, Loaded } from '../catalogue.js';
import type { Io } from '../io.js';
import { UsageError } from '../usage-error.js';
import { folderOf } from './run.js';

interface Found {
  readonly key: string;
  readonly tier: Tier;
  readonly cell: PlannedCell;
}

/**
 * Prints the cell, its trace line by line as JSON, and its values; on stderr whether they equal the stored ones.
 * @param id a cell's id or its beginning, as in `cells.csv` and `--plan`'s files
 * @param of whose cells; default: those of the installed reproductions
 * @throws UsageError when no cell or more than one begins so
 */
export async function showCell(io: Io, id: string, of?: readonly Loaded[]): Promise<ExitCode> {
  const { key, tier, cell } = await find(io, id, of);
  const line = (content: object): unknown => io.stdout.write(`${JSON.stringify(content)}\n`);
  line({ cell: cell.id, key, experiment: cell.experiment, seed: cell.seed, config: cell.config });
  Object.assign(process.env, ONE_THREAD); // as the workers of a run have it
  const executor = inProcessExecutor({ trace: line });
  let record: CellRecord | undefined;
  await executor.run([cell], { signal: io.signal, onRecord: (finished) => (record = finished) });
  if (record === undefined || record.status === 'failed') {
    io.stderr.write(`cell ${cell.id} failed: ${record?.error ?? 'no record'}\n`);
    return 2;
  }
  line(record.values);
  const stored = readRecords(folderOf(io, key, { tier })).get(cell.id);
  if (stored?.status === 'done') {
    const same = resultHash([stored]) === resultHash([record]);
    io.stderr.write(same ? 'equal to the stored values, bit for bit\n' : 'NOT equal to the stored values\n');
    return same ? 0 : 1;
  }
  return 0;
}

/** Backend and engine of the folder's run, for `plan`; the defaults where there is none, or none that can be read. */
export function computedBy(folder: string): Pick<PlanOptions, 'backend' | 'engine'> {
  try {
    const last = readRun(folder);
    if (last === null) return {};
    const { backend, engine } = askedFor(last);
    return { backend: backend!, ...(engine && { engine }) };
  } catch (error) {
    if (error instanceof StoreError) return {};
    throw error;
  }
}

/** The one cell that begins so: of the reproduction whose results have it, else of any. */
async function find(io: Io, id: string, of?: readonly Loaded[]): Promise<Found> {
  if (of !== undefined) return only(await cellsOf(io, of), id);
  const installed = io.catalogue.installed();
  const holders = installed.filter(({ key }) => storedIds(io, key).some((stored) => stored.startsWith(id)));
  const stored = await plannedOf(io, holders);
  return only(beginning(stored, id).length > 0 ? stored : await plannedOf(io, installed), id);
}

/** The one of some cells that begins so. */
function only(cells: ReadonlyMap<string, Found>, id: string): Found {
  const hits = beginning(cells, id);
  if (hits.length === 1) return cells.get(hits[0]!)!;
  const names = hits.length > 1 ? hits.slice(0, 5) : nearest(id, [...cells.keys()]);
  throw new UsageError(
    `cell is '${id}'; must begin exactly one cell's id (first column of cells.csv; it changes with the cell's code). ${hits.length > 1 ? 'These do' : 'Near ones'}: ${names.join(', ')}`,
  );
}

const storedIds = (io: Io, key: string): string[] =>
  TIERS.flatMap((tier) => [...readRecords(folderOf(io, key, { tier })).keys()]);

const beginning = (cells: ReadonlyMap<string, Found>, id: string): string[] =>
  [...cells.keys()].filter((known) => known.startsWith(id));

/** All cells of some reproductions, by id. */
async function cellsOf(io: Io, loaded: readonly Pick<Loaded, 'reproduction'>[]): Promise<Map<string, Found>> {
  const cells = new Map<string, Found>();
  for (const { reproduction } of loaded) {
    for (const tier of TIERS) {
      const options = computedBy(folderOf(io, reproduction.key, { tier }));
      for (const cell of (await plan(reproduction, { tier, ...options })).cells) {
        if (!cells.has(cell.id)) cells.set(cell.id, { key: reproduction.key, tier, cell });
      }
    }
  }
  return cells;
}

/** {@link cellsOf} what is installed; one that cannot be imported is named on stderr and left out. */
async function plannedOf(io: Io, installed: readonly Installed[]): Promise<Map<string, Found>> {
  const loaded: Loaded[] = [];
  for (const one of installed) {
    try {
      loaded.push(await io.catalogue.load(one));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      io.stderr.write(`${error.message}\n`);
    }
  }
  return cellsOf(io, loaded);
}
