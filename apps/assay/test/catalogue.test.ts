import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { find, machineCatalogue } from '../src/catalogue.js';
import { world, type Outcome } from './toy.js';

/** A folder that goes away with the test, and how to write into it. */
function machine() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'assay-catalogue-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const manifest = (path: string, name: string, key: unknown, more: object = {}): void =>
    write(
      join(path, 'package.json'),
      JSON.stringify({ name, version: '1.2.3', type: 'module', assay: { key }, ...more }),
    );
  return {
    folder,
    write,
    manifest,
    /** A whole reproduction: one cell that gives one number. */
    reproduction: (path: string, name: string, key: string, source = sourceOf(key)): void => {
      manifest(path, name, key);
      write(join(path, 'index.js'), source);
    },
    assay: (line: string): Promise<Outcome> =>
      world().assay(line, {
        cwd: folder,
        catalogue: machineCatalogue([folder], join(folder, 'store'), () => Promise.reject(new Error('no npm'))),
      }),
  };
}

const sourceOf = (key: string, changes = ''): string => `
  const claim = { id: '${key}.C1', statement: 'One is positive.', source: 'here', kind: 'paper', experiments: ['one'],
    tiers: ['quick'], rule: { statistic: 'exact', words: 'x > 0' }, expect: 'supported',
    evidence: (records) => ({ kind: 'exact', checks: records.map((r) => ({ name: r.id, holds: r.values.x > 0 })), measured: 1 }) };
  const experiment = { id: 'one', title: 'One.', module: 'data:text/javascript,export const run = () => ({ x: 1 })//${key}',
    cells: () => [{ config: {}, seed: 0 }], cost: () => ({ seconds: 0, megabytes: 1 }) };
  const reproduction = { schema: 1, key: '${key}', project: '${key}', title: 'T', citation: 'c', experiments: [experiment], claims: [claim] };
  ${changes}
  export default reproduction;`;

describe('find', () => {
  const names = (places: readonly string[], stores?: readonly string[]) =>
    find(places, stores).map(({ name, key, project, version }) => [name, key, project, version].join(' '));

  it('takes packages that say they are reproductions, with and without scope, and no others', () => {
    const { folder, manifest, write } = machine();
    manifest('node_modules/one', 'one', 'first');
    manifest('node_modules/@me/two', '@me/two', 'second', { assay: { key: 'second', project: 'both' }, version: 7 });
    manifest('node_modules/.hidden', 'hidden', 'hidden');
    write('node_modules/other/package.json', '{"name": "other", "keywords": ["assay"]}');
    write('node_modules/@file', 'not a folder');
    write('node_modules/file', 'not a folder');
    mkdirSync(join(folder, 'node_modules/empty'));
    expect(names([folder]).sort()).toEqual(['@me/two second both 0.0.0', 'one first first 1.2.3']);
  });

  it('passes over manifests that are broken or give a key that is none', () => {
    const { folder, manifest, write } = machine();
    write('node_modules/broken/package.json', '{"name": "broken", "assay": {"key": ');
    write('node_modules/null/package.json', 'null "assay"');
    manifest('node_modules/up', 'up', '../up');
    manifest('node_modules/number', 'number', 5);
    manifest('node_modules/capital', 'capital', 'Capital');
    write('node_modules/nameless/package.json', '{"assay": {"key": "nameless"}}');
    manifest('node_modules/good', 'good', 'good');
    expect(names([folder])).toEqual(['good good good 1.2.3']);
  });

  it('takes the nearest of a name: the folder itself, its node_modules, those above; stores last', () => {
    const { folder, manifest } = machine();
    manifest('a/b', 'mine', 'mine');
    manifest('a/b/node_modules/near', 'near', 'near', { version: '2.0.0' });
    manifest('a/node_modules/near', 'near', 'near', { version: '1.0.0' });
    manifest('a/node_modules/mine', 'mine', 'mine', { version: '0.1.0' });
    manifest('store/far/node_modules/far', 'far', 'far');
    manifest('store/far/node_modules/near', 'near', 'near', { version: '3.0.0' });
    manifest('store/node_modules/beside', 'beside', 'beside');
    expect(names([join(folder, 'a/b/deep')], [join(folder, 'store/far')])).toEqual([
      'mine mine mine 1.2.3',
      'near near near 2.0.0',
      'far far far 1.2.3',
    ]);
  });

  it('does not look into what a package has installed for itself', () => {
    const { folder, manifest } = machine();
    manifest('node_modules/one/node_modules/inner', 'inner', 'inner');
    expect(names([folder])).toEqual([]);
  });

  it('follows links to where a package lies, and passes over links to nothing', () => {
    const { folder, manifest } = machine();
    manifest('work/mine', '@me/mine', 'mine');
    mkdirSync(join(folder, 'node_modules/@me'), { recursive: true });
    symlinkSync(join(folder, 'work/mine'), join(folder, 'node_modules/@me/mine'));
    symlinkSync(join(folder, 'gone'), join(folder, 'node_modules/gone'));
    expect(find([folder]).map((one) => one.folder)).toEqual([join(folder, 'work/mine')]);
  });
});

