/** C11: fine-tuning with state for a few columns of queries and values, or for none. */
import type { CellRecord, Claim, Evidence, Table } from '@assay-ml/claims';
import { number, pairs, paired, select } from '@assay-ml/claims/evidence';
import { mean } from '@assay-ml/numerics';
import { FINE_NAMES, type FineName } from '../cells/fine-tuning.js';

const TIERS = ['standard', 'full'] as const;

/** Whether the losses at 0 and at r are within a deviation of those at r over the seeds; each end is a part. */
function alike(records: readonly CellRecord[], experiment: string): Evidence {
  const found = select(records, experiment);
  const loss = (name: FineName) => (r: CellRecord) => number(r, name, 'loss');
  const [some, none] = [loss('FRUGAL, r'), loss('FRUGAL, 0')];
  const losses = found.map(some);
  const centre = mean(losses);
  const deviation = Math.sqrt(losses.reduce((sum, l) => sum + (l - centre) ** 2, 0) / (losses.length - 1));
  return paired([
    ...pairs(found, (r) => none(r) - some(r), () => deviation, 'not above'), // prettier-ignore
    ...pairs(found, (r) => some(r) - none(r), () => deviation, 'not below'), // prettier-ignore
  ]);
}

/** Means over the seeds, beside full fine-tuning and LoRA. */
function beside(records: readonly CellRecord[], experiment: string, columns: readonly string[]): Table {
  const found = select(records, experiment);
  return {
    title: 'Means over seeds, and the range of losses',
    columns: ['method', ...columns, 'lowest loss', 'highest loss', 'bytes of state and adapters'],
    rows: FINE_NAMES.map((name) => {
      const losses = found.map((r) => number(r, name, 'loss'));
      return [
        name,
        ...columns.map((column) => mean(found.map((r) => number(r, name, column)))),
        Math.min(...losses),
        Math.max(...losses),
        number(found[0]!, name, 'stateBytes'),
      ];
    }),
  };
}

const common = {
  kind: 'paper',
  tiers: TIERS,
  rule: {
    statistic: 'mean-diff',
    max: 0,
    unit: 'validation loss',
    words:
      '|loss at r 0 − loss at r| less the standard deviation over seeds of the loss at r, at most 0: each sign is a part, paired by seed',
  },
  // Not fixed before a pilot of the tier.
  expect: {},
} as const;

export const fineTuning: readonly Claim[] = [
  {
    ...common,
    id: 'frugal-opt.C11',
    statement:
      'A pretrained encoder is fine-tuned as well without any state for kernels as with eight columns of queries and values.',
    source: 'spec C11; Table 4 of the paper, whose figures were not found, on a stand-in that runs here: three layers of MiniLM', // prettier-ignore
    experiments: ['encoder'],
    evidence: (records) => alike(records, 'encoder'),
    table: (records) => beside(records, 'encoder', ['loss', 'accuracy']),
  },
  {
    ...common,
    id: 'frugal-opt.C11-characters',
    statement:
      'A small decoder trained on books is fine-tuned on plays as well without any state for kernels as with two columns of queries and values.', // prettier-ignore
    source: 'spec C11: the specification’s proxy of the paper’s fine-tuning',
    experiments: ['characters'],
    evidence: (records) => alike(records, 'characters'),
    table: (records) => beside(records, 'characters', ['loss']),
  },
];
