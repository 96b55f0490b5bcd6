/**
 * Compiles packages/tensors/assembly/ into one WebAssembly module and writes it, as base64 text, to
 * src/wasm/kernels.wasm.ts. Run it after every change in assembly/: `node packages/tensors/scripts/assemble.mjs`.
 * A test compiles again and compares, so the committed text cannot go stale.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { assemble as compile } from '../../../assemble.mjs';

export const generatedFile = fileURLToPath(new URL('../src/wasm/kernels.wasm.ts', import.meta.url));

/** Compiles and returns the text of src/wasm/kernels.wasm.ts. The memory is TensorFlow.js's, of a size of its own. */
export const assemble = () => compile('tensors', ['--initialMemory', '0', '--noExportMemory']);

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await writeFile(generatedFile, await assemble());
