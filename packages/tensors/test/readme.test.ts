import { readFileSync } from 'node:fs';
import * as numerics from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import ts from 'typescript';
import { expect, test } from 'vitest';
import * as tensors from '../src/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the example of the README prints what it says', async () => {
  const example = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  // Wrapped in a function, as CommonJS has no await at the top.
  const body = example.replace(/^import .*$/gm, '');
  const names = { ...numerics, ...tensors, tf };
  const { outputText } = ts.transpileModule(`async function run() {\n${body}\n}`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022 },
  });
  const printed: string[] = [];
  const run = new Function('console', ...Object.keys(names), `${outputText}\nreturn run();`);
  await run({ log: (...words: unknown[]) => printed.push(words.join(' ')) }, ...Object.values(names));
  expect(printed).toEqual([...example.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]));
  expect(printed.length).toBe(2);
});

test('the README names everything that the package exports', () => {
  const table = /## API\n([\s\S]*?)\n## /.exec(readme)![1]!;
  const named = [...table.matchAll(/`(\w+)`/g)].map((match) => match[1]!);
  expect(Object.keys(tensors).filter((name) => !named.includes(name))).toEqual([]);
});
