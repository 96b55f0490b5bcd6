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
const [example, ...snippets] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!) as [
  string,
  ...string[],
];
const said = [...example.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]);

const asScript = (code: string) =>
  ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } })
    .outputText;

it('the example of the README prints what it says', async () => {
  const modules: Record<string, unknown> = {
    '@assay-ml/clip-adagrad': clipAdagrad,
    '@assay-ml/numerics': numerics,
    '@assay-ml/tensors': tensors,
    '@tensorflow/tfjs-core': tf,
    '@tensorflow/tfjs-layers': tfl,
  };
  const printed: string[] = [];
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as FunctionConstructor;
  const run = new AsyncFunction('require', 'exports', 'console', asScript(example));
  await run((name: string) => modules[name], {}, { log: (text: unknown) => printed.push(String(text)) });
  expect(printed).toEqual(said);
});

it.each(snippets.map((snippet, k) => [k + 1, snippet] as const))(
  'short example %i of the README runs',
  async (_k, snippet) => {
    await tensors.useBackend('wasm');
    const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 1, inputShape: [2] })] });
    const names = { ...clipAdagrad, ...numerics, tf, model, gradient: new Float64Array(10).fill(1) };
    new Function(...Object.keys(names), asScript(snippet))(...Object.values(names));
  },
);

it('has short examples', () => {
  expect(snippets).toHaveLength(3);
});

it.skipIf(!chromium)(
  'it does so in headless Chromium, too (skipped without chromium on PATH or in CHROMIUM)',
  async () => {
    expect(await printedInChromium(example)).toEqual(said);
  },
  180_000,
);
