import { readFileSync } from 'node:fs';

import * as numerics from '@assay-ml/numerics';
import { expect, it } from 'vitest';

import { examplesIn, printedBy, promisedBy } from '../../../vitest.readme.mjs';
import * as datasets from '../src/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the first example of the README prints what it says', async () => {
  const example = examplesIn(readme)[0]!;
  const printed = await printedBy(example, { '@assay-ml/datasets': datasets, '@assay-ml/numerics': numerics });
  expect(printed).toEqual(promisedBy(example));
  expect(printed.length).toBeGreaterThan(3);
});
