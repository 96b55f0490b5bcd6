// @ts-check
/**
 * A worker process of the local executor: runs cells until its parent closes the channel, is killed, or kills it. Arguments:
 * the parent's process id and, where there is a limit, the megabytes that it may take.
 */
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { runCell, textOf } from './run-cell.js';

// What a cell prints goes to stderr: stdout, which workers share with their parent, belongs to the verdicts.
process.stdout.write = process.stderr.write.bind(process.stderr);

// Ctrl-C and what batch systems send reach the whole process group. The parent decides: it keeps the state, then ends its
// workers.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

/** Its last words go there, for the parent to read. */
const LAST_WORDS = 4;

// Of a timer or a promise that no cell waits for: perhaps of one that had ended.
process.on('uncaughtException', (error) => {
  writeSync(LAST_WORDS, textOf(error).slice(0, 4000)); // less than a pipe holds
  process.exit(1);
});

// A long synchronous cell would neither see the closed channel nor measure its memory before it ends. A thread does: an
// orphan gets another parent.
const [, , parent, megabytes = Infinity] = process.argv;
const watch = `
  setInterval(() => {
    if (process.ppid !== ${parent}) process.kill(process.pid, 'SIGKILL');
    const megabytes = Math.round(process.memoryUsage.rss() / 2 ** 20);
    if (megabytes > ${megabytes}) {
      require('node:fs').writeSync(${LAST_WORDS}, 'it takes ' + megabytes + ' MB of memory, more than the limit of ${megabytes} MB');
      process.kill(process.pid, 'SIGKILL');
    }
  }, 200);
`;
if (parent !== String(process.ppid)) process.exit(1); // the parent died before this line
new Worker(watch, { eval: true, stdin: false }).unref();

process.on('disconnect', () => process.exit());

const never = new AbortController().signal; // to stop a cell the parent ends the process
// What a cell or its library says to a parent (`process.send?.('ready')`) must not pass for an answer.
const answer = process.send?.bind(process);
delete process.send;
process.on('message', async ({ module, config, seed, backend, engine }) => {
  const outcome = await runCell(module, config, seed, { backend, signal: never }, engine);
  if (process.connected) answer?.(outcome);
});
