import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { formatFiles, installPackagesTask, names, readJson, updateJson } from '@nx/devkit';

const FILES = join(import.meta.dirname, 'files');
const REPRODUCTIONS = 'apps/reproduce/src/reproductions.ts';
const SUITES = 'benchmarks/src/suites/index.ts';
/** Words of the workspace and of `nx` that no paper may take. */
const TAKEN = ['apps', 'assay', 'benchmarks', 'packages', 'papers', 'reproduce', 'results', 'suites', 'tools'];

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
  const reproduction = names(key).propertyName;
  // Both lists are computed before anything is written: they may turn out not to be what is edited here.
  const reproductions = listed(tree, REPRODUCTIONS, {
    from: `./papers/${key}/index.js`,
    identifier: reproduction,
    entry: reproduction,
    end: '];',
  });
  const suites = listed(tree, SUITES, {
    identifier: suite,
    entry: `${suite === name ? name : `'${name}'`}: async () => (await import('./${name}.js')).${suite}`,
    end: '};',
  });

  const { version } = readJson(tree, 'packages/numerics/package.json');
  const fill = filler({ name, key, suite, reproduction, numerics: `^${version}` });
  for (const file of readdirSync(FILES, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.template')) continue; // a folder
    tree.write(fill(file.slice(0, -'.template'.length)), fill(readFileSync(join(FILES, file), 'utf8')));
  }
  tree.write(`packages/${name}/LICENSE`, tree.read('LICENSE') ?? '');
  tree.write(REPRODUCTIONS, reproductions);
  tree.write(SUITES, suites);

  updateJson(tree, 'tsconfig.json', (json) => withReference(json, `./packages/${name}`));
  for (const [app, up] of [
    ['apps/reproduce', '../..'],
    ['benchmarks', '..'],
  ]) {
    updateJson(tree, `${app}/package.json`, (json) => withDependency(json, `@assay-ml/${name}`));
    const reference = `${up}/packages/${name}/tsconfig.lib.json`;
    updateJson(tree, `${app}/tsconfig.lib.json`, (json) => withReference(json, reference));
  }
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
  const papers = [`packages/${value}`, `apps/reproduce/src/papers/${value}`, `benchmarks/src/suites/${value}.ts`];
  const found = papers.find((path) => tree.exists(path));
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
 * The module at `path` with one more entry at the end of its list, imported first where `from` says from where.
 * @param {import('@nx/devkit').Tree} tree
 * @param {string} path
 * @param {{ from?: string, identifier: string, entry: string, end: string }} what
 */
function listed(tree, path, { from, identifier, entry, end }) {
  const source = tree.read(path, 'utf8') ?? '';
  if (new RegExp(`\\b${identifier}\\b`).test(source)) {
    throw new Error(
      `tools:paper: ${path} has a name '${identifier}' already; must be new. Choose another name. Nothing was written.`,
    );
  }
  const imports = source.lastIndexOf('\nimport ');
  const close = source.lastIndexOf(end);
  if (close === -1 || (from !== undefined && imports === -1)) {
    throw new Error(
      `tools:paper: ${path} has no ${from === undefined ? '' : 'import or no '}list that ends with '${end}'; must have ${from === undefined ? 'one. Put it' : 'both. Put them'} there. Nothing was written.`,
    );
  }
  const line = from === undefined ? 0 : source.indexOf('\n', imports + 1) + 1;
  const before = source.slice(line, close).trimEnd();
  const comma = /[[{,]$/.test(before) ? '' : ',';
  const added = from === undefined ? '' : `import { ${identifier} } from '${from}';\n`;
  return `${source.slice(0, line)}${added}${before}${comma} ${entry}${source.slice(close)}`;
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
