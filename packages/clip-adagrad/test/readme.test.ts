import { readFileSync } from 'node:fs';
import * as numerics from '@assay-ml/numerics';
import * as tensors from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { chromium, printedInChromium } from '../../../vitest.chromium.mjs';
import { asScript, examplesIn, printedBy, promisedBy } from '../../../vitest.readme.mjs';
import * as clipAdagrad from '../src/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [example, ...snippets] = examplesIn(readme) as [string, ...string[]];

it('the example of the README prints what it says', async () => {
  const modules = {
    '@assay-ml/clip-adagrad': clipAdagrad,
    '@assay-ml/numerics': numerics,
    '@assay-ml/tensors': tensors,
    '@tensorflow/tfjs-core': tf,
    '@tensorflow/tfjs-layers': tfl,
  };
  expect(await printedBy(example, modules)).toEqual(promisedBy(example));
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
    expect(await printedInChromium(example)).toEqual(promisedBy(example));
  },
  180_000,
);
