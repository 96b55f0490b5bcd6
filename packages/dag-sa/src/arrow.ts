/** Tables of numbers from Arrow IPC data (Feather 2), by `apache-arrow`, an optional peer that is loaded when it is needed. */
import { options as known } from '@assay-ml/numerics/check';
import { labelColumn, type CsvOptions, type Table } from './csv.js';

/** How to read a table from Arrow data. */
export type ArrowOptions = Pick<CsvOptions, 'source' | 'labels'>;

/**
 * Reads a table of numbers from the bytes of an Arrow file or stream: integers and floats of any width.
 * @param options `source`: for messages, default `Arrow data`; `labels`: a column that is taken as labels of rows, text
 *   allowed, and left out of X
 * @throws RangeError with row and column for a value that is missing or not finite, for columns of another type, for a label
 *   column that is not there, and for bytes that are no uncompressed Arrow data; Error if `apache-arrow` is not installed
 */
export async function parseArrow(bytes: Uint8Array, options: ArrowOptions = {}): Promise<Table> {
  known('parseArrow', options, { source: 0, labels: 0 });
  const { source = 'Arrow data' } = options;
  const fail = (what: string): never => {
    throw new RangeError(`parseArrow: ${source}, ${what}`);
  };
  const { DataType, tableFromIPC } = await import('apache-arrow').catch((cause: unknown) => {
    throw new Error(`parseArrow: ${source} needs apache-arrow, which is not installed. Run npm i apache-arrow.`, { cause }); // prettier-ignore
  });
  const read = () => {
    try {
      return tableFromIPC(bytes);
    } catch (cause) {
      throw new RangeError(`parseArrow: ${source} cannot be read; must be uncompressed Arrow IPC, a file or a stream. Write it anew without compression.`, { cause }); // prettier-ignore
    }
  };
  const table = read();
  const { fields } = table.schema;
  const n = table.numRows;
  if (fields.length === 0 || n === 0) fail('empty; must have columns and rows. Give it some.');
  const all = fields.map(({ name }) => name);
  const label = labelColumn(all, options.labels, fail);
  const names = all.filter((_, k) => k !== label);
  const d = names.length;
  const X = new Float64Array(n * d);
  let at = 0;
  fields.forEach(({ name, type }, k) => {
    if (k === label) return;
    if (!DataType.isInt(type) && !DataType.isFloat(type)) {
      fail(`column '${name}' is ${String(type)}; must be integers or floats. Leave the column out, or cast it.`);
    }
    let row = 0;
    for (const value of table.getChildAt(k)!) {
      const x = value === null ? NaN : Number(value);
      if (!Number.isFinite(x)) {
        fail(`row ${row}, column '${name}': ${String(value)}; must be a finite number. Leave the column out, or the row; missing values are not filled in.`); // prettier-ignore
      }
      X[row++ * d + at] = x;
    }
    at++;
  });
  return { names, n, d, X, labels: label < 0 ? null : Array.from(table.getChildAt(label)!, String) };
}
