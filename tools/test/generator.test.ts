import { resolve } from 'node:path';

import type { Tree } from '@nx/devkit';
import { FsTree } from 'nx/src/generators/tree.js';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const generator = new URL('../generators/paper/generator.mjs', import.meta.url).href;

/** This workspace with a paper added; nothing of it reaches the disk. */
async function generated(options: { name: string; key?: string }, prepare?: (tree: Tree) => void) {
  const tree = new FsTree(root, false);
  prepare?.(tree);
  const before = tree.listChanges().length;
  const { default: paper } = (await import(generator)) as {
    default: (tree: Tree, options: { name: string; key?: string }) => Promise<() => void>;
  };
  await paper(tree, options).catch((error: unknown) => {
    expect(tree.listChanges()).toHaveLength(before); // what was refused wrote nothing
    throw error;
  });
  const text = (path: string): string => tree.read(path, 'utf8')!;
  return { tree, text, json: (path: string) => JSON.parse(text(path)) as Record<string, unknown> };
}

describe('nx g tools:paper', () => {
  it('adds package, reproduction and suite, and edits only what lists them', async () => {
    const { tree } = await generated({ name: 'made-up', key: 'fiction' });
    const changes = tree.listChanges();
    const of = (type: string) => changes.filter((change) => change.type === type).map(({ path }) => path);
    expect(of('CREATE').sort()).toEqual(
      [
        '.changeset/first-made-up.md',
        ...[
          ...['CITATION.cff', 'LICENSE', 'README.md', 'package.json', 'test/contract.test.ts'],
          ...['src/cells/descent.ts', 'src/claims/descent.ts', 'src/experiments.ts', 'src/index.ts'],
          ...['tsconfig.json', 'tsconfig.lib.json', 'tsconfig.spec.json', 'vitest.config.mjs'],
        ].map((file) => `apps/reproductions/fiction/${file}`),
        'benchmarks/src/suites/made-up.ts',
        ...[
          ...['CITATION.cff', 'LICENSE', 'README.md', 'package.json', 'src/gradient-descent.ts', 'src/index.ts'],
          ...['test/gradient-descent.test.ts', 'test/readme.test.ts'],
          ...['tsconfig.json', 'tsconfig.lib.json', 'tsconfig.spec.json', 'vitest.config.mjs'],
        ].map((file) => `packages/made-up/${file}`),
      ].sort(),
    );
    expect(of('UPDATE').sort()).toEqual([
      'apps/assay/src/papers.ts',
      'benchmarks/package.json',
      'benchmarks/src/suites/index.ts',
      'benchmarks/tsconfig.lib.json',
      'tsconfig.json',
    ]);
    expect(of('DELETE')).toEqual([]);
  });

  it('wires them: manifest, tags, references, dependencies, lists', async () => {
    const { tree, text, json } = await generated({ name: 'made-up', key: 'fiction' });
    expect(json('packages/made-up/package.json')).toMatchObject({
      name: '@assay-ml/made-up',
      version: '0.0.0',
      type: 'module',
      nx: { name: 'made-up', tags: ['layer:paper', 'scope:made-up'] },
      dependencies: { '@assay-ml/numerics': `^${String(json('packages/numerics/package.json')['version'])}` },
    });
    const existing = json('packages/theory-sim/package.json');
    for (const field of ['license', 'engines', 'exports', 'publishConfig', 'sideEffects', 'type']) {
      expect(json('packages/made-up/package.json')[field]).toEqual(existing[field]);
    }
    expect(text('packages/made-up/LICENSE')).toBe(text('LICENSE'));
    for (const file of ['tsconfig.json', 'tsconfig.spec.json']) {
      expect(text(`packages/made-up/${file}`)).toBe(text(`packages/theory-sim/${file}`));
    }
    expect(text('packages/made-up/vitest.config.mjs')).toContain("project('made-up')");
    expect(json('tsconfig.json')['references']).toContainEqual({ path: './packages/made-up' });
    expect(json('benchmarks/tsconfig.lib.json')['references']).toContainEqual({
      path: '../packages/made-up/tsconfig.lib.json',
    });
    expect(json('benchmarks/package.json')['dependencies']).toHaveProperty('@assay-ml/made-up', '^0.0.0');
    const dependencies = Object.keys(json('benchmarks/package.json')['dependencies'] as object);
    expect(dependencies).toEqual([...dependencies].sort());
    expect(text('apps/assay/src/papers.ts')).toMatch(/\n {2}'made-up': \['fiction'\],\n};\n/);
    expect(json('tsconfig.json')['references']).toContainEqual({ path: './apps/reproductions/fiction' });
    const reproduction = json('apps/reproductions/fiction/package.json');
    expect(reproduction).toMatchObject({
      name: '@assay-ml/reproduce-fiction',
      assay: { key: 'fiction', project: 'made-up' },
      nx: {
        name: 'reproduce-fiction',
        tags: ['layer:reproduction', 'scope:reproduce-fiction', 'paper:made-up'],
      },
      dependencies: { '@assay-ml/made-up': '^0.0.0' },
    });
    const other = json('apps/reproductions/dag-sa/package.json');
    for (const field of ['license', 'engines', 'exports', 'files', 'publishConfig', 'sideEffects', 'type']) {
      expect(reproduction[field]).toEqual(other[field]);
    }
    for (const file of ['tsconfig.json', 'tsconfig.spec.json', 'test/contract.test.ts', 'LICENSE']) {
      expect(text(`apps/reproductions/fiction/${file}`)).toBe(text(`apps/reproductions/dag-sa/${file}`));
    }
    expect(text('benchmarks/src/suites/index.ts')).toMatch(
      /\n {2}'made-up': async \(\) => \(await import\('\.\/made-up\.js'\)\)\.madeUp,\n};\n$/,
    );
    expect(text('apps/reproductions/fiction/src/index.ts')).toContain("key: 'fiction',\n  project: 'made-up',");
    expect(text('apps/reproductions/fiction/src/claims/descent.ts')).toContain("id: 'fiction.C1'");
    expect(text('.changeset/first-made-up.md')).toContain(
      "'@assay-ml/made-up': minor\n'@assay-ml/reproduce-fiction': minor",
    );
    for (const { path, content } of tree.listChanges()) {
      expect(content!.toString(), path).not.toMatch(/__[a-z]+__|undefined/);
    }
  });

  it('makes a second paper beside the first', async () => {
    const first = await generated({ name: 'made-up' });
    const { text } = await generated({ name: 'made-up-too' }, (tree) => {
      for (const { path, content } of first.tree.listChanges()) tree.write(path, content!);
    });
    expect(text('apps/assay/src/papers.ts')).toMatch(
      /\n {2}'made-up': \['made-up'\],\n {2}'made-up-too': \['made-up-too'\],\n};\n/,
    );
    expect(text('benchmarks/src/suites/index.ts')).toMatch(
      /'made-up': .*\.madeUp,\n {2}'made-up-too': .*\.madeUpToo,\n};\n$/,
    );
  });

  it('makes what the compiler takes', async () => {
    const { tree } = await generated({ name: 'made-up' });
    expect(complaints(tree)).toEqual([]);
  }); // the compiler reads this whole workspace

  it.each([
    ['Demo', 'must be kebab-case'],
    ['demo_paper', 'must be kebab-case'],
    ['../demo', 'must be kebab-case'],
    ['demo-', 'must be kebab-case'],
    ['9demo', 'must be kebab-case'],
    ['', 'must be kebab-case'],
    ['tools', 'must be none of apps, assay,'],
    ['class', 'must not be a word of the language'],
    ['await', 'must not be a word of the language'],
    ['theory-sim', 'must be new: packages/theory-sim exists. Choose another or remove it first.'],
    ['local', 'must be new: apps/reproductions/local exists. Choose another or remove it first.'],
  ])('refuses the name or key %j', async (name, why) => {
    await expect(generated({ name })).rejects.toThrow(`tools:paper: 'name' is ${JSON.stringify(name)}; ${why}`);
    await expect(generated({ name: 'made-up', key: name })).rejects.toThrow(
      `tools:paper: 'key' is ${JSON.stringify(name)}; ${why}`,
    );
  });

  it('refuses a name that a list uses for something else, and a list that it does not know how to edit', async () => {
    await expect(generated({ name: 'numerics-suite' })).rejects.toThrow(
      "benchmarks/src/suites/index.ts has a name 'numericsSuite' already; must be new.",
    );
    const emptied = (tree: Tree) => tree.write('apps/assay/src/papers.ts', 'export const none = 0;\n');
    await expect(generated({ name: 'made-up' }, emptied)).rejects.toThrow(
      "papers.ts has no list that ends with '};'; must have one.",
    );
  });
});

