/** A whole run: plan, open the folder, run what is missing, judge, write. */
import { complaint, requireKeys, requireOptions } from '@assay-ml/numerics/check';
import { engineInUse, useEngine } from '@assay-ml/numerics/engine';
import canonicalize from 'canonicalize';
import { environment, type Environment } from './environment.js';
import type { Executor } from './executors.js';
import { judge } from './judge.js';
import { identity, plan, PLAN_NAMES, type Plan, type PlannedCell, type PlanOptions } from './plan.js';
import { openStore, readRun, RUN_SCHEMA, type RunFile, type Store } from './store.js';
import type { CellRecord, Reproduction, Verdict } from './types.js';
import { exitCode, resultHash, VERDICTS_SCHEMA, type ExitCode, type VerdictsFile } from './verdicts.js';

/** Where a run stands. */
export interface Progress {
  /** Finished cells, reused ones included. */
  readonly done: number;
  readonly total: number;
  readonly reused: number;
  readonly failed: number;
  /** Estimate from the cells' costs and `basis`. */
  readonly secondsLeft: number;
  /**
   * What the estimate rests on: the costs as stated; those times {@link RunOptions.pace}, what earlier runs took; or how fast
   * this run's own cells went, from a tenth of its work on.
   */
  readonly basis: 'stated' | 'earlier' | 'seen';
}

/** How to run. */
export interface RunOptions extends PlanOptions {
  /** Results folder of this run; see `resultsFolder`. */
  readonly folder: string;
  readonly executor: Executor;
  /** Experiment id → how many times its stated cost a cell takes here, see `paceOf`. Default: no experiment's is known. */
  readonly pace?: Readonly<Record<string, number>>;
  /** Throw away what the folder holds. Default false. */
  readonly fresh?: boolean;
  /** Stops the run: finished cells are kept and the result is `aborted`, exit code 130. */
  readonly signal?: AbortSignal;
  /** Called before the first cell and after each. */
  readonly onProgress?: (progress: Progress) => void;
  /** Milliseconds of a clock that only moves forward. Default `performance.now`. */
  readonly now?: () => number;
  /** Default: this machine, and the checkout around the working folder. */
  readonly environment?: Environment;
  /**
   * Takes secrets out of the messages of failed cells before they are kept, shown or reported: a cell's exception may hold a
   * password or an address. Default: they are kept as they are.
   */
  readonly redact?: (message: string) => string;
}

/** What came of a run. */
export interface RunResult {
  readonly plan: Plan;
  readonly folder: string;
  /** Finished cells of the plan, sorted by id. */
  readonly records: readonly CellRecord[];
  /** Cells an earlier run had finished. */
  readonly reused: number;
  /** Broken lines of `cells.jsonl` that were set aside, and where. */
  readonly setAside: Store['setAside'];
  /** One for each chosen claim; none after an abort, for a shard, or while cells are missing from a merge. */
  readonly verdicts: readonly Verdict[];
  readonly resultHash: string;
  /** Wall time of this call. */
  readonly seconds: number;
  /** Crashed cells and claims that could not be judged, in words. */
  readonly failures: readonly string[];
  readonly aborted: boolean;
  readonly exitCode: ExitCode;
}

/**
 * Run a reproduction. Cells that the folder already has are not run again; failed ones are.
 *
 * A shard runs its cells and judges nothing: `merge` does.
 * @throws RangeError for an option that is not known; TypeError for a folder or an executor that is none; both see `plan`
 * @throws StoreError when the folder cannot be used or the disk is full; finished cells are kept, no verdicts are written
 */
export async function runReproduction(reproduction: Reproduction, options: RunOptions): Promise<RunResult> {
  requireOptions<RunOptions>('runReproduction', options, {
    ...{ ...PLAN_NAMES, folder: 1, executor: 1, pace: 1, fresh: 1, signal: 1, onProgress: 1, now: 1, environment: 1 },
    ...{ redact: 1 },
  });
  const { folder, executor, pace = {}, fresh = false, onProgress, now = () => performance.now(), ...more } = options;
  const {
    signal = new AbortController().signal,
    environment: given,
    redact = (message: string) => message,
    ...asked
  } = more;
  if (typeof folder !== 'string' || folder === '') {
    throw new TypeError(complaint('runReproduction', 'folder', folder, 'a path', 'resultsFolder() makes one.'));
  }
  if (typeof executor?.run !== 'function') {
    throw new TypeError(complaint('runReproduction', 'executor', executor, 'an executor', 'Take localExecutor().'));
  }
  const start = now();
  const planned = await plan(reproduction, asked);
  const store = openStore(folder, planned, { fresh });
  try {
    const records = new Map<string, CellRecord>();
    for (const { id } of planned.cells) {
      const record = store.found.get(id);
      if (record?.status === 'done') records.set(id, record);
    }
    const reused = records.size;
    const where = given ?? environment();
    const run = runFile(planned, reused, executor, where);
    const before = reused === 0 ? null : readRun(folder);
    store.begin({ ...run, ...sourcesOf(run, before === null ? [] : [before]) });
    // Long cells first: the workers then end at about the same time.
    const cells = planned.cells.filter((c) => !records.has(c.id)).sort((a, b) => b.seconds - a.seconds);
    const report = progressReporter(planned, cells, pace, executor.jobs, reused, now, onProgress);
    report();
    const aborted = await execute(executor, cells, signal, (made) => {
      const record = made.error === undefined ? made : { ...made, error: shortened(redacted(made.error, redact)) };
      store.append(record);
      records.set(record.id, record);
      report(record);
    });
    return conclude(reproduction, planned, [...records.values()], store, {
      folder,
      reused,
      aborted,
      where,
      seconds: () => (now() - start) / 1000,
    });
  } finally {
    store.close();
  }
}

