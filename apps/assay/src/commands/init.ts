/** `assay init`: a reproduction of one's own, from the files of the package's `template/`. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isKey, type ExitCode } from '@assay-ml/claims';
import { resolve as resolveImport } from 'import-meta-resolve';
import type { Io } from '../io.js';
import { keysOf } from '../papers.js';
import { shellWord } from '../shell-word.js';
import { UsageError } from '../usage-error.js';

const TEMPLATE = fileURLToPath(new URL('../../template', import.meta.url));

/** The key of the template, wherever it stands in its files. */
const KEY = 'my-paper';

/** Files that a published package cannot have by the names that they get. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: '.gitignore', 'manifest.json': 'package.json' };

/**
 * Writes a reproduction into a folder that is empty or not there: one cell, one claim, one figure, one test, a workflow.
 * @param io its `cwd` is where `folder` starts
 * @param folder where to
 * @param options `key`: default the folder's name in kebab-case
 * @throws UsageError for a folder that is not empty and for a key that is none or taken; nothing is written then
 */
export async function initCommand(io: Io, folder: string, options: { readonly key?: string } = {}): Promise<ExitCode> {
  const target = resolve(io.cwd, folder);
  const key = options.key ?? kebab(basename(target));
  checkKey(io, key, options.key === undefined ? `the name of '${folder}' gives the key '${key}'` : `--key is '${key}'`);
  const isNew = !existsSync(target);
  if (!isNew && !statSync(target).isDirectory()) {
    throw new UsageError(`init: '${folder}' is a file; must be a folder that is empty or not there.`);
  }
  if (!isNew && readdirSync(target).length > 0) {
    throw new UsageError(`init: '${folder}' is not empty; must be a folder that is empty or not there. Name another.`);
  }
  const files = filesFor(key);
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(target, path)), { recursive: true });
      writeFileSync(join(target, path), text);
    }
  } catch (error) {
    for (const entry of isNew ? [''] : readdirSync(target))
      rmSync(join(target, entry), { recursive: true, force: true });
    throw error;
  }
  const place = relative(io.cwd, target);
  io.stdout.write(
    `${place || '.'}: a reproduction with the key '${key}', ${Object.keys(files).length} files. Next:\n` +
      `${place === '' ? '' : `  cd ${shellWord(place)}\n`}  npm install\n  npx @assay-ml/assay run .\n`,
  );
  return 0;
}

/** `My Paper_2` → `my-paper-2`. */
const kebab = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

function checkKey(io: Io, key: string, given: string): void {
  if (isBuiltin(key)) {
    throw new UsageError(
      `init: ${given}, which is a module of Node: a package of that name cannot be imported. Name another with --key.`,
    );
  }
  if (!isKey(key)) {
    throw new UsageError(
      `init: ${given}; must be lower-case words joined by '-', e.g. ${KEY}: it names folders. Name it with --key.`,
    );
  }
  const taken = io.catalogue.installed().find((one) => one.key === key)?.name;
  if (taken !== undefined || keysOf(key).length > 0) {
    throw new UsageError(
      `init: ${given}, which is that of ${taken === undefined ? 'a paper of Assay' : `the package '${taken}'`} already. Name another with --key.`,
    );
  }
}

/** The template's files for a key, by path; what they need in the versions of this command line. */
function filesFor(key: string): Record<string, string> {
  const paths = readdirSync(TEMPLATE, { recursive: true, encoding: 'utf8' });
  const files = Object.fromEntries(
    paths
      .filter((path) => statSync(join(TEMPLATE, path)).isFile())
      .map((path) => [RENAMED[path] ?? path, readFileSync(join(TEMPLATE, path), 'utf8').replaceAll(KEY, key)]),
  );
  return { ...files, 'package.json': withVersions(files['package.json']!) };
}

function withVersions(manifest: string): string {
  const own = manifestAt(new URL('../../package.json', import.meta.url));
  const claims = manifestAt(new URL(resolveImport('@assay-ml/claims/package.json', import.meta.url)));
  const versions: Readonly<Record<string, string>> = {
    '@assay-ml/assay': `^${own.version}`,
    '@assay-ml/claims': `^${claims.version}`,
    '@assay-ml/numerics': claims.dependencies['@assay-ml/numerics']!,
  };
  return manifest.replace(/"(@assay-ml\/\w+)": "\*"/g, (_, name: string) => `"${name}": "${versions[name]!}"`);
}

const manifestAt = (url: URL) =>
  JSON.parse(readFileSync(url, 'utf8')) as {
    readonly version: string;
    readonly dependencies: Readonly<Record<string, string>>;
  };