describe('what is asked for', () => {
  it('imports the reproduction that is asked for and no other', async () => {
    const { reproduction, assay, folder } = machine();
    const counter = globalThis as unknown as Record<string, number>;
    counter['importedBad'] = 0;
    reproduction('node_modules/good', 'good', 'good');
    reproduction('node_modules/bad', 'bad', 'bad', `globalThis.importedBad++; throw new Error('imported');`);
    const codes: number[] = [];
    for (const line of ['run good --plan', 'run good', 'report good', 'show good', 'show good.C1', 'list', 'list --json', 'run ./node_modules/good', 'merge results/good/quick --out joined']) codes.push((await assay(line)).code); // prettier-ignore
    const cell = /^[0-9a-f]{16}/m.exec((await assay('show good.C1')).out)![0];
    codes.push((await assay(`show ${cell}`)).code);
    expect(codes).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(counter['importedBad']).toBe(0);
    rmSync(join(folder, 'results'), { recursive: true });
    const { code, err } = await assay(`show ${cell}`); // no results say whose it is
    expect([code, err]).toEqual([0, expect.stringContaining("package 'bad' (")]);
  });

  it('finds one by key, project, name or path', async () => {
    const { reproduction, manifest, assay } = machine();
    reproduction('node_modules/@me/paper', '@me/paper', 'paper', sourceOf('paper', `reproduction.project = 'papers';`));
    manifest('node_modules/@me/paper', '@me/paper', 'paper', { assay: { key: 'paper', project: 'papers' } });
    const hashes = new Set<string | undefined>();
    for (const name of [
      'paper',
      'papers',
      '@me/paper',
      './node_modules/@me/paper',
      './node_modules/@me/paper/index.js',
    ]) {
      const { code, lastLine } = await assay(`run ${name}`);
      expect([name, code]).toEqual([name, 0]);
      hashes.add(lastLine);
    }
    expect(hashes.size).toBe(1);
  });

  const [schema, missing] = ['reproduction.schema = 2;', 'delete reproduction.title; reproduction.claims[0].rule = 3; reproduction.experiments[0].id = "";']; // prettier-ignore
  it.each<[string, string | null, string]>([
    ['that is no module', null, 'cannot be imported: Cannot find module'],
    ['with a syntax error', 'export default {', 'cannot be imported: '],
    ['that throws', `throw new Error('bang')`, 'cannot be imported: bang. Build it, and install what it needs.'],
    ['whose import is not installed', `import 'never-installed'; export default 1`, "cannot be imported: Cannot find package 'never-installed'"], // prettier-ignore
    ['without default export', 'export const reproduction = {}', 'has no default export; must export its reproduction as default.'], // prettier-ignore
    ['that exports something else', 'export default 5', 'is no reproduction. checkReproduction: the export: '],
    ['of another schema', sourceOf('one', schema), "is no reproduction. checkReproduction: 'schema' is 2; this version of @assay-ml/claims takes 1. Install the version that the reproduction was made for."], // prettier-ignore
    ['with fields missing', sourceOf('one', missing), 'checkReproduction: title: Invalid input: expected string, received undefined; experiments.0.id: Too small: expected string to have >=1 characters; claims.0.rule: '], // prettier-ignore
    ['with path characters in its key', sourceOf('one', `reproduction.key = '../one'`), "key: must be lower-case words joined by '-': it names folders"], // prettier-ignore
    ['with another key than its manifest', sourceOf('other'), "package 'one' has key 'other' but its package.json says 'one'. Make them equal."], // prettier-ignore
  ])('refuses a package %s, by name, and writes nothing', async (_, source, words) => {
    const { folder, manifest, write, assay } = machine();
    manifest('node_modules/one', 'one', 'one');
    if (source !== null) write('node_modules/one/index.js', source);
    for (const line of ['run one', 'run one --plan', 'report one', 'show one', 'show one.C1']) {
      const { code, out, err } = await assay(line);
      expect([line, code, out]).toEqual([line, 2, '']);
      expect(err).toMatch(/^assay: package 'one' /);
      expect(err).toContain(words);
    }
    if (!words.includes('package.json')) {
      const { code, err } = await assay('run ./node_modules/one');
      expect([code, err]).toEqual([2, expect.stringContaining(words)]);
      expect(err).toMatch(/^assay: '.*node_modules\/one' /);
    }
    expect(readdirSync(folder)).toEqual(['node_modules']);
  });

  it('refuses a key that two installed packages have, and one at a path that a package has', async () => {
    const { folder, reproduction, assay } = machine();
    reproduction('node_modules/one', 'one', 'same');
    reproduction('node_modules/two', 'two', 'same');
    for (const line of ['run same', 'run two', 'show same.C1', 'report one']) {
      const { code, err } = await assay(line);
      expect([code, err]).toEqual([2, expect.stringMatching(/^assay: key 'same' is that of two installed packages: (one and two|two and one)\. Remove one\.$/m)]); // prettier-ignore
    }
    rmSync(join(folder, 'node_modules/two'), { recursive: true });
    reproduction('mine', 'mine', 'same');
    const { code, err } = await assay('run ./mine');
    expect([code, err]).toEqual([2, expect.stringContaining("/mine' has key 'same', which is that of the package 'one' already; results of both would lie in one folder. Give it a key of its own.")]); // prettier-ignore
    expect(readdirSync(folder).sort()).toEqual(['mine', 'node_modules']);
  });

  it('names what is wrong with a package that is asked for by name', async () => {
    const { manifest, write, assay, folder } = machine();
    write('node_modules/broken/package.json', '{"name": ');
    manifest('node_modules/up', 'up', '../up');
    write('node_modules/plain/package.json', '{"name": "plain"}');
    const errors = await Promise.all(['broken', 'up', 'plain', './none'].map(async (name) => (await assay(`run ${name}`)).err)); // prettier-ignore
    expect(errors[0]).toMatch(/^assay: '.*broken\/package\.json' cannot be read: /);
    expect(errors[1]).toMatch(
      /^assay: package 'up' \(.*\) has "\.\.\/up" under "assay", "key" in its package\.json; must be/,
    );
    expect(errors[2]).toMatch(/^assay: package 'plain' \(.*\) has nothing under "assay", "key"/);
    expect(errors[3]).toMatch(/^assay: paper is '.*none'; there is no such file or folder\.$/m);
    write('node_modules/@assay-ml/reproduce-dag-sa/package.json', '{"name": ');
    expect((await assay('run dag-sa')).err).toMatch(/^assay: '.*reproduce-dag-sa\/package\.json' cannot be read: /);
    expect(existsSync(join(folder, 'results'))).toBe(false);
  });
});
