/**
 * The results folder of one key and tier: `run.json`, `cells.jsonl` and `verdicts.json`.
 *
 * `cells.jsonl` holds one finished cell a line, with the sum of its own content. A line is written at once (a killed process
 * loses nothing that it appended) and the file is synced to disk at most 200 ms later (a power cut loses at most these).
 * Opening the folder again reuses every line that is whole; a broken one, wherever it is, goes to `cells.jsonl.broken-<n>`
 * and its cell runs again. The last line of an id counts.
 */
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { requireText } from '@assay-ml/numerics/check';
import { sha256 } from './code-version.js';
import { LONGEST_TEXT, notValues } from './json.js';
import { lock } from './lock.js';
import type { Shard } from './plan.js';
import { StoreError, storeError } from './store-error.js';
import type { CellRecord, Tier } from './types.js';
import {
  engineSchema,
  machineSchema,
  verdicts1Schema,
  VERDICTS_SCHEMA,
  verdictsSchema,
  type VerdictsFile,
} from './verdicts.js';

/** Version of `run.json` and `cells.jsonl`. */
export const RUN_SCHEMA = 1;

const SYNC_MS = 200;

/** What else computed cells of a folder: other machines, or other versions. */
const sourceSchema = z.strictObject({
  machine: machineSchema,
  versions: z.record(z.string(), z.string()),
  commit: z.string().nullable(),
});

const runSchema = z.strictObject({
  schema: z.literal(RUN_SCHEMA),
  key: z.string(),
  tier: z.enum(['quick', 'standard', 'full']),
  /** What was asked for. */
  only: z.array(z.string()).optional(),
  firstSeed: z.int().min(0).optional(),
  seedCount: z.int().min(1).optional(),
  shard: z.strictObject({ index: z.int().min(1), count: z.int().min(1) }).optional(),
  /** What it came to: code version and configurations after defaults of each experiment, seeds, number of cells. */
  experiments: z.record(z.string(), z.strictObject({ code: z.string(), configurations: z.array(z.json()) })),
  missing: z.record(z.string(), z.string()),
  seeds: z.array(z.int().min(0)),
  cells: z.int().min(0),
  total: z.int().min(0),
  /** Cells that an earlier run of this folder had finished. */
  reused: z.int().min(0),
  commit: z.string().nullable(),
  dirty: z.boolean().nullable(),
  /** Node's and every package's that a cell can reach. */
  versions: z.record(z.string(), z.string()),
  backend: z.string(),
  /** Of one worker. */
  threads: z.int().min(1).default(1),
  /** Of the library behind the backend, where that is none of `versions`. */
  backendVersion: z.string().optional(),
  engine: engineSchema.optional(),
  machine: machineSchema,
  /** Where cells came from that were computed elsewhere than this says: shards, earlier runs of the folder. */
  sources: z.array(sourceSchema).optional(),
  executor: z.string(),
  jobs: z.int().min(1),
  start: z.string(),
});

/** The content of `run.json`. */
export type RunFile = z.infer<typeof runSchema>;

/** An open results folder; nobody else's until it is closed. */
export interface Store {
  /** Finished cells found in the folder, by id. */
  readonly found: ReadonlyMap<string, CellRecord>;
  /** Where broken lines were set aside, when there were any. */
  readonly setAside: { readonly file: string; readonly lines: number } | null;
  /** Write `run.json`; before the first cell. */
  begin(run: RunFile): void;
  /** Append a finished cell. */
  append(record: CellRecord): void;
  /** Write `verdicts.json`, old or new, never half. */
  finish(verdicts: VerdictsFile): void;
  /** Sync, close, give the lock back. */
  close(): void;
}

/** The folder of a run below a results root: `<root>/<key>/<tier>`, and of a shard a folder of its own in there. @throws TypeError for arguments of another kind */
export function resultsFolder(root: string, key: string, tier: Tier, shard?: Shard): string {
  requireText('resultsFolder', 'root', root, "Say 'results'.");
  requireText('resultsFolder', 'key', key, 'Give the key of a reproduction.');
  requireText('resultsFolder', 'tier', tier, "Say 'quick'.");
  const folder = join(root, key, tier);
  return shard === undefined ? folder : join(folder, `shard-${shard.index}-of-${shard.count}`);
}

