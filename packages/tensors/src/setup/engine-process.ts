/** The process that tries a native library: `node engine-process.js [<library>]`. Its last line is an `EngineFinding`. */
import { useEngine } from '@assay-ml/numerics/engine';
import type { EngineFinding } from './self-test.js';

const [, , path] = process.argv;
const { name, version, core, path: taken, why } = useEngine('auto', path === undefined ? {} : { path });
const finding: EngineFinding =
  name === 'wasm'
    ? { ok: false, reason: why.replace('no library is there: ', '') }
    : { ok: true, version: version!, core: core!, path: taken! };
process.stdout.write(`${JSON.stringify(finding)}\n`);