/** A message without its secrets. @throws TypeError when what takes them out gives no text */
function redacted(message: string, redact: (message: string) => string): string {
  const text = redact(message);
  if (typeof text === 'string') return text;
  throw new TypeError(complaint('runReproduction', 'what redact returns', text, 'a string', 'Return the message without its secrets.')); // prettier-ignore
}

const LONGEST_ERROR = 2000;

/** A message as it is kept: whole characters, and not too many. */
function shortened(message: string): string {
  const text = message.replace(/\p{Surrogate}/gu, '\ufffd');
  if (text.length <= LONGEST_ERROR) return text;
  const cut = text.slice(0, LONGEST_ERROR).replace(/\p{Surrogate}$/u, '');
  return `${cut}… (${text.length - cut.length} more characters)`;
}

/**
 * Judge a plan's claims, in WebAssembly whatever the caller or the cells compute with; a claim whose evidence throws is inconclusive
 * and named among the failures.
 */
function judgeAll(
  planned: Pick<Plan, 'claims' | 'tier' | 'missing'>,
  records: readonly CellRecord[],
): { readonly verdicts: readonly Verdict[]; readonly failures: string[] } {
  const { tier, missing } = planned;
  const failures = records
    .filter((r) => r.status === 'failed')
    .map((r) => `cell ${r.id} (${r.experiment}, seed ${r.seed}) failed: ${r.error ?? 'no message'}`);
  const before = engineInUse();
  useEngine();
  try {
    const verdicts = planned.claims.map((claim) => {
      try {
        return judge(claim, records, tier, { missing });
      } catch (error) {
        const why = `could not be judged: ${(error as Error).message}`;
        failures.push(`claim ${claim.id} ${why}`);
        return judge({ ...claim, evidence: () => ({ kind: 'none', why }) }, records, tier, { missing });
      }
    });
    return { verdicts, failures };
  } finally {
    useEngine(before.name, before.path === undefined ? {} : { path: before.path });
  }
}

/** What happened around the records, for {@link conclude}. */
export interface Circumstances {
  readonly folder: string;
  readonly reused: number;
  readonly aborted: boolean;
  readonly where: Environment;
  readonly seconds: () => number;
}

/** Judge and write the verdicts; what cannot be judged (aborted, a shard, cells not there) writes none. */
export function conclude(
  reproduction: Reproduction,
  planned: Plan,
  unsorted: readonly CellRecord[],
  store: Store,
  { folder, reused, aborted, where, seconds }: Circumstances,
): RunResult {
  const records = [...unsorted].sort((a, b) => (a.id < b.id ? -1 : 1));
  const hash = resultHash(records);
  const absent = planned.cells.length - records.length;
  const judged = !aborted && planned.shard === undefined && absent === 0;
  const { verdicts, failures } = judgeAll(judged ? planned : { ...planned, claims: [] }, records);
  if (!aborted && absent > 0)
    failures.push(`${absent} of ${planned.cells.length} cells are not there; run to complete them`);
  const code = aborted ? 130 : exitCode(verdicts, planned.tier, failures, planned.only !== undefined);
  const took = seconds();
  if (judged) store.finish(verdictsFile(reproduction, planned, verdicts, hash, took, where));
  return {
    plan: planned,
    folder,
    records,
    reused,
    setAside: store.setAside,
    verdicts,
    resultHash: hash,
    seconds: took,
    failures,
    aborted,
    exitCode: code,
  };
}

/** Runs the cells; true when the signal stopped it. */
async function execute(
  executor: Executor,
  cells: readonly PlannedCell[],
  signal: AbortSignal,
  onRecord: (record: CellRecord) => void,
): Promise<boolean> {
  if (cells.length === 0) return false;
  try {
    await executor.run(cells, { signal, onRecord });
    return false;
  } catch (error) {
    if (signal.aborted && error === signal.reason) return true;
    throw error;
  }
}

