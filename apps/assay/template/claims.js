/** What is claimed, each with its statistic, its rule and what is expected. */
import { number, paired, pairs, select } from '@assay-ml/claims/evidence';

/** @type {readonly import('@assay-ml/claims').Claim[]} */
export const claims = [
  {
    id: 'my-paper.C1',
    statement: 'The median of normal draws has a larger mean squared error than their mean.',
    source: 'To write: where the paper says so',
    kind: 'paper',
    experiments: ['estimate'],
    tiers: ['quick', 'standard', 'full'],
    rule: { statistic: 'log-ratio', min: 0, words: 'mean log10 of the median’s error over the mean’s is at least 0' },
    expect: 'supported',
    reference: { value: Math.log10(Math.PI / 2), words: 'log10(π/2), in the limit of large samples' },
    // A block is what was drawn independently: here a cell, as each seed and size has draws of its own.
    evidence: (records) =>
      paired(
        [11, 101].flatMap((size) =>
          pairs(
            select(records, 'estimate', (config) => config['size'] === size),
            (record) => number(record, 'median'),
            (record) => number(record, 'mean'),
            `${size} draws`,
          ),
        ),
      ),
  },
];
