/** CSV with a header line, read as it comes into blocks of numbers; the grammar (quotes, escapes) is `csv-parse`'s. */
import { Readable } from 'node:stream';

import { requireOptions } from '@assay-ml/numerics/check';
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
  /** Value of an empty field, which is what a blank line is in a file of one column. Default: an empty field is refused. */
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
  requireOptions<CsvOptions>('streamCsv', options, {
    ...{ source: 1, columns: 1, categories: 1, empty: 1, delimiter: 1, records: 1 },
  });
  const { source = 'CSV data', categories = {}, empty, delimiter = ',', records = 1024 } = options;
  if (!Number.isSafeInteger(records) || records < 1) {
    throw new RangeError(`streamCsv: 'records' is ${records}; must be a positive integer.`);
  }
  if (options.columns?.length === 0) {
    throw new RangeError("streamCsv: 'columns' is []; must be at least one name. Leave it out for all columns.");
  }
  const codes = new Map(
    Object.entries(categories).map(([column, words]) => [column, new Map(words.map((word, code) => [word, code]))]),
  );
  const refusedField = (line: number, column: string, field: string, known?: ReadonlyMap<string, number>) => {
    const allowed = known ? `one of ${[...known.keys()].slice(0, 20).join(', ')}` : 'a number';
    const advice = field === '' ? ", or set 'empty' to the value it stands for" : '';
    return new DataCorrupt(
      source,
      `line ${line}, column ${JSON.stringify(column)}: ${JSON.stringify(field.slice(0, 40))}; must be ${allowed}${advice}.`,
    );
  };
  let columns: readonly string[] | null = null;
  let places: number[] = [];
  let rows: number[] = [];
  let first = 0;

  for await (const { record, line, blank } of recordsOf(chunks, source, delimiter)) {
    if (columns === null) {
      const header = record!; // only what follows a header ends with null
      columns = options.columns ?? header;
      places = columns.map((column) => placeOf(column, header, source));
      Object.keys(categories).forEach((column) => placeOf(column, header, source));
      continue;
    }
    // Where there is one column, a blank line is a row whose field is empty.
    for (let k = 0; k < blank; k++) {
      if (empty === undefined) throw refusedField(line + k, columns[0]!, '', codes.get(columns[0]!));
      rows.push(empty);
    }
    for (const [i, column] of record === null ? [] : columns.entries()) {
      const field = record![places[i]!]!;
      const known = codes.get(column);
      const value = field === '' ? empty : known ? known.get(field) : decimal(field);
      if (value === undefined) throw refusedField(line + blank, column, field, known);
      rows.push(value);
    }
    const size = records * columns.length;
    if (rows.length < size) continue;
    let at = 0;
    for (; at + size <= rows.length; at += size) {
      yield { first, count: records, columns, data: Float64Array.from(rows.slice(at, at + size)) };
      first += records;
    }
    rows = rows.slice(at);
  }
  if (columns === null) throw new DataCorrupt(source, 'empty; a header line with the names of the columns is needed.');
  if (rows.length > 0) yield { first, count: rows.length / columns.length, columns, data: Float64Array.from(rows) };
}

/**
 * Records with the number of blank lines before them, where the file has one column, and the line at which these begin, or
 * else the record ends; the last is null, with the blank lines at the end of the file.
 */
async function* recordsOf(
  chunks: AsyncIterable<Uint8Array>,
  source: string,
  delimiter: string,
): AsyncGenerator<{ record: string[] | null; line: number; blank: number }, void, undefined> {
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
    let [before, blankBefore, single] = [0, 0, false];
    const parsed = parser as AsyncIterable<{ record: string[]; info: { lines: number; empty_lines: number } }>;
    for await (const { record, info } of parsed) {
      const blank = single ? info.empty_lines - blankBefore : 0;
      yield { record, line: blank > 0 ? before + 1 : info.lines, blank };
      if (before === 0) single = record.length === 1;
      [before, blankBefore] = [info.lines, info.empty_lines];
    }
    // What follows the last line's end is counted as one, too.
    const left = Math.max(0, parser.info.empty_lines - blankBefore - 1);
    if (single) yield { record: null, line: before + 1, blank: left };
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
  throw new RangeError(
    `streamCsv: ${JSON.stringify(column)} ${problem} of ${source}; it has ${header.slice(0, 40).join(', ')}.`,
  );
}
