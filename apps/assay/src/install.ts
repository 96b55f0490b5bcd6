/** Reproductions that are fetched from npm when they are asked for. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { folderError } from '@assay-ml/numerics/check';
import { makePart, removeStaleParts, tool, ToolFailed } from '@assay-ml/tensors/setup';
import { find } from './catalogue.js';
import type { Io } from './io.js';
import { packageOf } from './papers.js';
import { UsageError } from './usage-error.js';

/**
 * Installs the reproduction of a key into `<store>/<key>/`, a folder with a `package.json` of its own, so that what another
 * run works from is never changed under it. Beside it lies koffi, which the engine `blas` is called with: 4 MB, and
 * npm installs no optional peer by itself. npm runs no script. A killed install leaves nothing that is found.
 * @throws UsageError when npm is not there or fails, or what it installed is not that reproduction; the signal's reason when
 *   aborted; Error where the store cannot be made
 */
export async function install(
  key: string,
  store: string,
  { env, signal, stderr }: Pick<Io, 'env' | 'signal' | 'stderr'>,
): Promise<void> {
  const name = packageOf(key);
  const folder = join(store, key);
  const isThere = (place: string): boolean =>
    find([], [place]).some((found) => found.key === key && found.name === name);
  await mkdir(store, { recursive: true }).catch((error: unknown) => {
    throw folderError('install', store, error, 'Name another folder in ASSAY_CACHE.');
  });
  await removeStaleParts(store);
  const part = await makePart(folder);
  try {
    stderr.write(`installing ${name} into ${folder}\n`);
    await writeFile(join(part, 'package.json'), `${JSON.stringify(MANIFEST)}\n`);
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const [npm, ...before] = npmCall();
    await tool(npm, [...before, 'install', '--prefix', part, ...quiet, name], { env, signal, cwd: part });
    if (!isThere(part)) {
      throw new UsageError(
        `install: npm installed ${name}, which is not the reproduction '${key}'. Look at what npm takes it from.`,
      );
    }
    if (existsSync(folder)) {
      if (isThere(folder)) return; // another process was first, with the same
      await rm(folder, { recursive: true });
    }
    await rename(part, folder);
  } catch (error) {
    if (!(error instanceof ToolFailed)) throw error;
    throw new UsageError(`install: npm could not install ${name} (${error.code}). ${lastLines(error.stderr)}`, {
      cause: error,
    });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

/** On Windows `npm` is a script of a shell, which would read paths anew; its program lies beside Node's. */
function npmCall(): readonly [string, ...string[]] {
  if (process.platform !== 'win32') return ['npm'];
  return [process.execPath, join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js')];
}

/** The last of what npm said, without its empty lines and the place of its log. */
function lastLines(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim());
  const said = lines.filter((line) => /\w\s+\S/.test(line) && !line.startsWith('A complete log'));
  return said.length === 0 ? 'It said nothing: is npm on the PATH?' : said.slice(-LINES).join('\n  ');
}

const LINES = 5;

/** With what `@assay-ml/numerics` asks for if it is there; npm goes on without where it cannot be had. */
const MANIFEST = { private: true, optionalDependencies: { koffi: '^3.3.4' } };
