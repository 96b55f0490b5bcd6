import { readFileSync } from 'node:fs';
import * as numerics from '@assay-ml/numerics';
import * as tensors from '@assay-ml/tensors';
import * as tfl from '@tensorflow/tfjs-layers';
import ts from 'typescript';
import { expect, it } from 'vitest';
import * as paper from '../src/index.js';
import * as layers from '../src/layers.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [example, short] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!) as [string, string];
const modules: Record<string, unknown> = {
  '@assay-ml/floral': paper,
  '@assay-ml/floral/layers': layers,
  '@assay-ml/numerics': numerics,
  '@assay-ml/tensors': tensors,
  '@tensorflow/tfjs-layers': tfl,
};

const asScript = (code: string) =>
  ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } })
    .outputText;

it('the example of the README prints what it says', () => {
  const printed: string[] = [];
  const run = new Function('require', 'exports', 'console', asScript(example));
  run((name: string) => modules[name], {}, { log: (text: unknown) => printed.push(String(text)) });
  expect(printed).toEqual([...example.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]));
  expect(printed).toHaveLength(4);
});

it('the short example of the README runs on a stock model', async () => {
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as FunctionConstructor;
  const x = numerics.stream(1, 'readme').fillNormal(new Float64Array(10 * 16));
  const federation = { clients: [0, 1].map(() => ({ x, y: Array.from({ length: 10 }, (_, i) => i % 8) })) };
  const run = new AsyncFunction('require', 'exports', 'federation', asScript(short));
  await run((name: string) => modules[name], {}, federation);
});
