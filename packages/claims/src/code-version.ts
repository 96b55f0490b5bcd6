/**
 * Code version of an experiment: a hash of everything its cell's module can execute, and of nothing else, so that editing
 * a claim or a report keeps every finished cell and editing the method reruns exactly the cells it may change.
 *
 * Followed: static imports, re-exports and dynamic imports of a literal, through relative files, packages of the same
 * workspace (their built files), and packages of the npm scope of the module's own package wherever they lie: the same
 * files count alike in a checkout and installed from npm. Another package in `node_modules` counts as `name@version`, a Node
 * module as its name, a dynamic import of an optional peer as `name@range` of its importer's manifest, installed or not.
 * Not followed, because no module graph shows them: a dynamic import of a computed name, files read at
 * run time, threads started by URL.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { requireText } from '@assay-ml/numerics/check';
import canonicalize from 'canonicalize';
import { init, parse } from 'es-module-lexer';
import { resolve } from 'import-meta-resolve';

/** What a module executes. */
export interface CodeVersion {
  /** Hex sha256 over the graph. Paths in it are relative to their packages, so machines agree. */
  readonly hash: string;
  /** `package/path` of each file followed, with the sha256 of its content; `package@version/path` of a second version. */
  readonly files: Readonly<Record<string, string>>;
  /** `name@version` of packages that are not followed and names of Node modules, sorted. */
  readonly packages: readonly string[];
}

interface Package {
  readonly name: string;
  readonly version: string;
  readonly root: string;
  /** Optional peers: name → range. */
  readonly optional: Readonly<Record<string, string>>;
}

/** What counts of a `package.json`. */
interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/**
 * Hash the module graph reachable from a module.
 * @param module file URL of built JavaScript (`import.meta.resolve('./cell.js')`), or a `data:` URL
 * @throws TypeError when it or an import of it cannot be found or read
 */
export async function codeVersion(module: string): Promise<CodeVersion> {
  requireText('codeVersion', 'module', module, "Give import.meta.resolve('./cell.js').");
  await init;
  const files: Record<string, string> = {};
  const packages = new Set<string>();
  if (module.startsWith('data:')) files['data:'] = sha256(module);
  else {
    const entry = toFile(module, undefined);
    const home = packageOf(entry);
    const queue = [entry];
    const seen = new Set(queue);
    for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
      const source = readFileSync(file);
      const { name, version, root, optional } = packageOf(file);
      const path = relative(root, file).split(sep).join('/');
      const content = sha256(source);
      const taken = files[`${name}/${path}`] ?? content; // two versions of a package may lie in one tree
      files[taken === content ? `${name}/${path}` : `${name}@${version}/${path}`] = content;
      for (const { specifier, dynamic } of importsOf(file, source.toString('utf8'))) {
        const peer = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '';
        if (dynamic && Object.hasOwn(optional, peer)) {
          packages.add(`${peer}@${optional[peer]}`);
          continue;
        }
        const url = resolveFrom(specifier, file);
        if (url.startsWith('node:')) packages.add(url);
        else {
          const found = toFile(url, file);
          const target = packageOf(found);
          if (found.includes(`${sep}node_modules${sep}`) && !isOwn(target, home)) {
            packages.add(`${target.name}@${target.version}`);
          } else if (!seen.has(found)) {
            seen.add(found);
            queue.push(found);
          }
        }
      }
    }
  }
  const sorted = [...packages].sort();
  return { hash: sha256(canonicalize({ files, packages: sorted })!), files, packages: sorted };
}

/** Whether a package counts by its content: it is the cell's own, or of the same npm scope. */
function isOwn(one: Package, home: Package): boolean {
  const scope = /^@[^/]+\//.exec(home.name)?.[0];
  return one.root === home.root || (scope !== undefined && one.name.startsWith(scope));
}

/** Hex sha256. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function importsOf(file: string, source: string): { readonly specifier: string; readonly dynamic: boolean }[] {
  if (!/\.[cm]?js$/.test(file)) return []; // JSON and other assets count by content
  try {
    return parse(source, file)[0].flatMap((i) => (i.n === undefined ? [] : [{ specifier: i.n, dynamic: i.d >= 0 }]));
  } catch (cause) {
    throw new TypeError(`codeVersion: '${file}' is not JavaScript that can be read. Build it first.`, { cause });
  }
}

function resolveFrom(specifier: string, file: string): string {
  try {
    return resolve(specifier, pathToFileURL(file).href);
  } catch (cause) {
    throw new TypeError(
      `codeVersion: '${specifier}', imported by '${file}', is not there. Install and build the workspace first.`,
      { cause },
    );
  }
}

function toFile(url: string, importer: string | undefined): string {
  const file = url.startsWith('file:') ? fileURLToPath(url) : url;
  if (!existsSync(file)) {
    const by = importer === undefined ? 'named as the module of an experiment' : `imported by '${importer}'`;
    throw new TypeError(`codeVersion: '${url}', ${by}, is not there. Build the workspace first.`);
  }
  return realpathSync(file);
}

/** The nearest package.json that has a name: a bare `{"type": "module"}` in a build folder does not count. */
function packageOf(file: string): Package {
  for (let root = dirname(file); ; root = dirname(root)) {
    const path = join(root, 'package.json');
    if (existsSync(path)) {
      const {
        name,
        version = '0.0.0',
        peerDependencies = {},
        peerDependenciesMeta,
      } = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
      const optional = Object.entries(peerDependencies).filter(
        ([peer]) => peerDependenciesMeta?.[peer]?.optional === true,
      );
      if (name !== undefined) return { name, version, root, optional: Object.fromEntries(optional) };
    }
    if (root === dirname(root)) return { name: '', version: '0.0.0', root: dirname(file), optional: {} };
  }
}
