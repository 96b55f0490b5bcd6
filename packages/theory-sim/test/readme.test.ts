import { readFileSync } from 'node:fs';
import * as numerics from '@assay-ml/numerics';
import ts from 'typescript';
import { expect, it } from 'vitest';
import * as sim from '../src/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);

it.each(examples.map((example, k) => [k + 1, example] as const))(
  'example %i of the README prints what it says',
  (_k, example) => {
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
    expect(printed.length).toBeGreaterThan(5);
  },
);

it('has an example for each paper, and one of several seeds', () => {
  expect(examples).toHaveLength(3);
});
