/** Tables of numbers from CSV text; the grammar (quotes, escapes) is `csv-parse`'s, whose browser build runs in Node too. */
import { invalid, options as known } from '@assay-ml/numerics/check';
import { CsvError, parse } from 'csv-parse/browser/esm/sync';

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

/** {@link Table}, and how its text was read. */
export interface CsvTable extends Table {
  /** What was taken to stand between fields. */
  readonly delimiter: string;
}

/** How to read a table. */
export interface CsvOptions {
  /** For messages. Default `CSV data`. */
  readonly source?: string;
  /**
   * Between fields. Default: of tab, semicolon, comma and pipe the one that stands most often in the first line outside quotes;
   * the space where that line has none of them.
   */
  readonly delimiter?: string;
  /** Whether the first line holds names. Default true; without, columns are x0, x1, …. */
  readonly header?: boolean;
  /** A column that is taken as labels of rows, text allowed, and left out of X. */
  readonly labels?: string;
}

/** A decimal number, as spreadsheets write it; what `Number` takes besides (`0x1f`, ` `) is refused. */
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
/** What stands for a missing value in other programs. */
const MISSING = /^(|na|n\/a|nan|null|\?)$/i;

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

/** The delimiter that a line shows outside quotes. */
function guessed(line: string): string {
  let quoted = false;
  const outside = [...line.trim()].filter((mark) => {
    if (mark === '"') quoted = !quoted;
    return !quoted;
  });
  const count = (mark: string) => outside.filter((other) => other === mark).length;
  const best = [...'\t;,|'].reduce((a, b) => (count(b) > count(a) ? b : a));
  return count(best) > 0 ? best : count(' ') > 0 ? ' ' : ',';
}

/**
 * Reads a table of numbers.
 * @throws RangeError with line and column for a field that is no number, for ragged rows, where a column is missing, has no name
 *   or one that another has, for a first line of numbers where names are expected, and for text in another encoding than UTF-8
 */
export function parseCsv(text: string, options: CsvOptions = {}): CsvTable {
  known('parseCsv', options, { source: 0, delimiter: 0, header: 0, labels: 0 });
  const { source = 'CSV data', header = true } = options;
  if (typeof text !== 'string') throw invalid('parseCsv', 'text', text, 'a string', 'Decode the bytes first.');
  if (typeof header !== 'boolean')
    throw invalid('parseCsv', 'header', header, 'true or false', 'Leave it out for true.');
  const fail = (what: string): never => {
    throw new RangeError(`parseCsv: ${source}, ${what}`);
  };
  if (/[\0\uFFFD]/.test(text)) {
    fail('not in UTF-8; must be text in UTF-8. Save it anew in that encoding (UTF-16 and Latin-1 are not read).');
  }
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const end = text.slice(start).search(/[\r\n]/);
  const delimiter = options.delimiter ?? guessed(text.slice(start, end < 0 ? undefined : start + end));
  const told = options.delimiter === undefined ? ` (fields taken to be separated by '${delimiter}')` : '';
  let records: { record: string[]; info: { lines: number } }[] = [];
  try {
    // Columns that are aligned by spaces have several between two fields.
    const lines = () => text.split('\n').map((line) => line.trim());
    const spaced = delimiter === ' ' ? lines().join('\n').replace(/ {2,}/g, ' ') : text;
    records = parse(spaced, {
      bom: true,
      delimiter,
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as typeof records;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    fail(`line ${(cause as unknown as { lines: number }).lines}: ${cause.message}${told}; must be a table whose rows are of equal length. Repair the line, or name the delimiter.`); // prettier-ignore
  }
  const first = records[0]?.record ?? [];
  const rows = header ? records.slice(1) : records;
  if (rows.length === 0) return fail(`empty; must be ${header ? 'a header line and rows' : 'rows'}. Give it some.`);
  if (
    header &&
    first.some((field) => NUMBER.test(field)) &&
    first.every((field) => NUMBER.test(field) || MISSING.test(field))
  ) {
    fail(`line 1 holds numbers alone, '${first.slice(0, 4).join(delimiter)}'; must be the names of the columns. Add a header line, or say that there is none (header: false, --no-header).`); // prettier-ignore
  }
  const all = header ? first : first.map((_, k) => `x${k}`);
  const nameless = all.indexOf('');
  if (nameless >= 0) fail(`column ${nameless + 1} has no name; must have one. Name it in line 1.`);
  const label = labelColumn(all, options.labels, fail);
  const names = all.filter((_, k) => k !== label);
  const X = new Float64Array(rows.length * names.length);
  let at = 0;
  for (const { record, info } of rows) {
    record.forEach((field, k) => {
      if (k === label) return;
      const value = NUMBER.test(field) ? Number(field) : NaN;
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
    delimiter,
  };
}
