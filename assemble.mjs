/** From a package's assembly/ to base64 text in its src/: AssemblyScript with the flags that all kernels share. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const packages = join(dirname(fileURLToPath(import.meta.url)), 'packages');

/**
 * Compiles packages/<name>/assembly/index.ts and returns the text of the module that exports it as KERNELS.
 * @param {string} name
 * @param {readonly string[]} memory flags that say whose memory the kernels compute in
 * @param {Readonly<Record<string, number>>} constants further exports of the text
 * @returns {Promise<string>}
 */
export async function assemble(name, memory, constants = {}) {
  const out = await mkdtemp(join(tmpdir(), `${name}-`));
  try {
    const wasm = join(out, 'kernels.wasm');
    const { error, stdout, stderr } = await asc.main([
      `${name}/assembly/index.ts`,
      ...['--baseDir', packages],
      ...['--outFile', wasm],
      ...['--runtime', 'stub'],
      ...['--bindings', 'none'],
      ...['--enable', 'simd'],
      ...['--importMemory', ...memory],
      ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert'],
    ]);
    if (error) throw new Error(`AssemblyScript: ${error.message}\n${stdout}${stderr}`);
    const text = (await readFile(wasm)).toString('base64');
    const lines = (text.match(/.{1,110}/g) ?? []).map((line) => `  '${line}'`);
    return [
      '// Made by scripts/assemble.mjs from assembly/. Do not edit.',
      ...Object.entries(constants).map(([constant, value]) => `export const ${constant} = ${value};`),
      'export const KERNELS =',
      `${lines.join(' +\n')};`,
      '',
    ].join('\n');
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}
