/** Figures that belong to no single claim. */
import { number, parameter, select } from '@assay-ml/claims/evidence';

/** @type {NonNullable<import('@assay-ml/claims').Reproduction['figures']>} */
export const figures = (records) => [
  {
    title: 'Mean squared errors, a point a seed',
    mark: 'dot',
    x: { label: 'draws in a sample', scale: 'point' },
    y: { label: 'mean squared error', scale: 'log' },
    rows: select(records, 'estimate').flatMap((record) =>
      ['mean', 'median'].map((series) => ({ x: parameter(record, 'size'), y: number(record, series), series })),
    ),
  },
];
