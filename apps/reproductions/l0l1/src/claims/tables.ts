/** M1 and M2: the two tables of an independent implementation, beside ours. */
import type { CellRecord, Claim, Evidence, Figure } from '@assay-ml/claims';
import { besideTable } from '@assay-ml/claims/evidence';
import { hundredEntries, lineEntries, type Entry } from '../tables.js';

/** At most this share of the entries may lie outside. */
const ALLOWED = 0.05;

function judged(entries: readonly Entry[]): Evidence {
  const outside = entries.filter(({ inside }) => !inside);
  const list = outside.map(
    ({ row, at, printed, ours, interval }) =>
      `${row} at ${at}: ${printed} against ${(interval ?? [ours]).map((gap) => gap.toExponential(2)).join(' … ')}`,
  );
  return {
    kind: 'exact',
    checks: [
      {
        name: `${outside.length} of ${entries.length} outside${list.length === 0 ? '' : ` (${list.join('; ')})`}`,
        holds: outside.length <= ALLOWED * entries.length,
      },
    ],
    measured: outside.length,
    unit: `of ${entries.length} entries outside`,
  };
}

/** Ours and the printed numbers, a panel a row. */
function beside(entries: readonly Entry[], title: string, x: string): Figure {
  const shown = entries.filter(({ reference, ours }) => reference > 0 && ours > 0);
  return {
    title: `${title}. Bars are prediction intervals`,
    mark: 'dot',
    x: { label: x, scale: 'log' },
    y: { label: 'f − f*', scale: 'log' },
    rows: shown.flatMap(({ row, at, reference, ours, interval }) => [
      { x: at, y: ours, ...(interval && { low: interval[0], high: interval[1] }), series: 'here', facet: row },
      { x: at, y: reference, series: 'printed, or predicted by D9', facet: row },
    ]),
  };
}

const WORDS =
  'at most 5 % of the entries outside: exact ones half a printed unit and 2 % (or D9’s prediction, or 0 where theory says so), random ones our 99 % prediction interval of the same mean';

const title = (what: string): string => `Quartic ${what}: ours beside the printed table`;

const claim = (
  id: string,
  experiment: string,
  what: string,
  x: string,
  entries: (records: readonly CellRecord[]) => Entry[],
): Claim => ({
  id,
  statement: `The table of an independent implementation for the quartic ${what} is found again.`,
  source: 'spec §6, measured with NumPy',
  kind: 'beyond',
  experiments: [experiment],
  tiers: ['quick', 'standard', 'full'],
  rule: { statistic: 'exact', words: WORDS },
  expect: 'supported',
  evidence: (records) => judged(entries(records)),
  figure: (records) => beside(entries(records), title(what), x),
  table: (records) =>
    besideTable(
      title(what),
      entries(records).map(({ row, at, printed, reference, ...rest }) => ({
        ...rest,
        setting: `${row}, ${x}: ${at}`,
        reference: printed === 'D9' ? `D9: ${reference.toPrecision(3)}` : reference,
      })),
    ),
});

export const tables: readonly Claim[] = [
  claim('l0l1.M1', 'line', 'in one dimension', 'epochs', lineEntries),
  claim('l0l1.M2', 'hundred', 'in 100 dimensions', 'rounds', hundredEntries),
];
