/**
 * Compiles packages/clip-adagrad/assembly/ into one WebAssembly module and writes it, as base64 text, to
 * src/kernels.wasm.ts. Run it after every change in assembly/: `node packages/clip-adagrad/scripts/assemble.mjs`.
 * A test compiles again and compares, so the committed text cannot go stale. Logarithm and exponential are those of
 * packages/numerics/assembly/, so that noise has the bits of its streams.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import asc from 'assemblyscript/asc';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const generatedFile = join(root, 'src', 'kernels.wasm.ts');

/** Compiles and returns the text of src/kernels.wasm.ts. */
export async function assemble() {
  const out = await mkdtemp(join(tmpdir(), 'clip-adagrad-'));
  try {
    const wasm = join(out, 'kernels.wasm');
    const { error, stdout, stderr } = await asc.main([
      'clip-adagrad/assembly/index.ts',
      ...['--baseDir', dirname(root)],
      ...['--outFile', wasm],
      ...['--runtime', 'stub'],
      ...['--bindings', 'none'],
      ...['--enable', 'simd'],
      ...['--importMemory', '--zeroFilledMemory', '--initialMemory', '1'],
      ...['--noExportMemory', '--use', 'abort='],
      ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert'],
    ]);
    if (error) throw new Error(`AssemblyScript: ${error.message}\n${stdout}${stderr}`);
    const text = (await readFile(wasm)).toString('base64');
    const lines = (text.match(/.{1,110}/g) ?? []).map((line) => `  '${line}'`);
    return [
      '// Made by scripts/assemble.mjs from assembly/. Do not edit.',
      'export const KERNELS =',
      `${lines.join(' +\n')};`,
      '',
    ].join('\n');
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await writeFile(generatedFile, await assemble());
