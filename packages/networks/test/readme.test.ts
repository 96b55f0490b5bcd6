import { readFileSync } from 'node:fs';

import * as numerics from '@assay-ml/numerics';
import * as tensors from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import ts from 'typescript';
import { expect, it } from 'vitest';

import * as networks from '../src/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);

it.each([
  [0, 4],
  [1, 2],
])('example %i of the README prints what it says, %i lines', async (which, lines) => {
  const example = examples[which]!;
  const modules: Record<string, unknown> = {
    '@assay-ml/networks': networks,
    '@assay-ml/numerics': numerics,
    '@assay-ml/tensors': tensors,
    '@tensorflow/tfjs-core': tf,
  };
  const { outputText } = ts.transpileModule(example, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const printed: string[] = [];
  const AsyncFunction = (async () => undefined).constructor as FunctionConstructor;
  const run = new AsyncFunction('require', 'exports', 'console', outputText) as (...given: unknown[]) => Promise<void>;
  await run((name: string) => modules[name], {}, { log: (text: unknown) => printed.push(String(text)) });
  expect(printed).toEqual([...example.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]));
  expect(printed.length).toBe(lines);
});

it('its parameter counts are those of the networks', () => {
  const count = ({ parameters }: networks.Network) =>
    parameters.reduce((sum, { shape }) => sum + shape.reduce((size, n) => size * n, 1), 0).toLocaleString('en');
  const inputs = [16, 16, 3] as const;
  expect(readme).toMatch(new RegExp(`\`vggMini\`.* ${count(networks.vggMini({ inputs, classes: 10 }))} `));
  expect(readme).toMatch(new RegExp(`\`resnetMini\`.* ${count(networks.resnetMini({ inputs, classes: 10 }))} `));
  expect(readme).toMatch(new RegExp(`\`resnet18\`.* ${count(networks.resnet18({ classes: 10 }))} `));
  expect(readme).toMatch(new RegExp(`\`llama\`.* ${count(networks.llama('60M'))} `));
  expect(readme).toMatch(new RegExp(`\`vgg19\`.* ${count(networks.vgg19({ classes: 10 }))} `));
});
