import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

import { examplesIn, printedBy, promisedBy } from '../../../vitest.readme.mjs';
import * as fedtrpo from '../src/index.js';

it('the examples of the README print what they say', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const examples = examplesIn(readme);
  expect(examples.length).toBeGreaterThan(0);
  for (const example of examples) {
    expect(await printedBy(example, { '@assay-ml/fedtrpo': fedtrpo })).toEqual(promisedBy(example));
  }
});
