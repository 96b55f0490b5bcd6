import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { machineCatalogue } from '../src/catalogue.js';
import { world } from './toy.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const template = fileURLToPath(new URL('../template', import.meta.url));

function machine() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'assay-init-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { assay } = world();
  return {
    folder,
    assay: (line: string, place = folder) =>
      assay(line, {
        cwd: place,
        catalogue: machineCatalogue([place], join(folder, 'store'), () => Promise.reject(new Error('no npm'))),
      }),
    files: (inside: string) =>
      readdirSync(join(folder, inside), { recursive: true, encoding: 'utf8' })
        .filter((path) => statSync(join(folder, inside, path)).isFile())
        .sort(),
  };
}

const FILES = ['.github/workflows/claims.yml', '.gitignore', 'README.md', 'cells/estimate.js', 'claims.js', 'figures.js', 'index.js', 'package.json', 'test/reproduction.test.js']; // prettier-ignore

describe('assay init', () => {
  it('writes a reproduction whose key is the folder’s name, in the versions of this command line', async () => {
    const { folder, assay, files } = machine();
    const { code, out } = await assay('init Résumé_2');
    expect([code, out]).toEqual([
      0,
      "Résumé_2: a reproduction with the key 'resume-2', 9 files. Next:\n  cd Résumé_2\n  npm install\n  npx @assay-ml/assay run .\n",
    ]);
    expect(files('Résumé_2')).toEqual(FILES);
    const texts = FILES.map((path) => readFileSync(join(folder, 'Résumé_2', path), 'utf8'));
    expect(texts.filter((text) => text.includes('my-paper'))).toEqual([]);
    const manifest = JSON.parse(texts[FILES.indexOf('package.json')]!);
    expect(manifest).toMatchObject({
      name: 'resume-2',
      private: true,
      assay: { key: 'resume-2', project: 'resume-2' },
    });
    const versionOf = (place: string) => JSON.parse(readFileSync(join(root, place, 'package.json'), 'utf8')).version;
    expect([manifest.dependencies, manifest.devDependencies]).toEqual([
      {
        '@assay-ml/claims': `^${versionOf('packages/claims')}`,
        '@assay-ml/numerics': `^${versionOf('packages/numerics')}`,
      },
      { '@assay-ml/assay': `^${versionOf('apps/assay')}` },
    ]);
  });

  it('takes a key, an empty folder, and the working folder itself', async () => {
    const { folder, assay, files } = machine();
    mkdirSync(join(folder, 'empty'));
    expect((await assay('init empty --key other')).code).toBe(0);
    expect(readFileSync(join(folder, 'empty', 'index.js'), 'utf8')).toContain("key: 'other'");
    expect((await assay('init deep/er')).code).toBe(0);
    expect(files('deep/er')).toEqual(FILES);
    mkdirSync(join(folder, 'here'));
    const { code, out } = await assay('init .', join(folder, 'here'));
    expect([code, out]).toEqual([
      0,
      ".: a reproduction with the key 'here', 9 files. Next:\n  npm install\n  npx @assay-ml/assay run .\n",
    ]);
    expect(files('here')).toEqual(FILES);
  });

  it.each([
    ['init full', "init: 'full' is not empty; must be a folder that is empty or not there. Name another."],
    ['init file', "init: 'file' is a file; must be a folder that is empty or not there."],
    [
      'init mine --key ../up',
      "init: --key is '../up'; must be lower-case words joined by '-', e.g. my-paper: it names folders. Name it with --key.",
    ],
    ['init mine --key Mine', "init: --key is 'Mine'; must be lower-case words"],
    ['init mine --key a--b', "init: --key is 'a--b'; must be lower-case words"],
    ['init ::', "init: the name of '::' gives the key ''; must be lower-case words"],
    [
      'init dag-sa',
      "init: the name of 'dag-sa' gives the key 'dag-sa', which is that of a paper of Assay already. Name another with --key.",
    ],
    ['init theory-sim', 'which is that of a paper of Assay already.'],
    [
      'init mine --key taken',
      "init: --key is 'taken', which is that of the package '@me/taken' already. Name another with --key.",
    ],
    ['init stream', "init: the name of 'stream' gives the key 'stream', which is a module of Node:"],
    ['init', "missing required argument 'folder'"],
  ])('refuses %s, and writes nothing', async (line, words) => {
    const { folder, assay } = machine();
    for (const path of ['full', 'node_modules/@me/taken']) mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, 'full', '.hidden'), '');
    writeFileSync(join(folder, 'file'), '');
    const taken = { name: '@me/taken', assay: { key: 'taken' } };
    writeFileSync(join(folder, 'node_modules/@me/taken/package.json'), JSON.stringify(taken));
    const { code, out, err } = await assay(line);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(words);
    expect(readdirSync(folder).sort()).toEqual(['file', 'full', 'node_modules']);
    expect(readdirSync(join(folder, 'full'))).toEqual(['.hidden']);
  });

  it.skipIf(process.getuid?.() === 0)('leaves a folder as it was when it cannot be written', async () => {
    const { folder, assay } = machine();
    mkdirSync(join(folder, 'empty'), { mode: 0o555 });
    const { code, err } = await assay('init empty');
    expect([code, err]).toEqual([2, expect.stringContaining('EACCES')]);
    expect(readdirSync(join(folder, 'empty'))).toEqual([]);
  });
});

