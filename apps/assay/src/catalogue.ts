/**
 * Reproductions by name. A package says in its manifest that it is one, `"assay": { "key": "local", "project": "theory-sim" }`,
 * so that finding costs a look at manifests and only what is asked for is imported, with its dependencies.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { isBuiltin } from 'node:module';
import { pathToFileURL } from 'node:url';
import { checkReproduction, isKey, type Reproduction } from '@assay-ml/claims';
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
  /** Why the package of a name is not among them, where one is there. */
  whyNot(name: string): string | undefined;
  /** Imports one that is installed. */
  load(found: Installed): Promise<Loaded>;
  /** Imports the package in a folder, or a module file. */
  loadPath(path: string): Promise<Loaded>;
  /** Where {@link install} puts reproductions. */
  readonly store: string;
  /**
   * Installs one of ours from npm, for this and later commands.
   * @param key one of `PAPERS`
   */
  install(key: string): Promise<void>;
}

interface Manifest {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly main?: unknown;
  readonly exports?: unknown;
  readonly assay?: { readonly key?: unknown; readonly project?: unknown };
}

/** @throws UsageError for a manifest that is there and cannot be read */
function manifestIn(folder: string): Manifest | null {
  const file = join(folder, 'package.json');
  const text = textOf(file);
  if (text === null) return null;
  try {
    const manifest: unknown = JSON.parse(text);
    if (typeof manifest !== 'object' || manifest === null) throw new TypeError(`it is ${text}; must be an object.`);
    return manifest;
  } catch (error) {
    throw new UsageError(`'${file}' cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** The text of a file; `null` where there is none to read. */
function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** A folder and those above it, nearest first. */
function upwards(folder: string): string[] {
  const up = dirname(folder);
  return [folder, ...(up === folder ? [] : upwards(up))];
}

/** The folders of the packages in a `node_modules`, scoped ones too. */
function packagesIn(modules: string): string[] {
  return entries(modules)
    .filter((entry) => !entry.startsWith('.'))
    .flatMap((entry) =>
      entry.startsWith('@')
        ? entries(join(modules, entry)).map((name) => join(modules, entry, name))
        : [join(modules, entry)],
    );
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** What a package says it is; `null` when that is no reproduction, or nothing that can be read. */
function read(folder: string): Installed | null {
  if (textOf(join(folder, 'package.json'))?.includes('"assay"') !== true) return null; // most packages: not even parsed
  try {
    const { name, version, assay } = manifestIn(folder)!;
    if (typeof name !== 'string' || typeof assay?.key !== 'string' || !isKey(assay.key)) return null;
    return {
      key: assay.key,
      project: typeof assay.project === 'string' ? assay.project : assay.key,
      name,
      version: typeof version === 'string' ? version : '0.0.0',
      folder: realpathSync(folder),
    };
  } catch {
    return null;
  }
}

/**
 * The reproductions that packages say they are: those that some folders lie in, and those installed around them. What else
 * is installed is passed over, whatever its manifest looks like.
 * @param places folders that are looked through with the folders above, themselves and their `node_modules`; earlier ones
 *   count first
 * @param stores folders of which only the `node_modules` is looked through, last
 */
export function find(places: readonly string[], stores: readonly string[] = []): Installed[] {
  const found = new Map<string, Installed>();
  const around = [...new Set(places.flatMap(upwards))];
  const inside = [...around, ...stores].flatMap((folder) => packagesIn(join(folder, 'node_modules')));
  for (const folder of [...around, ...inside]) {
    const one = read(folder);
    if (one !== null && !found.has(one.name)) found.set(one.name, one);
  }
  return [...found.values()];
}

/** What `import` of a package takes, by its manifest. */
function entryOf(folder: string): string {
  const { name, main, exports } = manifestIn(folder) ?? {};
  // A package that is called as a module of Node gets that module.
  if (typeof name === 'string' && exports !== undefined && !isBuiltin(name)) {
    return resolveImport(name, pathToFileURL(join(folder, 'package.json')).href);
  }
  return pathToFileURL(join(folder, typeof main === 'string' ? main : 'index.js')).href;
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

/** Why a package that is there counts as no reproduction. */
function refusal(name: string, folder: string): string {
  try {
    const key = manifestIn(folder)?.assay?.key;
    return `package '${name}' (${folder}) has ${JSON.stringify(key) ?? 'nothing'} under "assay", "key" in its package.json; must be the reproduction's key, lower-case words joined by '-'.`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The folders that a catalogue's installations stand in, see `install.ts`. */
const storesIn = (store: string): string[] =>
  existsSync(store)
    ? readdirSync(store)
        .filter(isKey)
        .map((key) => join(store, key))
    : [];

/**
 * The catalogue of a machine.
 * @param places where packages are looked for, see {@link find}
 * @param store where missing reproductions are installed
 * @param installer installs the reproduction of a key into a folder of the store
 */
export function machineCatalogue(
  places: readonly string[],
  store: string,
  installer: (key: string, store: string) => Promise<void>,
): Catalogue {
  let found: readonly Installed[] | undefined;
  const installed = () => (found ??= find(places, storesIn(store)));
  return {
    installed,
    store,
    whyNot: (name) => {
      const folders = [...places.flatMap(upwards), ...storesIn(store)].map((place) =>
        join(place, 'node_modules', name),
      );
      const folder = folders.find((one) => existsSync(join(one, 'package.json')));
      return folder === undefined ? undefined : refusal(name, folder);
    },
    install: async (key) => {
      await installer(key, store);
      found = undefined;
    },
    load: async ({ key, name, folder }) => {
      const twin = installed().find((other) => other.key === key && other.name !== name);
      if (twin !== undefined) {
        throw new UsageError(`key '${key}' is that of two installed packages: ${name} and ${twin.name}. Remove one.`);
      }
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
