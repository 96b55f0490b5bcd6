import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';
import { describe, expect, it } from 'vitest';

import {
  exampleOf,
  importAll,
  importsOf,
  installedBy,
  installFaults,
  runsIn,
  staleFiles,
  strangers,
  thirdParties,
  undeclared,
  type Manifest,
} from '../src/packages.js';

const root = new URL('../..', import.meta.url).pathname;
const manifest = (name: string, ...needs: string[]): [string, Manifest] => [
  name,
  { name, version: '1.0.0', nx: { name }, folder: name, dependencies: Object.fromEntries(needs.map((n) => [n, '*'])) },
];

describe('the packaging check', () => {
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

  it('reads what a module imports: by name, for effect, on demand, for types, with no path in it', () => {
    const source = [
      "import { a } from '@x/a/deep/file.js';",
      "import 'plain';",
      "export * from 'again/sub';",
      "import type { T } from 'types-only';",
      "const b = await import('on-demand');",
      "let c: import('in-a-type').C;",
      "import fs from 'node:fs'; import path from 'path'; import './own.js'; import '../up.js';",
      "// import 'a comment';",
    ];
    expect(importsOf(source.join('\n'))).toEqual([
      '@x/a', 'again', 'in-a-type', 'on-demand', 'plain', 'types-only',
    ]); // prettier-ignore
  });

  it('names what is imported and not declared, dependencies and peers alike', () => {
    const [, one] = manifest('@x/one', 'dep');
    const declared = { ...one, peerDependencies: { peer: '*' } };
    const sources = ["import 'dep'; import 'peer/sub';", "import '@x/one'; import 'ghost';"];
    expect(undeclared(declared, sources)).toEqual(['ghost']);
    expect(undeclared(one, sources)).toEqual(['ghost', 'peer']);
  });

  it('imports packages each by itself: one that fails takes no other along', async () => {
    const source = `${importAll(['node:path', '@x/none', 'data:text/javascript,'])}\nexport { outcome };`;
    const { outcome } = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(source)}`)) as {
      outcome: Record<string, string>;
    };
    expect(outcome).toEqual({
      'node:path': 'ok',
      '@x/none': expect.stringContaining('@x/none'),
      'data:text/javascript,': 'exports nothing',
    });
  });

  it('compares the install line of a README with its modules and the peers', () => {
    const [, one] = manifest('one');
    const readme = (line: string, source: string) => `\`\`\`sh\nnpm i ${line}\n\`\`\`\n\`\`\`ts\n${source}\n\`\`\`\n`;
    expect(installFaults(one, readme('one two', "import 'one'; import 'two';"))).toEqual([]);
    expect(installFaults(one, readme('one three', "import 'one'; import 'two';"))).toEqual([
      'its README needs two and does not install it',
      'its README installs three without using it',
    ]);
    const peers = {
      ...one,
      peerDependencies: { must: '*', may: '*' },
      peerDependenciesMeta: { may: { optional: true } },
    };
    expect(installFaults(peers, readme('one', "import 'one';"))).toEqual([
      'its README needs must and does not install it',
    ]);
    expect(installFaults(peers, readme('one must', "import 'one';"))).toEqual([]);
  });

  it('finds names given to npx that are not ours', () => {
    expect(strangers('npx nx run a\n`npx @assay-ml/tensors native`, npx --no @assay-ml/assay')).toEqual([]);
    expect(strangers('Set it up: npx assay native, or npx -y other/x')).toEqual(['assay', 'other/x']);
  });

  it('reads where a package runs', () => {
    expect(runsIn('# A\n\nRuns in Node 20.19 or newer and in browsers; types.\n')).toEqual(['Node', 'browsers']);
    expect(runsIn('It writes reports. Runs in Node 20.19 or newer.\n')).toEqual(['Node']);
    expect(runsIn('# A\n\nWorks.\n')).toBeNull();
  });

  it('names the repository as the root does, with the folder of each package', () => {
    const read = (path: string) => JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
    const { url } = read('.').repository as { url: string };
    const home = /^git\+(.*)\.git$/.exec(url)![1]!;
    const folders = ['packages', 'apps', 'apps/reproductions'].flatMap((parent) =>
      readdirSync(join(root, parent)).map((name) => `${parent}/${name}`),
    );
    for (const folder of folders.filter((name) => existsSync(join(root, name, 'package.json')))) {
      const found = read(folder);
      expect(found).toMatchObject({
        repository: { type: 'git', url, directory: folder },
        homepage: `${home}/tree/main/${folder}#readme`,
        bugs: `${home}/issues`,
        author: read('.').author,
        publishConfig: { access: 'public' },
        scripts: { prepublishOnly: 'tsc -b tsconfig.lib.json' },
      });
      expect(found.keywords.length).toBeGreaterThan(1);
      // Provenance is the workflow's: npm refuses it elsewhere.
      expect(found.publishConfig).not.toHaveProperty('provenance');
    }
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

  it.each(manifests.map((one) => one.folder))(
    '%s ships no maps, and says which TypeScript it is checked with',
    (folder) => {
      const file = join(root, folder, 'tsconfig.lib.json');
      const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(file, ts.sys.readFile).config, ts.sys, join(root, folder)); // prettier-ignore
      expect(options).not.toMatchObject({ sourceMap: true });
      expect(options).not.toMatchObject({ declarationMap: true });
      const [, oldest] = /OLDEST_TYPESCRIPT = '(.+)'/.exec(readFileSync(join(root, 'tools/src/rehearse.ts'), 'utf8'))!;
      const said = [
        ...readFileSync(join(root, folder, 'README.md'), 'utf8').matchAll(/TypeScript (\d[\d.]*\d) or newer/g),
      ];
      expect(said.map(([, version]) => version)).toEqual(folder.startsWith('packages/') ? [oldest] : []);
    },
  );

  it('is published, so that what a reproduction or the command line needs can be installed', () => {
    expect(manifests.filter((one) => one.private).map((one) => one.folder)).toEqual([]);
  });
});
