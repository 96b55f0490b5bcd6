/** Tables of numbers from CSV text with a header line; the grammar (quotes, escapes) is `csv-parse`'s. */
import { CsvError, parse } from 'csv-parse/sync';

/** A table of numbers. */
export interface Table {
  readonly names: readonly string[];
  readonly n: number;
  readonly d: number;
  /** [n, d], flat, row by row. */
  readonly X: Float64Array<ArrayBuffer>;
  /** The column taken as labels, when there is one. */
  readonly labels: readonly string[] | null;
}

/** How to read a table. */
export interface CsvOptions {
  /** For messages. Default `CSV data`. */
  readonly source?: string;
  /** Between fields. Default: a tab if the first line has one, else a semicolon, else a comma. */
  readonly delimiter?: string;
  /** A column that is taken as labels of rows, text allowed, and left out of X. */
  readonly labels?: string;
}

/** The place of the column of labels, −1 for none. @throws what `fail` throws, for a name that is not there or there twice */
export function labelColumn(
  names: readonly string[],
  labels: string | undefined,
  fail: (what: string) => never,
): number {
  const twice = names.find((name, k) => names.indexOf(name) !== k);
  if (twice !== undefined) fail(`column '${twice}' twice; must be named once. Rename one.`);
  if (labels === undefined) return -1;
  const label = names.indexOf(labels);
  return label >= 0
    ? label
    : fail(`column '${labels}' is not there; must be one of ${names.join(', ')}. Name one of them.`);
}

/**
 * Reads a table of numbers.
 * @throws RangeError with line and column for a field that is no number, for ragged rows, and where a column is missing or
 *   named twice
 */
export function parseCsv(text: string, options: CsvOptions = {}): Table {
  const { source = 'CSV data' } = options;
  const fail = (what: string): never => {
    throw new RangeError(`parseCsv: ${source}, ${what}`);
  };
  const head = text.slice(0, (text.indexOf('\n') + text.length + 1) % (text.length + 1));
  const delimiter = options.delimiter ?? (head.includes('\t') ? '\t' : head.includes(';') ? ';' : ',');
  let records: { record: string[]; info: { lines: number } }[] = [];
  try {
    records = parse(text, {
      bom: true,
      delimiter,
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as typeof records;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    fail(`line ${(cause as unknown as { lines: number }).lines}: ${cause.message}; must be a table whose rows are of equal length. Repair the line.`); // prettier-ignore
  }
  const [header, ...rows] = records;
  if (header === undefined || rows.length === 0) return fail('empty; must be a header line and rows. Give it some.');
  const all = header.record;
  const label = labelColumn(all, options.labels, fail);
  const names = all.filter((_, k) => k !== label);
  const X = new Float64Array(rows.length * names.length);
  let at = 0;
  for (const { record, info } of rows) {
    record.forEach((field, k) => {
      if (k === label) return;
      const value = field === '' ? NaN : Number(field);
      if (!Number.isFinite(value)) {
        fail(`line ${info.lines}, column '${all[k]}': '${field.slice(0, 40)}'; must be a finite number. Leave the column out, or the row; missing values are not filled in.`); // prettier-ignore
      }
      X[at++] = value;
    });
  }
  return {
    names,
    n: rows.length,
    d: names.length,
    X,
    labels: label < 0 ? null : rows.map(({ record }) => record[label]!),
  };
}
