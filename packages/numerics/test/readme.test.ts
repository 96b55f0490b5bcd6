import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { examplesIn, printedBy, promisedBy } from '../../../vitest.readme.mjs';
import * as numerics from '../src/index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the example of the README prints what it says', async () => {
  const example = examplesIn(readme)[0]!;
  const printed = await printedBy(example, { '@assay-ml/numerics': numerics });
  expect(printed).toEqual(promisedBy(example));
  expect(printed.length).toBeGreaterThan(3);
});

test('the README names everything that the package exports', () => {
  const table = /## API\n([\s\S]*?)\n## /.exec(readme)![1]!;
  const named = [...table.matchAll(/`(\w+)`/g)].map((match) => match[1]!);
  expect(Object.keys(numerics).filter((name) => !named.includes(name))).toEqual([]);
});
