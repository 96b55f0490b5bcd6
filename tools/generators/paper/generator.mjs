import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { formatFiles, installPackagesTask, names, readJson, updateJson } from '@nx/devkit';

const FILES = join(import.meta.dirname, 'files');
const PAPERS = 'apps/assay/src/papers.ts';
const SUITES = 'benchmarks/src/suites/index.ts';
/** Words of the workspace and of `nx` that no paper may take. */
const TAKEN = [
  'apps',
  'assay',
  'benchmarks',
  'packages',
  'papers',
  'reproduce',
  'reproductions',
  'results',
  'suites',
  'tools',
];

/**
 * `nx g tools:paper <name>`: a paper's package, its reproduction and its benchmark suite, each with one small real
 * example (gradient descent on a quadratic), wired so that lint, typecheck, build, test, bench and reproduce pass at once.
 * The files are those under `files/`, where `__name__` and the like stand for what differs. Everything is checked before
 * the first of them is written.
 *
 * @param {import('@nx/devkit').Tree} tree
 * @param {{ name: string, key?: string }} options as in schema.json
 * @returns {Promise<() => void>} what Nx does after writing: links the package into `node_modules`
 * @throws Error for a name or key that is not kebab-case, taken, or a word of the language
 */
export default async function paper(tree, { name, key = name }) {
  check(tree, 'name', name);
  check(tree, 'key', key);
  const suite = names(name).propertyName;
  // Both lists are computed before anything is written: they may turn out not to be what is edited here.
  const papers = listed(tree, PAPERS, {
    identifier: `'${name}'`,
    entry: `'${name}': ['${key}']`,
    end: '};',
  });
  const suites = listed(tree, SUITES, {
    identifier: suite,
    entry: `${suite === name ? name : `'${name}'`}: async () => (await import('./${name}.js')).${suite}`,
    end: '};',
  });

  const [numerics, claims] = ['numerics', 'claims'].map(
    (one) => `^${readJson(tree, `packages/${one}/package.json`).version}`,
  );
  const fill = filler({ name, key, suite, numerics, claims });
  for (const file of readdirSync(FILES, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.template')) continue; // a folder
    tree.write(fill(file.slice(0, -'.template'.length)), fill(readFileSync(join(FILES, file), 'utf8')));
  }
  const folders = [`packages/${name}`, `apps/reproductions/${key}`];
  for (const folder of folders) tree.write(`${folder}/LICENSE`, tree.read('LICENSE') ?? '');
  tree.write(PAPERS, papers);
  tree.write(SUITES, suites);

  updateJson(tree, 'tsconfig.json', (json) => folders.reduce((all, folder) => withReference(all, `./${folder}`), json));
  updateJson(tree, 'benchmarks/package.json', (json) => withDependency(json, `@assay-ml/${name}`));
  updateJson(tree, 'benchmarks/tsconfig.lib.json', (json) =>
    withReference(json, `../packages/${name}/tsconfig.lib.json`),
  );
  await formatFiles(tree);
  return () => installPackagesTask(tree, true);
}

/**
 * @param {import('@nx/devkit').Tree} tree
 * @param {'name' | 'key'} option
 * @param {string} value `assay run` takes either, so neither may be another paper's name or key
 */
function check(tree, option, value) {
  const refuse = (/** @type {string} */ why) => {
    throw new Error(`tools:paper: '${option}' is ${JSON.stringify(value)}; ${why} Nothing was written.`);
  };
  if (!/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(value)) {
    refuse('must be kebab-case: lower-case letters and digits in words that begin with a letter, e.g. fts-prune.');
  }
  if (TAKEN.includes(value)) refuse(`must be none of ${TAKEN.join(', ')}, which name other things here.`);
  if (!isIdentifier(names(value).propertyName)) refuse('must not be a word of the language.');
  const places = [`packages/${value}`, `apps/reproductions/${value}`, `benchmarks/src/suites/${value}.ts`];
  const found = places.find((path) => tree.exists(path));
  if (found !== undefined) refuse(`must be new: ${found} exists. Choose another or remove it first.`);
}

/** @param {Record<string, string>} values what stands for `__<key>__` */
function filler(values) {
  return (/** @type {string} */ text) => text.replace(/__([a-z]+)__/g, (_, word) => values[word]);
}

/** @param {string} word */
function isIdentifier(word) {
  try {
    // `assay` runs modules, where `await` is a word of the language too.
    new Function(`'use strict'; async () => { let ${word}; }`);
    return true;
  } catch {
    return false;
  }
}

/**
 * The module at `path` with one more entry at the end of its list.
 * @param {import('@nx/devkit').Tree} tree
 * @param {string} path
 * @param {{ identifier: string, entry: string, end: string }} what
 */
function listed(tree, path, { identifier, entry, end }) {
  const source = tree.read(path, 'utf8') ?? '';
  if (new RegExp(`(?<![\\w-])${identifier}(?![\\w-])`).test(source)) {
    throw new Error(
      `tools:paper: ${path} has a name '${identifier}' already; must be new. Choose another name. Nothing was written.`,
    );
  }
  const close = source.indexOf(end);
  if (close === -1) {
    throw new Error(
      `tools:paper: ${path} has no list that ends with '${end}'; must have one. Put it there. Nothing was written.`,
    );
  }
  const before = source.slice(0, close).trimEnd();
  const comma = /[[{,]$/.test(before) ? '' : ',';
  return `${before}${comma} ${entry}${source.slice(close)}`;
}

/**
 * @param {{ references: { path: string }[] }} tsconfig
 * @param {string} path
 */
function withReference(tsconfig, path) {
  return { ...tsconfig, references: [...tsconfig.references, { path }] };
}

/**
 * @param {{ dependencies: Record<string, string> }} manifest
 * @param {string} dependency of this workspace, at its first version
 */
function withDependency(manifest, dependency) {
  const dependencies = Object.entries({ ...manifest.dependencies, [dependency]: '^0.0.0' });
  return { ...manifest, dependencies: Object.fromEntries(dependencies.sort(([a], [b]) => (a < b ? -1 : 1))) };
}
