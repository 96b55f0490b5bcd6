import { readFileSync } from 'node:fs';
import * as networks from '@assay-ml/networks';
import * as numerics from '@assay-ml/numerics';
import * as tensors from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { chromium, printedInChromium } from '../../../vitest.chromium.mjs';
import { examplesIn, printedBy, promisedBy } from '../../../vitest.readme.mjs';
import * as paper from '../src/index.js';
import * as layers from '../src/layers.js';
import * as floralNetworks from '../src/networks.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [example, stock, network] = examplesIn(readme) as [string, string, string];
const modules: Record<string, unknown> = {
  '@assay-ml/floral': paper,
  '@assay-ml/floral/layers': layers,
  '@assay-ml/floral/networks': floralNetworks,
  '@assay-ml/networks': networks,
  '@assay-ml/numerics': numerics,
  '@assay-ml/tensors': tensors,
  '@tensorflow/tfjs-core': tf,
  '@tensorflow/tfjs-layers': tfl,
};

/** The clients of the first example, which the others go on with. */
const clients = example.slice(example.indexOf('// 8 Gaussian'), example.indexOf('const options'));
const following = (code: string) => `import { stream } from '@assay-ml/numerics';\n${clients}\n${code}`;

it('the example of the README prints what it says', async () => {
  expect(await printedBy(example, modules)).toEqual(promisedBy(example));
  expect(promisedBy(example)).toHaveLength(4);
}, 240_000);

it.each([
  ['a stock model', stock],
  ['a network', network],
])(
  'the example of %s prints what it says',
  async (_, code) => {
    expect(await printedBy(following(code), modules)).toEqual(promisedBy(code));
    expect(promisedBy(code)).toHaveLength(1);
  },
  240_000,
);

it.skipIf(!chromium)(
  'and that of a stock model in Chromium, too',
  async () => {
    expect(await printedInChromium(following(stock))).toEqual(promisedBy(stock));
  },
  300_000,
);
