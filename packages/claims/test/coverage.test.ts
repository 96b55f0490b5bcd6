import { readFileSync } from 'node:fs';
import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';
import { BLOCKS, simulate, withTable } from '../scripts/coverage.mjs';
import { judge } from '../src/index.js';

describe('how often an interval holds the truth', () => {
  const rows = simulate({ judge, stream });

  it('is what the README prints', () => {
    // To write it anew: node packages/claims/scripts/coverage.mjs
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    expect(withTable(readme, rows)).toBe(readme);
  });

  // 2.5 % on each side are right; 2,000 trials tell them to 0.35 points (one standard error).
  it.each(rows.filter(({ law }) => law === 'normal'))(
    'errs by 2 points at most on the unsafe side for normal samples: $statistic',
    ({ cells }) => {
      for (const [i, { coverage, atMinimum, atMaximum }] of cells.entries()) {
        const where = `${BLOCKS[i]!} blocks`;
        expect(coverage, where).toBeGreaterThanOrEqual(93);
        expect(atMinimum, where).toBeLessThanOrEqual(4.5);
        expect(atMaximum, where).toBeLessThanOrEqual(4.5);
      }
    },
  );

  it('calls a share wrong in 2.5 % at most on each side, whatever its size', () => {
    for (const { law, cells } of rows.filter(({ statistic }) => statistic === 'share')) {
      for (const { atMinimum, atMaximum } of cells) {
        expect(Math.max(atMinimum, atMaximum), law).toBeLessThanOrEqual(2.5 + 4 * 0.35);
      }
    }
  });
});
