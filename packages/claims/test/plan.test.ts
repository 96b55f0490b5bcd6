import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeVersion, nearest, plan, WASM, type Reproduction } from '../src/index.js';
import { toy } from './fixtures/toy/reproduction.mjs';

const ids = async (reproduction: Reproduction, options: Parameters<typeof plan>[1]) =>
  (await plan(reproduction, options)).cells.map((c) => c.id);

describe('plan', () => {
  it('lists the cells of a tier, their cost, and the experiments without data', async () => {
    const quick = await plan(toy({ seconds: 0.5 }), { tier: 'quick' });
    expect(quick.cells).toHaveLength(12);
    expect(quick.seconds).toBeCloseTo(6, 12);
    expect(quick.megabytes).toBe(1);
    expect(quick.missing).toEqual({ large: 'Put the toy data into ASSAY_DATA.' });
    expect(quick.cells[0]).toMatchObject({ experiment: 'estimate', config: { effect: 0 }, seed: 0 });
    expect(quick.cells[0]!.id).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set(quick.cells.map((c) => c.id)).size).toBe(12);
    expect((await plan(toy(), { tier: 'standard' })).cells).toHaveLength(24);
  });

  it('takes another number of seeds and another first seed; equal cells keep their ids', async () => {
    const cells = (await plan(toy(), { tier: 'quick', seeds: 2, firstSeed: 1000 })).cells;
    expect(cells.map((c) => c.seed)).toEqual([1000, 1001, 1000, 1001]);
    const five = await ids(toy(), { tier: 'quick', seeds: 5 });
    const three = await ids(toy(), { tier: 'quick', seeds: 3 });
    expect(five).toEqual(expect.arrayContaining(three));
  });

  it('puts backend, threads and version into the ids of cells that compute tensors, and of no others', async () => {
    const [estimate, ...rest] = toy().experiments;
    const native = { name: 'tensorflow', threads: 1 };
    const backends = [undefined, WASM, native, { ...native, threads: 2 }, { ...native, version: '2.15.1' }];
    const firstIds = (reproduction: Reproduction) =>
      Promise.all(
        backends.map(async (backend) => {
          const { cells } = await plan(reproduction, { tier: 'quick', ...(backend && { backend }) });
          expect(cells[0]!.backend).toEqual(backend ?? WASM);
          return cells[0]!.id;
        }),
      );
    expect(new Set(await firstIds(toy())).size).toBe(1);
    const tensors = await firstIds({ ...toy(), experiments: [{ ...estimate!, tensors: true }, ...rest] });
    expect(tensors[0]).toBe(tensors[1]);
    expect(new Set(tensors).size).toBe(4);
  });

  it('runs once what two sweeps share', async () => {
    const reproduction = toy();
    const [estimate, ...rest] = reproduction.experiments;
    const cells = () => [0, 1, 0].map((seed) => ({ config: { effect: 0 }, seed }));
    const shared = { ...reproduction, experiments: [{ ...estimate!, cells }, ...rest] };
    expect(await ids(shared, { tier: 'quick' })).toHaveLength(2);
  });

  it('chooses claims by id, short id and glob, in any case, and only their experiments', async () => {
    const chosen = async (...only: string[]) => (await plan(toy(), { tier: 'quick', only })).claims.map((c) => c.id);
    expect(await chosen('C2')).toEqual(['toy.C2']);
    expect(await chosen('toy.C3', 'c1')).toEqual(['toy.C1', 'toy.C3']);
    expect(await chosen('C*')).toEqual(['toy.C1', 'toy.C2', 'toy.C3']);
    expect(await chosen('**C***')).toEqual(['toy.C1', 'toy.C2', 'toy.C3']);
    await expect(chosen(`${'*'.repeat(60)}!`)).rejects.toThrow(RangeError);
    expect(await chosen('toy.?1')).toEqual(['toy.C1', 'toy.D1']);
    const data = await plan(toy(), { tier: 'quick', only: ['D1'] });
    expect(data.cells).toEqual([]);
    expect(Object.keys(data.missing)).toEqual(['large']);
    const none = await plan(toy(), { tier: 'quick', only: ['C3'] });
    expect(none.cells).toEqual([]);
    expect(none.missing).toEqual({});
  });

  it('deals shards that are disjoint, complete and of about equal cost', async () => {
    const reproduction = toy();
    const [estimate, ...rest] = reproduction.experiments;
    const cost = (config: unknown) => ({ seconds: (config as { effect: number }).effect === 0 ? 1 : 10, megabytes: 1 });
    const uneven = { ...reproduction, experiments: [{ ...estimate!, cost }, ...rest] };
    const shards = await Promise.all(
      [1, 2, 3].map((index) => plan(uneven, { tier: 'quick', shard: { index, count: 3 } })),
    );
    expect(shards.flatMap((s) => s.cells.map((c) => c.id)).sort()).toEqual(
      (await ids(uneven, { tier: 'quick' })).sort(),
    );
    expect(shards.map((s) => s.seconds)).toEqual([22, 22, 22]);
    expect(shards.map((s) => s.total)).toEqual([12, 12, 12]);
  });

  it.each([
    [{ tier: 'huge' }, "plan: 'tier' is 'huge'; must be 'quick' or 'standard' or 'full'. Choose one of them."],
    [{ tier: 'quick', seeds: 0 }, "plan: 'seeds' is 0; must be an integer ≥ 1."],
    [{ tier: 'quick', firstSeed: -1 }, "plan: 'firstSeed' is -1; must be an integer ≥ 0."],
    [{ tier: 'quick', shard: { index: 5, count: 4 } }, "plan: 'shard' is 5/4; must be i/n with integers 1 ≤ i ≤ n."],
    [
      { tier: 'quick', only: ['C9'] },
      "plan: 'only' is 'C9'; must be a claim of 'toy' or a glob over them. Did you mean C1, C2, C3?",
    ],
    [
      { tier: 'quick', only: ['toy.d2'] },
      "plan: 'only' is 'toy.d2'; must be a claim of 'toy' or a glob over them. Did you mean toy.C2, toy.D1, toy.C1?",
    ],
  ])('refuses %j by name', async (options, message) => {
    await expect(plan(toy(), options as never)).rejects.toThrow(new RangeError(message));
  });

  it('refuses a reproduction that contradicts itself', async () => {
    const { experiments, claims, ...rest } = toy();
    const [estimate] = experiments;
    const refused = (more: Partial<Reproduction>) =>
      expect(plan({ ...rest, experiments, claims, ...more }, { tier: 'quick' })).rejects;
    await refused({ claims: [...claims, claims[0]!] }).toThrow("two claims of 'toy' are called 'toy.C1'");
    await refused({ experiments: [...experiments, estimate!] }).toThrow(
      "two experiments of 'toy' are called 'estimate'",
    );
    await refused({ experiments: [estimate!] }).toThrow(
      "claim 'toy.D1' reads experiment 'large'; must be one of estimate.",
    );
    const listing = (config: unknown, seed: number) => ({
      ...estimate!,
      cells: () => [{ config: config as never, seed }],
    });
    await refused({ experiments: [listing({}, -1), experiments[1]!] }).toThrow("a seed of experiment 'estimate' is -1");
    await refused({ experiments: [listing({ x: [1, NaN] }, 0), experiments[1]!] }).toThrow(
      "'config.x.1' is NaN; must be a finite number",
    );
    const free = { ...estimate!, cost: () => ({ seconds: NaN, megabytes: 0 }) };
    await refused({ experiments: [free, experiments[1]!] }).toThrow(
      'costs NaN s and 0 MB; must be finite numbers ≥ 0.',
    );
  });

  it('finds near names', () => {
    expect(nearest('stanard', ['quick', 'standard', 'full'], 1)).toEqual(['standard']);
  });
});