describe('the template', () => {
  const isBuilt = existsSync(join(root, 'packages/claims/dist')); // `nx test` makes it first

  it.skipIf(!isBuilt)('has the types that its comments say', () => {
    const tsc = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));
    const files = FILES.filter((path) => path.endsWith('.js')).map((path) => join(template, path));
    const strict = ['--noEmit', '--allowJs', '--checkJs', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023', '--types', 'node']; // prettier-ignore
    expect(spawnSync(process.execPath, [tsc, ...strict, ...files], { encoding: 'utf8', cwd: root }).stdout).toBe('');
  });

  it.skipIf(!isBuilt)('runs at once, resumes, is found from inside, and passes its own test', async () => {
    const { folder, assay } = machine();
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(root, 'node_modules/@assay-ml'), join(folder, 'node_modules/@assay-ml'));
    await assay('init mine');
    const mine = join(folder, 'mine');
    const first = await assay('run .', mine);
    expect([first.code, first.out]).toEqual([0, expect.stringMatching(/^mine\.C1 +✓ supported +0\.1\d+ \[0\.1/m)]);
    expect(first.err).toContain('report: results/mine/quick/report.html');
    expect(readFileSync(join(mine, 'results/mine/quick/report.html'), 'utf8')).toContain(
      'Mean squared errors, a point a seed',
    );
    // From elsewhere it is named by its path, shards and cells too.
    for (const shard of ['1/2', '2/2']) await assay(`run ./mine --shard ${shard}`);
    const [one, two] = ['1-of-2', '2-of-2'].map((part) => `results/mine/quick/shard-${part}`);
    expect((await assay(`merge ${one} ${two}`)).err).toContain("paper is 'mine'; must be");
    const merged = await assay(`merge ${one} ${two} --paper ./mine`);
    expect([merged.code, merged.lastLine]).toEqual([0, first.lastLine]);
    const claim = await assay('show mine.C1 --paper ./mine');
    expect([claim.code, claim.out]).toEqual([0, expect.stringContaining('24 cells at quick, 24 finished')]);
    const [, cell] = /^([0-9a-f]{16}) /m.exec(claim.out)!;
    const shown = await assay(`show ${cell} --paper ./mine`);
    expect([shown.code, shown.err]).toEqual([0, 'equal to the stored values, bit for bit\n']);
    expect((await assay(`merge ${one} ${two} --paper local`)).code).toBe(2);

    const claims = readFileSync(join(mine, 'claims.js'), 'utf8');
    writeFileSync(join(mine, 'claims.js'), claims.replace('of normal draws', 'of draws'));
    const second = await assay('run mine', mine);
    expect([second.lastLine, second.err]).toEqual([first.lastLine, expect.stringContaining('24/24 cells (24 from')]);
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: undefined };
    const tests = execFileSync(process.execPath, ['--test'], { cwd: mine, encoding: 'utf8', env });
    expect(tests).toMatch(/pass 4\n.*fail 0/s);
    writeFileSync(join(mine, 'claims.js'), claims.replace('min: 0,', 'max: 0,'));
    const flipped = spawnSync(process.execPath, ['--test'], { cwd: mine, encoding: 'utf8', env });
    expect(flipped.stdout).toMatch(/pass 3\n.*fail 1/s);
  });
});
