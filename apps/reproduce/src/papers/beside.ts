/** A source's numbers beside ours, as the table of the claim that compares them. */
import type { Table } from '@assay-ml/claims';
import { typeset } from '../report/numbers.js';

/** One number of the source beside ours. */
export interface Beside {
  readonly setting: string;
  /** As printed; text where the source prints more than a number. */
  readonly reference: number | string;
  readonly ours: number;
  /** Prediction interval of a random entry. */
  readonly interval?: readonly [number, number];
  readonly inside: boolean;
}

/** A row each, in the order given. */
export function besideTable(title: string, entries: readonly Beside[]): Table {
  return {
    title,
    columns: ['setting', 'reference', 'ours', 'interval', 'inside'],
    rows: entries.map(({ setting, reference, ours, interval, inside }) => [
      setting,
      reference,
      ours,
      interval === undefined ? 'none: exact' : interval.map((end) => typeset(end)).join(' to '),
      inside ? 'yes' : 'no',
    ]),
  };
}
