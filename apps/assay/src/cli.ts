#!/usr/bin/env node
/** `assay` as a process: streams, Ctrl-C and exit code. */
import { fileURLToPath } from 'node:url';
import { machineCatalogue } from './catalogue.js';
import { main } from './main.js';

const stop = new AbortController();
process.on('SIGINT', () => {
  if (stop.signal.aborted) process.exit(130); // asked twice: now
  stop.abort();
});

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that had enough (`assay run … | head -1`) is no failure; a full disk is.
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`assay: cannot write to stdout: ${error.message}\n`);
  process.exit(2);
});

process.exitCode = await main(process.argv.slice(2), {
  catalogue: machineCatalogue([process.cwd(), fileURLToPath(new URL('.', import.meta.url))]),
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  signal: stop.signal,
});
