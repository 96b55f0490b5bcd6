#!/usr/bin/env node
/** `npx @assay-ml/tensors` as a process: streams, Ctrl-C and exit code. */
import { main } from './main.js';

const stop = new AbortController();
process.on('SIGINT', () => {
  if (stop.signal.aborted) process.exit(130); // asked twice: now
  stop.abort();
});

const { env, stdout, stderr } = process;
process.exitCode = await main(process.argv.slice(2), { env, stdout, stderr, signal: stop.signal });
