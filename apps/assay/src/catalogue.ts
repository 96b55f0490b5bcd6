/**
 * Reproductions by name. A package says in its manifest that it is one, `"assay": { "key": "local", "project": "theory-sim" }`,
 * so that finding costs a look at manifests and only what is asked for is imported, with its dependencies.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkReproduction, type Reproduction } from '@assay-ml/claims';
import { resolve as resolveImport } from 'import-meta-resolve';
import { UsageError } from './usage-error.js';

/** A reproduction that was found, not imported. */
export interface Installed {
  readonly key: string;
  readonly project: string;
  /** npm's name of the package. */
  readonly name: string;
  readonly version: string;
  /** Where the package lies, links followed. */
  readonly folder: string;
}

/** A reproduction ready to run. */
export interface Loaded {
  readonly reproduction: Reproduction;
  /** As a person names it to `assay run`: a key, or the path that was given. */
  readonly name: string;
  /** Where its package lies; its committed evidence is in `evidence/` there. */
  readonly folder: string;
}

/** Where reproductions come from; a test has its own. */
export interface Catalogue {
  /** What is installed: nearest first, a package once, nothing imported. */
  installed(): readonly Installed[];
  /** Imports one that is installed. */
  load(found: Installed): Promise<Loaded>;
  /** Imports the package in a folder, or a module file. */
  loadPath(path: string): Promise<Loaded>;
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly main?: string;
  readonly exports?: unknown;
  readonly assay?: { readonly key?: unknown; readonly project?: unknown };
}

function manifestIn(folder: string): Manifest | null {
  const file = join(folder, 'package.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw new UsageError(`'${file}' cannot be read: ${(error as Error).message}`);
  }
}

/** `node_modules` of a folder and of those above it, nearest first. */
function modulesAbove(folder: string): string[] {
  const up = dirname(folder);
  return [join(folder, 'node_modules'), ...(up === folder ? [] : modulesAbove(up))];
}

/** Packages of a `node_modules`, scoped ones too. */
function packagesIn(modules: string): string[] {
  if (!existsSync(modules)) return [];
  return readdirSync(modules).flatMap((entry) => {
    if (entry.startsWith('.')) return [];
    return entry.startsWith('@') ? readdirSync(join(modules, entry)).map((name) => `${entry}/${name}`) : [entry];
  });
}

/**
 * The reproductions that packages installed around some folders say they are.
 * @param places folders whose `node_modules`, and those of the folders above, are looked through; earlier ones count first
 */
export function find(places: readonly string[]): Installed[] {
  const found = new Map<string, Installed>();
  for (const modules of new Set(places.flatMap(modulesAbove))) {
    for (const name of packagesIn(modules)) {
      if (found.has(name)) continue;
      const folder = join(modules, name);
      const manifest = manifestIn(folder);
      const { key, project } = manifest?.assay ?? {};
      if (typeof key !== 'string') continue;
      found.set(name, {
        key,
        project: typeof project === 'string' ? project : key,
        name,
        version: manifest?.version ?? '0.0.0',
        folder: realpathSync(folder),
      });
    }
  }
  return [...found.values()];
}

/** What `import` of a package takes, by its manifest. */
function entryOf(folder: string): string {
  const manifest = manifestIn(folder);
  if (manifest?.name !== undefined && manifest.exports !== undefined) {
    return resolveImport(manifest.name, pathToFileURL(join(folder, 'package.json')).href);
  }
  return pathToFileURL(join(folder, manifest?.main ?? 'index.js')).href;
}

/** @param what how the error names it */
async function importFrom(what: string, module: () => string): Promise<Reproduction> {
  let namespace: { readonly default?: unknown };
  try {
    namespace = (await import(module())) as typeof namespace;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${what} cannot be imported: ${why.split('\n')[0]}. Build it, and install what it needs.`, {
      cause,
    });
  }
  if (namespace.default === undefined) {
    throw new UsageError(`${what} has no default export; must export its reproduction as default.`);
  }
  try {
    return checkReproduction(namespace.default);
  } catch (error) {
    throw new UsageError(`${what} is no reproduction. ${(error as Error).message}`, { cause: error });
  }
}

/**
 * The catalogue of a machine.
 * @param places where packages are looked for, see {@link find}
 */
export function machineCatalogue(places: readonly string[]): Catalogue {
  let found: readonly Installed[] | undefined;
  const installed = () => (found ??= find(places.filter((place) => existsSync(place))));
  return {
    installed,
    load: async ({ key, name, folder }) => {
      const reproduction = await importFrom(`package '${name}' (${folder})`, () => entryOf(folder));
      if (reproduction.key !== key) {
        throw new UsageError(
          `package '${name}' has key '${reproduction.key}' but its package.json says '${key}'. Make them equal.`,
        );
      }
      return { reproduction, name: key, folder };
    },
    loadPath: async (path) => {
      if (!existsSync(path)) throw new UsageError(`paper is '${path}'; there is no such file or folder.`);
      const real = realpathSync(resolve(path));
      const isFolder = statSync(real).isDirectory();
      const folder = isFolder ? real : dirname(real);
      const reproduction = await importFrom(`'${path}'`, () => (isFolder ? entryOf(folder) : pathToFileURL(real).href));
      const taken = installed().find((other) => other.key === reproduction.key && other.folder !== folder);
      if (taken !== undefined) {
        throw new UsageError(
          `'${path}' has key '${reproduction.key}', which is that of the package '${taken.name}' already; results of both would lie in one folder. Give it a key of its own.`,
        );
      }
      return { reproduction, name: path, folder };
    },
  };
}

/** Whether a name is meant as a path: `.`, `./mine`, `/home/me/mine`. */
export const isPath = (name: string): boolean => /^\.{0,2}[/\\]|^\.{1,2}$|^[A-Za-z]:/.test(name);

/** Whether a package lies in a checkout, so that Nx runs it and its evidence is committed there. */
export const isInside = (folder: string, root: string): boolean =>
  folder.startsWith(`${root.replace(/[/\\]$/, '')}${sep}`) && !folder.includes(`${sep}node_modules${sep}`);
