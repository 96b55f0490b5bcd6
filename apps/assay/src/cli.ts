#!/usr/bin/env node
/** `assay` as a process: streams, Ctrl-C and what batch systems send, exit code. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '@assay-ml/datasets';
import { ask } from './ask.js';
import { machineCatalogue } from './catalogue.js';
import { install } from './install.js';
import { main } from './main.js';

const stop = new AbortController();
let stoppedBy: keyof typeof STOPPED = 'SIGINT';
/** Exit codes: 128 and the signal's number. */
const STOPPED = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
for (const name of Object.keys(STOPPED) as (keyof typeof STOPPED)[]) {
  process.on(name, () => {
    if (stop.signal.aborted && name === 'SIGINT') process.exit(STOPPED[name]); // asked twice: now
    if (!stop.signal.aborted) stoppedBy = name;
    stop.abort();
  });
}
process.stderr.on('error', () => undefined); // after SIGHUP there is no terminal

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (stop.signal.aborted) return; // as of stderr: the run still ends as the signal asks
  // A reader that had enough (`assay run … | head -1`) is no failure; a full disk is.
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`assay: cannot write to stdout: ${error.message}\n`);
  process.exit(2);
});

const { env, stdin, stdout, stderr } = process;
const { signal } = stop;
const cwd = process.cwd();
const places = [cwd, fileURLToPath(new URL('.', import.meta.url))];

const code = await main(process.argv.slice(2), {
  catalogue: machineCatalogue(places, join(cacheFolder(), 'reproductions'), (key, store) =>
    install(key, store, { env, signal, stderr }),
  ),
  stdout,
  stderr,
  env,
  cwd,
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  signal,
  ...(stdin.isTTY && stderr.isTTY ? { ask: (question) => ask(question, stdin, stderr, () => stop.abort()) } : {}),
});
process.exitCode = code === 130 ? STOPPED[stoppedBy] : code;
