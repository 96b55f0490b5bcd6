/**
 * Sets the library of the engine `blas` up from the Python wheel `scipy-openblas32`: OpenBLAS with LAPACK, in one file that
 * needs no compiler. Its folder:
 *
 *     libscipy_openblas.so   LICENSE.txt   blas.json
 */
import { existsSync } from 'node:fs';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { blasName, nativeRoot } from '@assay-ml/numerics/engine';
import type { SetUpIo } from './io.js';
import type { ToolOptions } from './tool.js';
import { SetUpError } from './set-up-error.js';
import { build } from './build.js';
import { addWheel, checkPip } from './fetch-wheel.js';
import { notInstalled } from './peers.js';
import { engineSelfTest, type EngineFound } from './self-test.js';
import { blasWheel, type BlasTarget } from './wheels.js';

/** The world that the set-up works in. */
export interface SetUpBlasOptions extends BlasTarget {
  readonly io: Omit<SetUpIo, 'stdout'>;
  /** Says whether a library computes. Default: a process that chooses it as its engine. */
  readonly test?: (library: string, options: ToolOptions) => Promise<EngineFound>;
  /** URL of a module beside which the npm package is looked for. Default: this one's. */
  readonly beside?: string;
}

/** Gigabytes that must be free: wheel and library take 0.03. */
const ROOM = 0.1;

/**
 * Sets the library up, unless it is.
 * @returns its folder, and what its self-test found; null when it was set up before
 * @throws SetUpError: no wheel for this machine, no npm package to call it with, no pip, a wrong hash, no space, a library
 *   that does not load or computes something else; the signal's reason when aborted. Nothing is left behind.
 */
export async function setUpBlas(options: SetUpBlasOptions): Promise<{ folder: string; found: EngineFound | null }> {
  const { io, test = engineSelfTest, beside = import.meta.url } = options;
  const wheel = blasWheel(options);
  try {
    createRequire(beside).resolve('koffi');
  } catch (cause) {
    throw notInstalled(['koffi'], cause);
  }
  const folder = join(nativeRoot(), blasName(wheel.version));
  if (existsSync(folder)) return { folder, found: null };

  const tools = { env: io.env, signal: io.signal, show: io.stderr.isTTY === true };
  await checkPip(tools);
  const found = await build(folder, ROOM, async (part) => {
    const fetched = await addWheel(part, wheel, PARTS, tools, (line) => io.stderr.write(`${line}\n`));
    const library = await flatten(part, fetched.file);
    const record = { library: wheel.name, version: wheel.version, wheels: [fetched] };
    await writeFile(join(part, 'blas.json'), `${JSON.stringify(record, null, 2)}\n`);
    return test(join(part, library), tools);
  });
  return { folder, found };
}

/** What is kept of the wheel. */
const PARTS = ['scipy_openblas32/lib/libscipy_openblas', 'scipy_openblas32/lib/scipy_openblas', 'licenses/LICENSE.txt'];

/**
 * Puts library and licence beside each other and deletes the wheel's folders.
 * @returns name of the library's file
 */
async function flatten(part: string, file: string): Promise<string> {
  const [inside, info] = [join('scipy_openblas32', 'lib'), `${file.split('-').slice(0, 2).join('-')}.dist-info`];
  const names = await readdir(join(part, inside)).catch(() => []);
  const library = names.find((name) => /\.(so|dylib|dll)$/.test(name));
  const licence = join(part, info, 'licenses', 'LICENSE.txt');
  if (library === undefined || !existsSync(licence)) {
    throw new SetUpError(
      `native: ${file} has no ${library === undefined ? 'library' : 'licence'} where it was looked for. Look at where pip takes it from.`,
    );
  }
  await rename(join(part, inside, library), join(part, library));
  await rename(licence, join(part, 'LICENSE.txt'));
  for (const folder of ['scipy_openblas32', info]) await rm(join(part, folder), { recursive: true });
  return library;
}
