import { readFileSync } from 'node:fs';
import * as networks from '@assay-ml/networks';
import * as numerics from '@assay-ml/numerics';
import * as tensors from '@assay-ml/tensors';
import { expect, it } from 'vitest';
import { examplesIn, printedBy, promisedBy } from '../../../vitest.readme.mjs';
import * as paper from '../src/index.js';

const [example] = examplesIn(readFileSync(new URL('../README.md', import.meta.url), 'utf8')) as [string];

it('the example of the README prints what it says', async () => {
  const modules = {
    '@assay-ml/networks': networks,
    '@assay-ml/numerics': numerics,
    '@assay-ml/tensors': tensors,
    '@assay-ml/vlm-guard': paper,
  };
  expect(await printedBy(example, modules)).toEqual(promisedBy(example));
  expect(promisedBy(example)).toHaveLength(5);
});
