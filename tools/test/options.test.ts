import { expect, it } from 'vitest';
import { entries, takers } from './public-options.js';

const root = new URL('../..', import.meta.url).pathname;

it('walk', () => {
  const all = takers(root, entries(root));
  for (const t of all) console.log(t.refuses ? 'ok ' : 'NO ', t.name, t.at);
  expect(all.length).toBeGreaterThan(100);
}, 60000);
