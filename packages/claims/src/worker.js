// @ts-check
/**
 * A worker process of the local executor: runs cells until its parent closes the channel, is killed, or says so.
 */
import { Worker } from 'node:worker_threads';
import workerpool from 'workerpool';
import { runCell } from './run-cell.js';

// What a cell prints goes to stderr: stdout, which workers share with their parent, belongs to the verdicts.
process.stdout.write = process.stderr.write.bind(process.stderr);

// Ctrl-C reaches the whole process group. The parent decides: it keeps the state, then ends its workers.
process.on('SIGINT', () => undefined);

// An idle worker sees the closed channel (workerpool exits on `disconnect`); one inside a long synchronous cell would
// not before the cell ends. A thread watches for it: an orphan gets another parent.
const watch = `
  const parent = ${process.ppid};
  setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 200);
`;
if (process.argv[2] !== String(process.ppid)) process.exit(1); // the parent died before this line
new Worker(watch, { eval: true, stdin: false }).unref();

const never = new AbortController().signal; // to stop a cell the parent ends the process

workerpool.worker({
  /**
   * @param {string} module
   * @param {unknown} config
   * @param {number} seed
   * @param {import('./types.js').Backend} backend
   * @param {import('./types.js').Engine} [engine]
   */
  run: (module, config, seed, backend, engine) => runCell(module, config, seed, { backend, signal: never }, engine),
});