function progressReporter(
  planned: Plan,
  cells: readonly PlannedCell[],
  known: Readonly<Record<string, number>>,
  jobs: number,
  reused: number,
  now: () => number,
  onProgress: RunOptions['onProgress'],
): (record?: CellRecord) => void {
  const cost = new Map(cells.map((c) => [c.id, c.seconds * (known[c.experiment] ?? 1)]));
  const all = [...cost.values()].reduce((sum, seconds) => sum + seconds, 0);
  const before = cells.some((c) => c.experiment in known) ? 'earlier' : 'stated';
  const workers = Math.max(1, Math.min(jobs, cells.length));
  const start = now();
  let spent = 0;
  let done = 0;
  let failed = 0;
  return (record) => {
    if (record !== undefined) {
      done++;
      spent += cost.get(record.id) ?? 0;
      if (record.status === 'failed') failed++;
    }
    // Before a tenth is done the estimate leans on the costs, then on what was seen.
    const seen = spent > 0.1 * all;
    const rate = seen ? (now() - start) / 1000 / spent : 1 / workers;
    onProgress?.({
      done: reused + done,
      total: planned.cells.length,
      reused,
      failed,
      secondsLeft: rate * (all - spent),
      basis: seen ? 'seen' : before,
    });
  };
}

/** The content of `run.json`. */
export function runFile(
  planned: Plan,
  reused: number,
  executor: Pick<Executor, 'name' | 'jobs'>,
  where: Environment,
): RunFile {
  const experiments: RunFile['experiments'] = {};
  const versions: Record<string, string> = { node: process.version.slice(1) };
  for (const [id, { hash, packages }] of Object.entries(planned.code)) {
    const configurations = new Map(
      planned.cells.filter((c) => c.experiment === id).map((c) => [JSON.stringify(c.config), c.config]),
    );
    experiments[id] = { code: hash, configurations: [...configurations.values()] as never };
    for (const name of packages) {
      const at = name.lastIndexOf('@');
      if (at > 0) versions[name.slice(0, at)] = name.slice(at + 1);
    }
  }
  const { key, tier, only, firstSeed, seeds, shard, missing, total, engine } = planned;
  return {
    schema: RUN_SCHEMA,
    key,
    tier,
    ...(only === undefined ? {} : { only: [...only] }),
    ...(firstSeed === undefined ? {} : { firstSeed }),
    ...(seeds === undefined ? {} : { seedCount: seeds }),
    ...(shard === undefined ? {} : { shard }),
    experiments,
    missing: { ...missing },
    seeds: distinctSeeds(planned),
    cells: planned.cells.length,
    total,
    reused,
    ...where,
    versions,
    backend: planned.backend.name,
    threads: planned.backend.threads,
    ...(planned.backend.version === undefined ? {} : { backendVersion: planned.backend.version }),
    ...(engine && { engine: identity(engine) }),
    executor: executor.name,
    jobs: executor.jobs,
    start: new Date().toISOString(),
  };
}

/** Machines and versions of other runs whose cells a run takes over, where they differ from its own; each once. */
export function sourcesOf(run: RunFile, others: readonly RunFile[]): Pick<RunFile, 'sources'> {
  const text = ({ machine, versions, commit }: Source): string => canonicalize({ machine, versions, commit })!;
  const known = new Set([text(run)]);
  const sources = others
    .flatMap((other): Source[] => [other, ...(other.sources ?? [])])
    .filter((source) => !known.has(text(source)) && known.add(text(source)))
    .map(({ machine, versions, commit }) => ({ machine, versions, commit }));
  return sources.length === 0 ? {} : { sources };
}

type Source = NonNullable<RunFile['sources']>[number];

/** What a run had asked for, its shard apart: planned again it gives the same cells, as long as the code is the same. @throws TypeError for arguments of another kind */
export function askedFor(run: RunFile): PlanOptions {
  requireKeys('askedFor', 'run', run, ['tier'], 'readRun() reads one.');
  const { tier, only, seedCount, firstSeed, backend, threads, backendVersion: version, engine } = run;
  return {
    tier,
    ...(only === undefined ? {} : { only }),
    ...(seedCount === undefined ? {} : { seeds: seedCount }),
    ...(firstSeed === undefined ? {} : { firstSeed }),
    backend: { name: backend, threads, ...(version === undefined ? {} : { version }) },
    ...(engine && { engine }),
  };
}

function verdictsFile(
  { key }: Reproduction,
  planned: Plan,
  verdicts: readonly Verdict[],
  hash: string,
  seconds: number,
  { machine }: Environment,
): VerdictsFile {
  return {
    schema: VERDICTS_SCHEMA,
    key,
    tier: planned.tier,
    resultHash: hash,
    seconds,
    machine,
    backend: planned.backend.name,
    ...(planned.engine && { engine: identity(planned.engine) }),
    seeds: distinctSeeds(planned),
    claims: verdicts as VerdictsFile['claims'], // whose types are not readonly
  };
}

function distinctSeeds({ cells }: Plan): number[] {
  return [...new Set(cells.map((c) => c.seed))].sort((a, b) => a - b);
}
