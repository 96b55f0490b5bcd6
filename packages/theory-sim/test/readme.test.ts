import { readFileSync } from 'node:fs';
import * as numerics from '@assay-ml/numerics';
import { expect, it } from 'vitest';
import { examplesIn, printedBy, promisedBy } from '../../../vitest.readme.mjs';
import * as sim from '../src/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

const examples = examplesIn(readme);

it.each(examples.map((example, k) => [k + 1, example] as const))(
  'example %i of the README prints what it says',
  async (_k, example) => {
    const printed = await printedBy(example, { '@assay-ml/theory-sim': sim, '@assay-ml/numerics': numerics });
    expect(printed).toEqual(promisedBy(example));
    expect(printed.length).toBeGreaterThan(5);
  },
);

it('has an example for each paper, and one of several seeds', () => {
  expect(examples).toHaveLength(3);
});
