/**
 * Results as CSV (RFC 4180, UTF-8, `\\n`). A text that a spreadsheet would take for a formula has a `'` before it; numbers
 * stay as they are.
 */
import type { CellRecord, Json, Verdict } from '@assay-ml/claims';

type Field = string | number | null | undefined;

const field = (value: Field): string => {
  const plain = value === null || value === undefined ? '' : String(value);
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${plain}` : plain;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const table = (rows: readonly (readonly Field[])[]): string =>
  rows.map((row) => row.map(field).join(',') + '\n').join('');

/** One line a claim. */
export function claimsCsv(verdicts: readonly Verdict[]): string {
  const head =
    'id,kind,verdict,expect,measured,low,high,n,statistic,unit,level,judgedBy,min,max,rule,reference,referenceValue,why,statement,source'.split(
      ',',
    );
  return table([
    head,
    ...verdicts.map((v) => [
      v.id,
      v.kind,
      v.verdict,
      v.expect,
      v.measured,
      v.interval?.[0],
      v.interval?.[1],
      v.n,
      v.rule.statistic,
      v.unit,
      v.level,
      v.judgedBy,
      v.rule.statistic === 'exact' ? null : v.rule.min,
      v.rule.statistic === 'exact' ? null : v.rule.max,
      v.rule.words,
      typeof v.reference === 'object' ? v.reference.words : v.reference,
      typeof v.reference === 'object' ? v.reference.value : null,
      v.why,
      v.statement,
      v.source,
    ]),
  ]);
}

/** Nested objects become dotted names; an array stays one field, as JSON. */
function flatten(value: Json, name: string, into: Map<string, Field>): Map<string, Field> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, `${name}.${key}`, into);
  } else into.set(name, typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as Field));
  return into;
}

/** One line a cell, its configuration and values in dotted columns. Times are left out: equal results give equal files. */
export function cellsCsv(records: readonly CellRecord[]): string {
  const rows = [...records]
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
    .map((record) => ({ record, flat: flatten(record.values, 'values', flatten(record.config, 'config', new Map())) }));
  const columns = [...new Set(rows.flatMap(({ flat }) => [...flat.keys()]))].sort();
  return table([
    ['id', 'experiment', 'seed', 'status', ...columns],
    ...rows.map(({ record, flat }) => [
      record.id,
      record.experiment,
      record.seed,
      record.status,
      ...columns.map((column) => flat.get(column)),
    ]),
  ]);
}
