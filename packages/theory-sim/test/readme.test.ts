import { readFileSync } from 'node:fs';
import * as numerics from '@assay-ml/numerics';
import ts from 'typescript';
import { expect, it } from 'vitest';
import * as sim from '../src/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the first example of the README prints what it says', () => {
  const example = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  const modules: Record<string, unknown> = {
    '@assay-ml/theory-sim': sim,
    '@assay-ml/numerics': numerics,
  };
  const { outputText } = ts.transpileModule(example, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const printed: string[] = [];
  const run = new Function('require', 'exports', 'console', outputText);
  run((name: string) => modules[name], {}, { log: (text: unknown) => printed.push(String(text)) });
  expect(printed).toEqual([...example.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]));
  expect(printed.length).toBeGreaterThan(10);
});
