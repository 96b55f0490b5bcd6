/** A worker process, seen from its parent: takes a cell at a time, and answers whatever happens to it. */
import { fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { PlannedCell } from './plan.js';
import type { runCell } from './run-cell.js';

/** What came of a cell. */
export type Outcome = Awaited<ReturnType<typeof runCell>>;

/** Limits of what a cell may take. */
export interface CellLimits {
  /** Seconds that a cell may take, the start of its worker included. Default: any. */
  readonly cellTimeout?: number;
  /** Megabytes of memory that a worker may take (resident; looked at five times a second). Default: any. */
  readonly cellMemory?: number;
}

/** Native libraries in a worker keep to one thread: workers side by side are faster, and sums do not depend on the cores. */
export const ONE_THREAD: Readonly<Record<string, string>> = {
  OMP_NUM_THREADS: '1',
  TF_NUM_INTRAOP_THREADS: '1',
  TF_NUM_INTEROP_THREADS: '1',
};

/** One process. */
export interface WorkerProcess {
  /** Whether it can take a cell. */
  alive(): boolean;
  /** Runs a cell; `died` where the process ended before it answered, and not by the limit of time. */
  run(cell: PlannedCell): Promise<Outcome & { readonly died?: boolean }>;
  /** Kills it; waits at most two seconds for its end. */
  end(): Promise<void>;
}

const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url));
const DEADLINE_MS = 2000;

/** Starts a worker process; it ends with this one, however this one ends. */
export function startWorker({ cellTimeout, cellMemory }: CellLimits): WorkerProcess {
  const child = fork(WORKER, [String(process.pid), ...(cellMemory === undefined ? [] : [String(cellMemory)])], {
    serialization: 'advanced',
    env: { ...process.env, ...ONE_THREAD },
    execArgv: [], // none of this process's, which may be a debugger's or a test runner's
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
  });
  // A process that has no file or process left to give has neither pipes nor a channel.
  const pipe = (child.stdio as typeof child.stdio | undefined)?.[4] as Readable | null | undefined;
  let lastWords = '';
  pipe?.on('data', (text: Buffer) => (lastWords += text.toString())).on('error', () => undefined);
  const gone = new Promise<string>((resolve) => {
    child.on('error', ({ message }) => {
      if (child.pid === undefined) resolve(`the worker process could not be started: ${message}`);
    });
    child.once('exit', (code, signal) => {
      const ended = () => {
        const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
        resolve(`the worker process died ${how}${lastWords === '' ? '' : `: ${lastWords}`}`);
      };
      child.once('close', ended); // then all last words are here
      setTimeout(ended, 200); // but a process that the cell started may keep the pipe open
    });
    child.once('disconnect', () => child.kill('SIGKILL'));
  });
  return {
    alive: () => child.connected && child.exitCode === null && child.signalCode === null,
    run: async ({ module, config, seed, backend, engine }) => {
      const start = performance.now();
      let late = false;
      const timer =
        cellTimeout === undefined
          ? undefined
          : setTimeout(() => {
              late = true;
              child.kill('SIGKILL');
            }, 1000 * cellTimeout);
      const answer = new Promise<Outcome>((resolve) => void child.once('message', (message) => resolve(message as Outcome))); // prettier-ignore
      // Where it fails the process is gone.
      if (child.connected) child.send({ module, config, seed, backend, engine }, () => undefined);
      const death = gone.then((how) => {
        const seconds = (performance.now() - start) / 1000;
        return late
          ? { ok: false as const, error: `the cell took longer than its limit of ${cellTimeout} s`, seconds }
          : { ok: false as const, error: how, seconds, died: true };
      });
      try {
        return await Promise.race([answer, death]);
      } finally {
        clearTimeout(timer);
      }
    },
    end: async () => {
      child.kill('SIGKILL');
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([gone, new Promise((done) => (timer = setTimeout(done, DEADLINE_MS)))]);
      clearTimeout(timer);
      pipe?.destroy();
      child.unref();
    },
  };
}