/**
 * Open a results folder, made if it is not there.
 * @param folder see {@link resultsFolder}
 * @param of what it must hold
 * @param options.fresh throw away what it holds
 * @throws StoreError by `problem`: `locked`, `schema`, `other-run`, `full`, `io`
 */
export function openStore(
  folder: string,
  of: { readonly key: string; readonly tier: Tier },
  options: { readonly fresh?: boolean } = {},
): Store {
  const file = (name: string) => join(folder, name);
  const cells = file('cells.jsonl');
  const unlock = guard(folder, () => {
    mkdirSync(folder, { recursive: true });
    return lock(folder);
  });
  try {
    if (options.fresh === true) {
      for (const name of ['verdicts.json', 'cells.jsonl', 'run.json']) rmSync(file(name), { force: true });
    }
    checkOwner(folder, of);
    const { found, setAside } = guard(cells, () => readCells(cells));
    const fd = guard(cells, () => openSync(cells, 'a'));
    let synced = performance.now();
    let timer: NodeJS.Timeout | undefined;
    let lateError: unknown;
    const sync = () => {
      clearTimeout(timer);
      timer = undefined;
      synced = performance.now();
      try {
        fdatasyncSync(fd);
      } catch (error) {
        // A pipe or device has nothing to sync.
        if (!['EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) lateError ??= error;
      }
    };
    return {
      found,
      setAside,
      begin: (run) => guard(file('run.json'), () => writeFileAtomic.sync(file('run.json'), pretty(run))),
      append: (record) =>
        guard(cells, () => {
          if (lateError !== undefined) throw lateError;
          const line = Buffer.from(toLine(record));
          if (line.length > LONGEST_LINE || fromLine(line.toString()) === null) {
            throw new TypeError(
              `append: the record of cell ${record.id} would not be read back; must be as CellRecord says. Mend the executor that made it.`,
            );
          }
          for (let at = 0; at < line.length;) at += writeSync(fd, line, at);
          if (performance.now() - synced >= SYNC_MS) sync();
          else timer ??= setTimeout(sync, SYNC_MS).unref();
        }),
      finish: (verdicts) =>
        guard(file('verdicts.json'), () => {
          sync();
          if (lateError !== undefined) throw lateError;
          writeFileAtomic.sync(file('verdicts.json'), pretty(verdictsSchema.parse(verdicts)));
        }),
      close: () => {
        sync();
        closeSync(fd);
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/**
 * Read a folder's `run.json`; `null` when there is none.
 * @throws TypeError for arguments of another kind; StoreError `schema` when it is of another version or not readable
 */
export function readRun(folder: string): RunFile | null {
  requireText('readRun', 'folder', folder, 'resultsFolder() makes one.');
  return readJson(join(folder, 'run.json'), { [RUN_SCHEMA]: runSchema });
}

/**
 * Read a folder's `verdicts.json`, those of schema 1 as schema 2 would say them; `null` when there is none.
 * @throws TypeError for arguments of another kind; StoreError `schema` when it is of another version or not readable
 */
export function readVerdicts(folder: string): VerdictsFile | null {
  requireText('readVerdicts', 'folder', folder, 'resultsFolder() makes one.');
  return readJson(join(folder, 'verdicts.json'), { 1: verdicts1Schema, [VERDICTS_SCHEMA]: verdictsSchema });
}

/** The finished cells of a folder, the last of each id; broken lines are left out and left where they are. @throws TypeError for arguments of another kind */
export function readRecords(folder: string): ReadonlyMap<string, CellRecord> {
  requireText('readRecords', 'folder', folder, 'resultsFolder() makes one.');
  return parseCells(readRegular(join(folder, 'cells.jsonl'))).found;
}

/** A file by its own version: each has its schema. */
function readJson<T>(path: string, schemas: Readonly<Record<number, z.ZodType<T>>>): T | null {
  if (!existsSync(path)) return null;
  const other = (what: string, cause?: unknown) =>
    new StoreError('schema', `'${path}' ${what}. Choose another folder, or start afresh (--fresh).`, { cause });
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw other('is not JSON', cause);
  }
  const version = (content as { schema?: unknown } | null)?.schema;
  const schema = typeof version === 'number' ? schemas[version] : undefined;
  if (schema === undefined) {
    const known = Object.keys(schemas).join(' and ');
    throw other(`is of schema ${JSON.stringify(version)}; this version reads ${known}`);
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success) throw other(`does not fit schema ${version as number}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function checkOwner(folder: string, of: { readonly key: string; readonly tier: Tier }): void {
  const run = readRun(folder);
  if (run === null) {
    if (readRegular(join(folder, 'cells.jsonl')).length === 0) return;
    throw new StoreError(
      'schema',
      `'${folder}' has cells but no run.json that says what they are. Choose another folder, or start afresh (--fresh).`,
    );
  }
  if (run.key !== of.key || run.tier !== of.tier) {
    throw new StoreError(
      'other-run',
      `'${folder}' holds '${run.key}' at tier ${run.tier}, not '${of.key}' at tier ${of.tier}. Choose another folder.`,
    );
  }
}

const recordSchema = z.strictObject({
  id: z.string(),
  experiment: z.string(),
  config: z.json(),
  seed: z.int().min(0),
  status: z.enum(['done', 'failed']),
  values: z.custom<CellRecord['values']>((values) => notValues(values) === null),
  error: z.string().optional(),
  seconds: z.number().min(0),
  processorSeconds: z.number().min(0).optional(),
});

const checksum = (record: object) => sha256(canonicalize(record)!).slice(0, 16);

function toLine(record: CellRecord): string {
  return `${JSON.stringify({ ...record, sum: checksum(record) })}\n`;
}

function fromLine(line: string): CellRecord | null {
  try {
    const { sum, ...record } = JSON.parse(line) as CellRecord & { sum: unknown };
    return sum === checksum(record) ? (recordSchema.parse(record) as CellRecord) : null;
  } catch {
    return null;
  }
}

/** Bytes of a line. A character takes up to four. */
const LONGEST_LINE = 4 * LONGEST_TEXT;

/** The lines are parts of `content`: a file may be longer than a string. */
function parseCells(content: Buffer): { found: Map<string, CellRecord>; good: Buffer[]; broken: Buffer[] } {
  const found = new Map<string, CellRecord>();
  const good: Buffer[] = [];
  const broken: Buffer[] = [];
  for (let start = 0; start < content.length;) {
    const newline = content.indexOf(10, start);
    const end = newline === -1 ? content.length : newline;
    const line = content.subarray(start, end);
    start = end + 1;
    if (line.length === 0) continue;
    const record = line.length > LONGEST_LINE ? null : fromLine(line.toString());
    if (record === null) broken.push(line);
    else {
      good.push(line);
      found.set(record.id, record);
    }
  }
  return { found, good, broken };
}

/** Reads `cells.jsonl` and leaves only whole lines in it, the last one ended. */
function readCells(path: string): Pick<Store, 'found' | 'setAside'> {
  const content = readRegular(path);
  const { found, good, broken } = parseCells(content);
  let setAside: Store['setAside'] = null;
  if (broken.length > 0) {
    let n = 1;
    while (existsSync(`${path}.broken-${n}`)) n++;
    setAside = { file: `${path}.broken-${n}`, lines: broken.length };
    writeFileSync(setAside.file, ended(broken), { flush: true });
  }
  if (broken.length > 0 || (content.length > 0 && content.at(-1) !== 10)) {
    writeFileAtomic.sync(path, ended(good));
  }
  return { found, setAside };
}

const NEWLINE = Buffer.from('\n');
const ended = (lines: readonly Buffer[]): Buffer => Buffer.concat(lines.flatMap((line) => [line, NEWLINE]));

/** A device (`/dev/full`) would never end. */
function readRegular(path: string): Buffer {
  return existsSync(path) && statSync(path).isFile() ? readFileSync(path) : Buffer.alloc(0);
}

function pretty(content: object): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}

function guard<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw storeError(file, error);
  }
}