describe('codeVersion', () => {
  let root: string;
  const write = (path: string, content: string) => {
    const file = join(root, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, content);
    return pathToFileURL(file).href;
  };
  let cell: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'claims-'));
    write('package.json', '{"name": "mine", "version": "1.0.0", "type": "module"}');
    write('node_modules/third/package.json', '{"name": "third", "version": "2.3.4", "main": "index.js"}');
    write('node_modules/third/index.js', 'exports.x = 1;');
    cell = write(
      'cell.js',
      "import './a.js'; import { x } from 'third'; import fs from 'fs'; export const run = () => x;",
    );
    write('a.js', "export * from './deep/b.js'; export const later = () => import('./lazy.js');");
    write('deep/b.js', 'export const b = 1;');
    write('lazy.js', "import data from './data.json' with { type: 'json' }; export default data;");
    write('data.json', '[1]');
    write('claims.js', "import './cell.js';");
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('follows static, re-exported, literal dynamic and JSON imports; names packages and Node modules', async () => {
    const { files, packages } = await codeVersion(cell);
    expect(Object.keys(files).sort()).toEqual([
      'mine/a.js',
      'mine/cell.js',
      'mine/data.json',
      'mine/deep/b.js',
      'mine/lazy.js',
    ]);
    expect(packages).toEqual(['node:fs', 'third@2.3.4']);
  });

  it('changes with every file that it follows and with a package’s version, and with nothing else', async () => {
    const { hash } = await codeVersion(cell);
    for (const path of ['cell.js', 'a.js', 'deep/b.js', 'lazy.js', 'data.json']) {
      const file = join(root, path);
      const before = readFileSync(file, 'utf8');
      writeFileSync(file, `${before} `);
      expect((await codeVersion(cell)).hash, path).not.toBe(hash);
      writeFileSync(file, before);
    }
    write('claims.js', '// another threshold');
    write('node_modules/third/index.js', 'exports.x = 1; // the version names this');
    expect((await codeVersion(cell)).hash).toBe(hash);
    write('node_modules/third/package.json', '{"name": "third", "version": "2.3.5", "main": "index.js"}');
    expect((await codeVersion(cell)).hash).not.toBe(hash);
  });

  it('is the same in another folder', async () => {
    const { hash } = await codeVersion(cell);
    const first = root;
    root = mkdtempSync(join(tmpdir(), 'claims-elsewhere-'));
    try {
      for (const path of [
        'package.json',
        'cell.js',
        'a.js',
        'deep/b.js',
        'lazy.js',
        'data.json',
        'node_modules/third/package.json',
        'node_modules/third/index.js',
      ]) {
        write(path, readFileSync(join(first, path), 'utf8'));
      }
      expect((await codeVersion(pathToFileURL(join(root, 'cell.js')).href)).hash).toBe(hash);
    } finally {
      rmSync(first, { recursive: true, force: true });
    }
  });

  it('follows a package of the workspace into its files, by its name', async () => {
    // @assay-ml/numerics lies outside of node_modules once links are followed.
    const { files } = await codeVersion(new URL('./fixtures/imports-numerics.mjs', import.meta.url).href);
    expect(Object.keys(files)).toContain('@assay-ml/numerics/dist/index.js');
    expect(Object.keys(files)).toContain('@assay-ml/claims/test/fixtures/imports-numerics.mjs');
  });

  describe('of a package with an npm scope', () => {
    const numbers = '@mine/numbers';
    beforeEach(() => {
      write('package.json', '{"name": "@mine/paper", "version": "1.0.0", "type": "module"}');
      write('a.js', `import '${numbers}'; import '@mines/other'; import 'third';`);
      write('node_modules/@mines/other/package.json', '{"name": "@mines/other", "version": "0.1.0", "main": "o.js"}');
      write('node_modules/@mines/other/o.js', '');
    });
    const numbersIn = (folder: string, version = '1.0.0', source = 'export const one = 1;') => {
      write(`${folder}/package.json`, `{"name": "${numbers}", "version": "${version}", "exports": "./n.js"}`);
      write(`${folder}/n.js`, source);
    };

    it('counts the packages of that scope by content, wherever they lie, and others by version', async () => {
      numbersIn('node_modules/@mine/numbers');
      const installed = await codeVersion(cell);
      expect(Object.keys(installed.files)).toContain('@mine/numbers/n.js');
      expect(installed.packages).toEqual(['@mines/other@0.1.0', 'node:fs', 'third@2.3.4']);
      numbersIn('node_modules/@mine/numbers', '1.0.1');
      expect((await codeVersion(cell)).hash).toBe(installed.hash);
      numbersIn('node_modules/@mine/numbers', '1.0.0', 'export const one = 2;');
      expect((await codeVersion(cell)).hash).not.toBe(installed.hash);
      rmSync(join(root, 'node_modules/@mine/numbers'), { recursive: true });
      numbersIn('packages/numbers'); // as npm links a workspace
      symlinkSync(join(root, 'packages/numbers'), join(root, 'node_modules/@mine/numbers'));
      expect((await codeVersion(cell)).hash).toBe(installed.hash);
    });

    it('counts both of two versions of such a package', async () => {
      numbersIn('node_modules/@mine/numbers');
      write('node_modules/@mine/deep/package.json', '{"name": "@mine/deep", "version": "1.0.0", "exports": "./d.js"}');
      write('node_modules/@mine/deep/d.js', `import '${numbers}';`);
      write('a.js', `import '${numbers}'; import '@mine/deep';`);
      const { hash } = await codeVersion(cell);
      const nested = 'node_modules/@mine/deep/node_modules/@mine/numbers';
      numbersIn(nested, '1.0.0');
      expect((await codeVersion(cell)).hash).toBe(hash);
      numbersIn(nested, '2.0.0', 'export const one = 2;');
      const two = await codeVersion(cell);
      expect(
        Object.keys(two.files)
          .filter((file) => file.startsWith('@mine/numbers'))
          .sort(),
      ).toEqual(['@mine/numbers/n.js', '@mine/numbers@1.0.0/n.js']);
      numbersIn(nested, '2.0.0', 'export const one = 3;');
      expect((await codeVersion(cell)).hash).not.toBe(two.hash);
    });
  });

  it('counts a dynamic import of an optional peer by the range of the manifest, installed or not', async () => {
    const manifest = (range: string, optional: boolean) =>
      write('package.json', JSON.stringify({ name: 'mine', peerDependencies: { '@gpu/peer': range, third: '1' }, peerDependenciesMeta: { '@gpu/peer': { optional } } })); // prettier-ignore
    manifest('^4.0.0', true);
    write('a.js', "export const gpu = () => import('@gpu/peer/sub.js');");
    const absent = await codeVersion(cell);
    expect(absent.packages).toEqual(['@gpu/peer@^4.0.0', 'node:fs', 'third@2.3.4']);
    write('node_modules/@gpu/peer/package.json', '{"name": "@gpu/peer", "version": "4.1.0"}');
    write('node_modules/@gpu/peer/sub.js', '');
    expect((await codeVersion(cell)).hash).toBe(absent.hash);
    manifest('^4.1.0', true);
    expect((await codeVersion(cell)).hash).not.toBe(absent.hash);
    manifest('^4.0.0', false);
    expect((await codeVersion(cell)).packages).toContain('@gpu/peer@4.1.0');
    manifest('^4.0.0', true);
    write('a.js', "import '@gpu/peer/sub.js';"); // needed whatever the manifest says
    expect((await codeVersion(cell)).packages).toContain('@gpu/peer@4.1.0');
    rmSync(join(root, 'node_modules/@gpu'), { recursive: true });
    await expect(codeVersion(cell)).rejects.toThrow("'@gpu/peer/sub.js', imported by");
  });

  it('says what is not built or not installed', async () => {
    await expect(codeVersion(pathToFileURL(join(root, 'none.js')).href)).rejects.toThrow(
      'named as the module of an experiment, is not there. Build the workspace first.',
    );
    write('a.js', "import './gone.js';");
    await expect(codeVersion(cell)).rejects.toThrow(/gone\.js', imported by .*a\.js', is not there/);
    write('a.js', "import 'never-installed';");
    await expect(codeVersion(cell)).rejects.toThrow(/'never-installed', imported by .*a\.js', is not there/);
    write('a.js', 'import type {} from "x" garbage {{{');
    await expect(codeVersion(cell)).rejects.toThrow(TypeError);
  });

  it('hashes a module given as data', async () => {
    const one = await codeVersion('data:text/javascript,export const run = () => ({})');
    const two = await codeVersion('data:text/javascript,export const run = () => ({ x: 1 })');
    expect(one.hash).not.toBe(two.hash);
  });
});
