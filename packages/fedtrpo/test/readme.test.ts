import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, it } from 'vitest';

import * as paper from '../src/index.js';

it('the example of the README prints what it says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  const { outputText } = ts.transpileModule(example, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const printed: string[] = [];
  const run = new Function('require', 'exports', 'console', outputText);
  run(() => paper, {}, { log: (text: unknown) => printed.push(String(text)) });
  expect(printed).toEqual([...example.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]));
  expect(printed).toHaveLength(1);
});
