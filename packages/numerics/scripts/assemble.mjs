/**
 * Compiles packages/numerics/assembly/ into one WebAssembly module and writes it, as base64 text, to
 * src/kernels.wasm.ts. Run it after every change in assembly/: `node packages/numerics/scripts/assemble.mjs`.
 * A test compiles again and compares, so the committed text cannot go stale.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { assemble as compile } from '../../../assemble.mjs';

export const generatedFile = fileURLToPath(new URL('../src/kernels.wasm.ts', import.meta.url));

/** Pages of 64 KiB that the module asks for at start; src/wasm.ts makes the memory and must offer as many. */
const INITIAL_PAGES = 64;
/** 4 GiB less one page: the address behind the last byte still fits 32 bits. */
const MAXIMUM_PAGES = 65535;

/** Compiles and returns the text of src/kernels.wasm.ts. */
export const assemble = () =>
  compile(
    'numerics',
    ['--zeroFilledMemory', '--initialMemory', String(INITIAL_PAGES), '--maximumMemory', String(MAXIMUM_PAGES)],
    { INITIAL_PAGES, MAXIMUM_PAGES },
  );

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await writeFile(generatedFile, await assemble());
