import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { closure, exampleOf, installedBy, staleFiles, thirdParties, type Manifest } from '../src/packages.js';

const root = new URL('../..', import.meta.url).pathname;
const manifest = (name: string, ...needs: string[]): [string, Manifest] => [
  name,
  { name, version: '1.0.0', nx: { name }, folder: name, dependencies: Object.fromEntries(needs.map((n) => [n, '*'])) },
];

describe('the packaging check', () => {
  it('installs a package with all its workspace dependencies, each once, and no other', () => {
    const manifests = new Map([
      manifest('a', 'b', 'c', 'outside'),
      manifest('b', 'c'),
      manifest('c'),
      manifest('d', 'a'),
    ]);
    expect(closure('a', manifests)).toEqual(['a', 'b', 'c']);
    expect(closure('c', manifests)).toEqual(['c']);
  });

  it('installs what the README says', () => {
    expect(installedBy('# A\n```sh\nnpm i @a/b c @d/e@4.22.0 f@^1\n```\nnpm i later\n')).toEqual({
      '@a/b': '*', c: '*', '@d/e': '4.22.0', f: '^1',
    }); // prettier-ignore
    expect(installedBy('nothing')).toEqual({});
  });

  it('takes the first ts block of a README', () => {
    expect(
      exampleOf('# A\n```sh\nnpm i\n```\n```ts\nconst a = 1;\n\nf(a);\n```\n```ts\nno\n```\n```js\n// b.mjs\n```\n'),
    ).toEqual({ files: { 'example.ts': 'const a = 1;\n\nf(a);\n' }, main: 'example.ts' });
    expect(exampleOf('```tsx\n```\n```js\nlet nameless;\n```\n')).toBeNull();
  });

  it('takes the js blocks that name their file, and runs the last', () => {
    expect(exampleOf('```js\n// cell.mjs\na;\n```\nThen\n```js\n// main.mjs\nb;\n```\n')).toEqual({
      files: { 'cell.mjs': '// cell.mjs\na;\n', 'main.mjs': '// main.mjs\nb;\n' },
      main: 'main.mjs',
    });
  });

  it('takes what a README’s shell does after npm i, where it has no module', () => {
    const shell =
      '```sh\nnpx outside run\n```\n```sh\nnpm i a\n```\n```sh\nnpm i @a/b c\nnpx a init mine\ncd mine\n```\n';
    expect(exampleOf(shell)).toEqual({ files: { 'example.sh': 'npx a init mine\ncd mine\n' }, main: 'example.sh' });
    expect(exampleOf(`${shell}\`\`\`ts\nf();\n\`\`\`\n`)?.main).toBe('example.ts');
    expect(exampleOf('```sh\nnpm i a\n```\n')).toBeNull();
  });

  it('names the packages outside the workspace that some need, each once', () => {
    const manifests = new Map([manifest('a', 'b', 'far'), manifest('b', 'far', 'wide'), manifest('c', 'other')]);
    expect(thirdParties(['a', 'b'], manifests)).toEqual(['far', 'wide']);
  });

  it('finds built files without a source', () => {
    const files = [
      'README.md',
      'dist/a.js',
      'dist/a.d.ts',
      'dist/a.js.map',
      'dist/a.d.ts.map',
      'dist/b/c.js',
      'dist/old.d.ts.map',
      'dist/k.wasm.js',
      'dist/worker.js',
    ];
    const sources = new Set(['src/a.ts', 'src/b/c.ts', 'src/k.wasm.ts', 'src/worker.js']);
    expect(staleFiles(files, (source) => sources.has(source))).toEqual(['dist/old.d.ts.map']);
  });
});

describe('every package', () => {
  const folders = ['packages', 'apps', 'apps/reproductions'].flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name))); // prettier-ignore
  const manifests = folders
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => ({ ...JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')), folder }) as Manifest);

  it.each(manifests.map((one) => one.folder))('%s carries the licence of the project', (folder) => {
    expect(readFileSync(join(root, folder, 'LICENSE'), 'utf8')).toBe(readFileSync(join(root, 'LICENSE'), 'utf8'));
  });

  it('is published, so that what a reproduction or the command line needs can be installed', () => {
    expect(manifests.filter((one) => one.private).map((one) => one.folder)).toEqual([]);
  });
});
