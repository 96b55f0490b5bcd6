import { readFileSync } from 'node:fs';
import * as networks from '@assay-ml/networks';
import * as tensors from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { asScript, examplesIn, printedBy, promisedBy } from '../../../vitest.readme.mjs';
import * as paper from '../src/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [example, short, decoder] = examplesIn(readme) as [string, string, string];

it('the examples of the README print what they say', async () => {
  const modules = {
    '@assay-ml/frugal-opt': paper,
    '@assay-ml/networks': networks,
    '@assay-ml/tensors': tensors,
    '@tensorflow/tfjs-core': tf,
    '@tensorflow/tfjs-layers': tfl,
  };
  for (const text of [example, decoder]) expect(await printedBy(text, modules)).toEqual(promisedBy(text));
});

it('the short example of the README runs', () => {
  const names = { ...paper, gradient: new Float32Array(16 * 8).fill(1) };
  new Function(...Object.keys(names), asScript(short))(...Object.values(names));
});
