#!/usr/bin/env node
/** `assay` in a checkout and installed. Committed, so that `npm ci` links it before anything is built; the build is what it runs. */
import { existsSync } from 'node:fs';

if (existsSync(new URL('../dist/cli.js', import.meta.url))) await import('../dist/cli.js');
else {
  process.stderr.write('assay: not built yet. Build it first: npx nx build assay\n');
  process.exitCode = 2;
}