/** What tsc says to the TypeScript files of a tree that are not on disk. */
function complaints(tree: Tree): string[] {
  const written = new Map(
    tree
      .listChanges()
      .filter(({ path }) => path.endsWith('.ts'))
      .map(({ path, content }) => [resolve(root, path), content!.toString()]),
  );
  const { config } = ts.readConfigFile(resolve(root, 'tsconfig.base.json'), (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: object };
  };
  const { options, errors } = ts.convertCompilerOptionsFromJson(
    {
      ...config.compilerOptions,
      composite: false,
      noEmit: true,
      paths: { '@assay-ml/made-up': [resolve(root, 'packages/made-up/src/index.ts')] }, // wherever the test is run from
    },
    root,
  );
  expect(errors).toEqual([]);
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, directoryExists } = host;
  host.readFile = (path) => written.get(path) ?? readFile(path);
  host.fileExists = (path) => written.has(path) || fileExists(path);
  host.directoryExists = (path) =>
    [...written.keys()].some((file) => file.startsWith(`${path}/`)) || directoryExists!(path);
  const { getSourceFile } = host;
  host.getSourceFile = (path, language, ...rest) => {
    const source = written.get(path);
    return source === undefined ? getSourceFile(path, language, ...rest) : ts.createSourceFile(path, source, language);
  };
  const program = ts.createProgram({ rootNames: [...written.keys()], options, host });
  return [...written.keys()].flatMap((path) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(path))
      .map(({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
  );
}
