import { readFileSync } from 'node:fs';
import * as tensors from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import ts from 'typescript';
import { expect, it } from 'vitest';
import * as paper from '../src/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [example, short] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!) as [string, string];

const asScript = (code: string) =>
  ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } })
    .outputText;

it('the example of the README prints what it says', async () => {
  const modules: Record<string, unknown> = {
    '@assay-ml/frugal-opt': paper,
    '@assay-ml/tensors': tensors,
    '@tensorflow/tfjs-core': tf,
    '@tensorflow/tfjs-layers': tfl,
  };
  const printed: string[] = [];
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as FunctionConstructor;
  const run = new AsyncFunction('require', 'exports', 'console', asScript(example));
  await run((name: string) => modules[name], {}, { log: (text: unknown) => printed.push(String(text)) });
  expect(printed).toEqual([...example.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]));
});

it('the short example of the README runs', () => {
  const names = { ...paper, gradient: new Float32Array(16 * 8).fill(1) };
  new Function(...Object.keys(names), asScript(short))(...Object.values(names));
});
