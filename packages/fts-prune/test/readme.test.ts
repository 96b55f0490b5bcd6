import { readFileSync } from 'node:fs';
import * as numerics from '@assay-ml/numerics';
import * as tensors from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { chromium, printedInChromium } from '../../../vitest.chromium.mjs';
import * as prune from '../src/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const example = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
/** The example, and the bits of its mask. */
const script = `${example}\nfor (const { bits } of mask.layers) console.log(bits.join(' '));`;

/** What the script prints here. */
async function printed(): Promise<string[]> {
  const modules: Record<string, unknown> = {
    '@assay-ml/fts-prune': prune,
    '@assay-ml/numerics': numerics,
    '@assay-ml/tensors': tensors,
    '@tensorflow/tfjs-core': tf,
    '@tensorflow/tfjs-layers': tfl,
  };
  const { outputText } = ts.transpileModule(script, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const lines: string[] = [];
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as FunctionConstructor;
  const run = new AsyncFunction('require', 'exports', 'console', outputText);
  await run((name: string) => modules[name], {}, { log: (text: unknown) => lines.push(String(text)) });
  return lines;
}

const here = printed();

it('the example of the README prints what it says', async () => {
  const said = [...example.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]);
  expect((await here).slice(0, said.length)).toEqual(said);
});

it('the README says what is unlike the original at F = 0, and where TensorFlow’s own library writes out of bounds', () => {
  const [, deviations, next] = /\n## Deviations[^\n]*\n([\s\S]*?)\n## (.*)/.exec(readme)!;
  expect(deviations).toMatch(/FBSS of a weight whose F̂ is 0 is its limit/);
  expect(next).toBe('Backends and determinism');
  expect(readme.slice(readme.indexOf(`## ${next}`))).toMatch(
    /1×1 convolutions with stride 2[\s\S]*`TF_ENABLE_ONEDNN_OPTS=0`/,
  );
});

it.skipIf(!chromium)(
  'it does so in headless Chromium, with the same mask, bit for bit (skipped without chromium on PATH or in CHROMIUM)',
  async () => {
    expect(await printedInChromium(script)).toEqual(await here);
  },
  180_000,
);
