/**
 * Where cells run. One small interface; engines for many hosts plug in at the same place.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { options as checkNames } from '@assay-ml/numerics/check';
import workerpool from 'workerpool';
import { notJson } from './json.js';
import type { PlannedCell } from './plan.js';
import { runCell } from './run-cell.js';
import type { CellContext, CellRecord, Json } from './types.js';

/** What an executor is given besides the cells. */
export interface ExecutorOptions {
  /** Stops the run soon; the promise of `run` then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Called once for each finished cell, in the order they finish. What it throws stops the run and is thrown on. */
  readonly onRecord: (record: CellRecord) => void;
}

/** Native libraries in a worker keep to one thread: workers side by side are faster, and sums do not depend on the cores. */
export const ONE_THREAD: Readonly<Record<string, string>> = {
  OMP_NUM_THREADS: '1',
  TF_NUM_INTRAOP_THREADS: '1',
  TF_NUM_INTEROP_THREADS: '1',
};

/** Runs cells in any order, on any number of workers; a cell that crashes becomes a `failed` record. */
export interface Executor {
  /** For `run.json`, e.g. `local`. */
  readonly name: string;
  /** Workers at once. */
  readonly jobs: number;
  run(cells: readonly PlannedCell[], options: ExecutorOptions): Promise<void>;
}

/**
 * Worker processes on this machine. Each imports an experiment's module once. They end with the parent, however it ends.
 * @param options.jobs workers at once; default: the cores of this machine
 * @throws RangeError when `jobs` is not an integer ≥ 1, or an option is not known
 */
export function localExecutor(options: { readonly jobs?: number } = {}): Executor {
  checkNames('localExecutor', options, { jobs: 1 });
  const jobs = options.jobs ?? availableParallelism();
  if (!(Number.isSafeInteger(jobs) && jobs >= 1)) {
    throw new RangeError(`localExecutor: 'jobs' is ${jobs}; must be an integer ≥ 1.`);
  }
  return {
    name: 'local',
    jobs,
    run: async (cells, { signal, onRecord }) => {
      signal.throwIfAborted();
      const pool = workerpool.pool(fileURLToPath(new URL('./worker.js', import.meta.url)), {
        workerType: 'process',
        maxWorkers: jobs,
        workerTerminateTimeout: 50, // then SIGTERM, which also ends a synchronous cell
        forkArgs: [String(process.pid)],
        // Structured clones: JSON would turn a NaN into null before it can be refused by name.
        forkOpts: { serialization: 'advanced', env: { ...process.env, ...ONE_THREAD } },
      });
      const stop = new AbortController();
      const either = AbortSignal.any([signal, stop.signal]);
      const aborted = new Promise<never>((_, reject) => {
        either.addEventListener('abort', () => reject(either.reason as Error), { once: true });
      });
      const waiting = [...cells];
      const lane = async () => {
        for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
          const outcome = await runInPool(pool, cell);
          if (either.aborted) return; // ended by us: the cell did not crash
          onRecord(toRecord(cell, outcome));
        }
      };
      try {
        await Promise.race([Promise.all(Array.from({ length: Math.min(jobs, cells.length) }, lane)), aborted]);
      } catch (error) {
        stop.abort(error);
        throw error;
      } finally {
        await pool.terminate(true).catch(() => undefined);
      }
    },
  };
}

/**
 * Runs cells one after another in this process: for tests, for a debugger and for `assay show`.
 * @param options.trace receives the cells' trace, line by line
 */
export function inProcessExecutor(options: Pick<CellContext, 'trace'> = {}): Executor {
  checkNames('inProcessExecutor', options, { trace: 1 });
  return {
    name: 'in-process',
    jobs: 1,
    run: async (cells, { signal, onRecord }) => {
      for (const cell of cells) {
        signal.throwIfAborted();
        const context = { ...options, backend: cell.backend, signal };
        const outcome = await runCell(cell.module, cell.config, cell.seed, context, cell.engine);
        signal.throwIfAborted();
        onRecord(toRecord(cell, outcome));
      }
    },
  };
}

type Outcome = Awaited<ReturnType<typeof runCell>>;

async function runInPool(pool: workerpool.Pool, cell: PlannedCell): Promise<Outcome> {
  try {
    return (await pool.exec('run', [cell.module, cell.config, cell.seed, cell.backend, cell.engine])) as Outcome;
  } catch (error) {
    // Only a worker that died gets here: what the cell throws comes back as an outcome.
    return {
      ok: false,
      error: `the worker process died: ${(error as Error).message.replace(/\s+/g, ' ')}`,
      seconds: 0,
    };
  }
}

function toRecord({ id, experiment, config, seed }: PlannedCell, outcome: Outcome): CellRecord {
  const base = { id, experiment, config, seed };
  if (!outcome.ok) return { ...base, status: 'failed', values: {}, error: outcome.error, seconds: outcome.seconds };
  const problem = notJson(outcome.values, 'values');
  return problem === null
    ? {
        ...base,
        status: 'done',
        values: outcome.values as Record<string, Json>,
        seconds: outcome.seconds,
        processorSeconds: outcome.processorSeconds,
      }
    : { ...base, status: 'failed', values: {}, error: `TypeError: ${problem}`, seconds: outcome.seconds };
}
