import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { closure, exampleOf, installedBy, staleFiles, type Manifest } from '../src/packages.js';

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
  it.each(readdirSync(join(root, 'packages')))('%s carries the licence of the project', (name) => {
    expect(readFileSync(join(root, 'packages', name, 'LICENSE'), 'utf8')).toBe(
      readFileSync(join(root, 'LICENSE'), 'utf8'),
    );
  });
});
