import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';

import ts from 'typescript';
import { expect, it } from 'vitest';

import * as federated from '../src/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the example of the README prints what it says', () => {
  const example = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  const { outputText } = ts.transpileModule(example, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const printed: string[] = [];
  const log = (...parts: unknown[]) => printed.push(parts.map((part) => inspect(part)).join(' '));
  new Function('require', 'exports', 'console', outputText)(() => federated, {}, { log });
  expect(printed).toEqual([...example.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]));
  expect(printed).toHaveLength(2);
});

it('names every function in its table', async () => {
  for (const name of Object.keys(federated)) expect(readme).toContain(`\`${name}\``);
});
