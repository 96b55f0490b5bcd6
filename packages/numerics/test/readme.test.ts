import { readFileSync } from 'node:fs';

import ts from 'typescript';
import { expect, test } from 'vitest';

import * as numerics from '../src/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the example of the README prints what it says', () => {
  const example = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  const { outputText } = ts.transpileModule(example, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const printed: string[] = [];
  const run = new Function('require', 'exports', 'console', outputText);
  run(() => numerics, {}, { log: (...words: unknown[]) => printed.push(words.join(' ')) });
  expect(printed).toEqual([...example.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]));
  expect(printed.length).toBeGreaterThan(3);
});

test('the README names everything that the package exports', () => {
  const table = /## API\n([\s\S]*?)\n## /.exec(readme)![1]!;
  const named = [...table.matchAll(/`(\w+)`/g)].map((match) => match[1]!);
  expect(Object.keys(numerics).filter((name) => !named.includes(name))).toEqual([]);
});
