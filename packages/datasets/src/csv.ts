/** CSV with a header line, read as it comes into blocks of numbers; the grammar (quotes, escapes) is `csv-parse`'s. */
import { Readable } from 'node:stream';

import { CsvError, parse } from 'csv-parse';

import { decimal } from './decimal.js';
import { DataCorrupt } from './errors.js';

/** Longest record read, in bytes: 64 MiB (our choice); a longer one is taken for another kind of file. */
const LONGEST_RECORD = 2 ** 26;

/** Some rows of a CSV file. */
export interface NumericRows {
  /** Index of the first of these rows in the file, the header not counted. */
  readonly first: number;
  readonly count: number;
  /** Names of the columns, in the order of `data`. */
  readonly columns: readonly string[];
  /** Values, row-major [count, columns.length]. */
  readonly data: Float64Array;
}

/** How to read a CSV file. */
export interface CsvOptions {
  /** Name for error messages. */
  readonly source?: string;
  /** Columns to read, in this order. Default: all, as in the file. */
  readonly columns?: readonly string[];
  /** Columns of words: each word becomes its index in this list, e.g. `{ species: ['setosa', 'virginica'] }`. */
  readonly categories?: Readonly<Record<string, readonly string[]>>;
  /** Value of an empty field. Default: an empty field is refused. */
  readonly empty?: number;
  /** Between fields. Default a comma. */
  readonly delimiter?: string;
  /** Rows a block at most has. Default 1024 (our choice). */
  readonly records?: number;
}

/**
 * Reads a CSV file with a header line, some rows at a time, as numbers.
 * @param chunks the file's bytes in pieces of any size, e.g. `fs.createReadStream(path)`
 * @throws DataCorrupt with line and column for a field that is no number, no word of its list, or empty, and for rows of
 *   unequal length; RangeError for a bad option, or a column that the file lacks
 */
export async function* streamCsv(
  chunks: AsyncIterable<Uint8Array>,
  options: CsvOptions = {},
): AsyncGenerator<NumericRows, void, undefined> {
  const { source = 'CSV data', categories = {}, empty, delimiter = ',', records = 1024 } = options;
  if (!Number.isSafeInteger(records) || records < 1) {
    throw new RangeError(`streamCsv: 'records' is ${records}; must be a positive integer.`);
  }
  const codes = new Map(
    Object.entries(categories).map(([column, words]) => [column, new Map(words.map((word, code) => [word, code]))]),
  );
  let columns: readonly string[] | null = null;
  let places: number[] = [];
  let rows: number[] = [];
  let first = 0;

  for await (const { record, line } of recordsOf(chunks, source, delimiter)) {
    if (columns === null) {
      columns = options.columns ?? record;
      places = columns.map((column) => placeOf(column, record, source));
      Object.keys(categories).forEach((column) => placeOf(column, record, source));
      continue;
    }
    for (const [i, column] of columns.entries()) {
      const field = record[places[i]!]!;
      const known = codes.get(column);
      const value = field === '' ? empty : known ? known.get(field) : decimal(field);
      if (value === undefined) {
        const allowed = known ? `one of ${[...known.keys()].join(', ')}` : 'a number';
        const advice = field === '' ? ", or set 'empty' to the value it stands for" : '';
        throw new DataCorrupt(
          source,
          `line ${line}, column ${JSON.stringify(column)}: ${JSON.stringify(field.slice(0, 40))}; must be ${allowed}${advice}.`,
        );
      }
      rows.push(value);
    }
    if (rows.length < records * columns.length) continue;
    yield { first, count: records, columns, data: Float64Array.from(rows) };
    first += records;
    rows = [];
  }
  if (columns === null) throw new DataCorrupt(source, 'empty; a header line with the names of the columns is needed.');
  if (rows.length > 0) yield { first, count: rows.length / columns.length, columns, data: Float64Array.from(rows) };
}

/** Records with the line they end on. */
async function* recordsOf(
  chunks: AsyncIterable<Uint8Array>,
  source: string,
  delimiter: string,
): AsyncGenerator<{ record: string[]; line: number }, void, undefined> {
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: LONGEST_RECORD,
  });
  const input = Readable.from(chunks);
  input.on('error', (error) => parser.destroy(error)); // pipe does not pass errors on
  input.pipe(parser);
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      yield { record, line: info.lines };
    }
  } catch (cause) {
    if (cause instanceof CsvError)
      throw new DataCorrupt(source, `${cause.message}. It may not be a CSV file.`, { cause });
    throw cause;
  } finally {
    input.destroy();
  }
}

function placeOf(column: string, header: readonly string[], source: string): number {
  const place = header.indexOf(column);
  if (place >= 0 && header.indexOf(column, place + 1) < 0) return place;
  const problem = place < 0 ? 'is not a column' : 'names several columns';
  throw new RangeError(`streamCsv: ${JSON.stringify(column)} ${problem} of ${source}; it has ${header.join(', ')}.`);
}
