/**
 * Where cells run. One small interface; engines for many hosts plug in at the same place.
 */
import { availableParallelism } from 'node:os';
import { invalid, options as checkOptions, positive } from '@assay-ml/numerics/check';
import type { PlannedCell } from './plan.js';
import { runCell } from './run-cell.js';
import type { CellContext, CellRecord, Json } from './types.js';
import { startWorker, type CellLimits, type Outcome, type WorkerProcess } from './worker-process.js';

/** What an executor is given besides the cells. */
export interface ExecutorOptions {
  /** Stops the run soon; the promise of `run` then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Called once for each finished cell, in the order they finish. What it throws stops the run and is thrown on. */
  readonly onRecord: (record: CellRecord) => void;
}

/** Runs cells in any order, on any number of workers; a cell that crashes becomes a `failed` record. */
export interface Executor {
  /** For `run.json`, e.g. `local`. */
  readonly name: string;
  /** Workers at once. */
  readonly jobs: number;
  run(cells: readonly PlannedCell[], options: ExecutorOptions): Promise<void>;
}

/** How the local executor runs. */
export interface LocalOptions extends CellLimits {
  /** Workers at once. Default: the cores of this machine. */
  readonly jobs?: number;
}

/** Seconds that a timer can count. */
const LONGEST_SECONDS = 2e6;

/**
 * Worker processes on this machine. Each imports an experiment's module once. They end with the parent, however it ends.
 *
 * A cell whose worker dies runs once more in a fresh one if that worker had run others before: it may have died of what an
 * earlier cell left behind. A cell above a limit becomes a `failed` record that says so, and the next gets a fresh worker.
 * @param options see {@link LocalOptions}
 * @throws RangeError for an unknown option, when `jobs` is not an integer ≥ 1, or a limit is no number in its range
 */
export function localExecutor(options: LocalOptions = {}): Executor {
  checkOptions('localExecutor', options, { jobs: true, cellTimeout: true, cellMemory: true });
  const { jobs = availableParallelism(), cellTimeout, cellMemory } = options;
  if (!(Number.isSafeInteger(jobs) && jobs >= 1)) throw invalid('localExecutor', 'jobs', jobs, 'an integer ≥ 1');
  if (
    cellTimeout !== undefined &&
    !(typeof cellTimeout === 'number' && cellTimeout > 0 && cellTimeout <= LONGEST_SECONDS)
  ) {
    throw invalid('localExecutor', 'cellTimeout', cellTimeout, `a number of seconds > 0, at most ${LONGEST_SECONDS}`);
  }
  if (cellMemory !== undefined) positive('localExecutor', 'cellMemory', cellMemory, 'It is in megabytes.');
  return {
    name: 'local',
    jobs,
    run: async (cells, { signal, onRecord }) => {
      signal.throwIfAborted();
      const stop = new AbortController();
      const either = AbortSignal.any([signal, stop.signal]);
      const aborted = new Promise<never>((_, reject) => {
        either.addEventListener('abort', () => reject(either.reason as Error), { once: true });
      });
      const workers = new Set<WorkerProcess>();
      const start = (): WorkerProcess => {
        const worker = startWorker(options);
        workers.add(worker);
        return worker;
      };
      const waiting = cells.values();
      const lane = async (): Promise<void> => {
        let worker: WorkerProcess | undefined;
        for (const cell of waiting) {
          const fresh = worker?.alive() !== true;
          if (fresh) worker = start();
          let outcome = await worker!.run(cell);
          if (outcome.died === true && !fresh && !either.aborted) {
            worker = start();
            outcome = await worker.run(cell);
          }
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
        await Promise.all([...workers].map((worker) => worker.end()));
      }
    },
  };
}

/**
 * Runs cells one after another in this process: for tests, for a debugger and for `assay show`.
 * @param options.trace receives the cells' trace, line by line
 */
export function inProcessExecutor(options: Pick<CellContext, 'trace'> = {}): Executor {
  checkOptions('inProcessExecutor', options, { trace: 1 });
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

function toRecord({ id, experiment, config, seed }: PlannedCell, outcome: Outcome): CellRecord {
  const base = { id, experiment, config, seed };
  if (!outcome.ok) return { ...base, status: 'failed', values: {}, error: outcome.error, seconds: outcome.seconds };
  const { json, seconds, processorSeconds } = outcome;
  return { ...base, status: 'done', values: JSON.parse(json) as Record<string, Json>, seconds, processorSeconds };
}
