/**
 * LIBSVM's sparse text format, read as it comes: one sample a line, `label index:value index:value …`, indices from 1
 * and ascending, `#` begins a comment. Blocks are in compressed-row form, in memory that does not grow with the file.
 */
import { requireOptions } from '@assay-ml/numerics/check';

import { decimal } from './decimal.js';
import { DataCorrupt } from './errors.js';
import { lines } from './lines.js';

/** Some samples of a LIBSVM file. */
export interface SparseRows {
  /** Index of the first of these samples in the file. */
  readonly first: number;
  readonly count: number;
  /** Label of each sample as written, e.g. −1 and 1, [count]. */
  readonly labels: Float64Array;
  /** Sample i has the entries `starts[i]` … `starts[i + 1] − 1`, [count + 1]. */
  readonly starts: Uint32Array;
  /** Feature of each entry, from 0 (the file counts from 1). */
  readonly indices: Uint32Array;
  readonly values: Float64Array;
}

/**
 * Reads a LIBSVM file some samples at a time.
 * @param chunks the file's bytes in pieces of any size, e.g. `fs.createReadStream(path)`
 * @param options `source`: name for error messages; `records`: samples a block at most has, default 1024 (our choice);
 *   `features`: refuse an index above it
 * @throws DataCorrupt with the line number for a line that is not of the format; RangeError for a bad option
 */
export async function* streamLibsvm(
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly source?: string; readonly records?: number; readonly features?: number } = {},
): AsyncGenerator<SparseRows, void, undefined> {
  requireOptions('streamLibsvm', options, { source: 1, records: 1, features: 1 });
  const { source = 'LIBSVM data', records = 1024, features = 2 ** 32 - 1 } = options;
  for (const [name, value] of Object.entries({ records, features })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`streamLibsvm: '${name}' is ${value}; must be a positive integer.`);
    }
  }
  let first = 0;
  let labels: number[] = [];
  let starts = [0];
  let indices: number[] = [];
  let values: number[] = [];
  const block = (): SparseRows => ({
    first,
    count: labels.length,
    labels: Float64Array.from(labels),
    starts: Uint32Array.from(starts),
    indices: Uint32Array.from(indices),
    values: Float64Array.from(values),
  });

  let lineNumber = 0;
  for await (const line of lines(chunks, source, 'LIBSVM file')) {
    lineNumber++;
    const fields = line.split('#', 1)[0]!.trim().split(/\s+/);
    if (fields[0] === '') continue;
    const fail = (problem: string): never => {
      throw new DataCorrupt(source, `line ${lineNumber}: ${problem}`);
    };
    labels.push(decimal(fields[0]!) ?? fail(`label ${shown(fields[0]!)} is not a number.`));
    let last = 0;
    for (const field of fields.slice(1)) {
      const [index = '', text = '', ...rest] = field.split(':');
      const value = decimal(text);
      if (!/^\d+$/.test(index) || value === undefined || rest.length > 0) {
        return fail(`${shown(field)} is not index:value, as in 3:0.5.`);
      }
      const at = Number(index);
      if (at <= last) fail(`index ${at} after ${last}; indices must ascend from 1.`);
      if (at > features) fail(`index ${at}; there are ${features} features.`);
      indices.push(at - 1);
      values.push(value);
      last = at;
    }
    starts.push(indices.length);
    if (labels.length < records) continue;
    yield block();
    first += labels.length;
    [labels, starts, indices, values] = [[], [0], [], []];
  }
  if (labels.length > 0) yield block();
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
