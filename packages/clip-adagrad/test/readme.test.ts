import { readFileSync } from 'node:fs';
import * as numerics from '@assay-ml/numerics';
import * as tensors from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { chromium, printedInChromium } from '../../../vitest.chromium.mjs';
import * as clipAdagrad from '../src/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const example = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
const said = [...example.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]);

it('the example of the README prints what it says', async () => {
  const modules: Record<string, unknown> = {
    '@assay-ml/clip-adagrad': clipAdagrad,
    '@assay-ml/numerics': numerics,
    '@assay-ml/tensors': tensors,
    '@tensorflow/tfjs-core': tf,
    '@tensorflow/tfjs-layers': tfl,
  };
  const { outputText } = ts.transpileModule(example, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const printed: string[] = [];
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as FunctionConstructor;
  const run = new AsyncFunction('require', 'exports', 'console', outputText);
  await run((name: string) => modules[name], {}, { log: (text: unknown) => printed.push(String(text)) });
  expect(printed).toEqual(said);
});

it.skipIf(!chromium)(
  'it does so in headless Chromium, too (skipped without chromium on PATH or in CHROMIUM)',
  async () => {
    expect(await printedInChromium(example)).toEqual(said);
  },
  180_000,
);
