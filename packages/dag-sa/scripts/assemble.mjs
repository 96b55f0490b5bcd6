/**
 * Compiles packages/dag-sa/assembly/ into one WebAssembly module and writes it, as base64 text, to src/kernels.wasm.ts. Run it
 * after every change in assembly/: `node packages/dag-sa/scripts/assemble.mjs`. A test compiles again and compares, so the committed
 * text cannot go stale.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { assemble as compile } from '../../../assemble.mjs';

export const generatedFile = fileURLToPath(new URL('../src/kernels.wasm.ts', import.meta.url));

/** Compiles and returns the text of src/kernels.wasm.ts. */
export const assemble = () =>
  compile('dag-sa', ['--initialMemory', '1', '--maximumMemory', '65535', '--noExportMemory', '--use', 'abort=']);

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await writeFile(generatedFile, await assemble());
