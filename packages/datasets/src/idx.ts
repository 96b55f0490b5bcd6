/**
 * IDX, the file format of MNIST and its relatives: two zero bytes, a type byte, the number of dimensions, then each
 * dimension as a big-endian uint32, then the values, row-major. Only unsigned bytes (type 0x08) are read: every
 * published image and label file of the family has that type.
 */
import { complaint, requireOptions } from '@assay-ml/numerics/check';

import { DataCorrupt } from './errors.js';

const UNSIGNED_BYTE = 0x08;
/** Most bytes that `streamIdx` hands out at once: 256 MiB (our choice); a larger record is a damaged header. */
const LARGEST_PIECE = 2 ** 28;

/** Shape of an IDX file. */
interface IdxHeader {
  /** Sizes, outermost first: `[count, rows, columns]` of images, `[count]` of labels. */
  readonly shape: readonly number[];
  /** Bytes before the first value. */
  readonly offset: number;
}

/** An IDX file in memory. */
export interface IdxArray {
  readonly shape: readonly number[];
  /** Values, row-major; a view of the bytes given, not a copy. */
  readonly data: Uint8Array;
}

/** Some records of an IDX file, as `streamIdx` hands them out. */
export interface IdxRecords {
  /** Index of the first of these records in the file. */
  readonly first: number;
  /** Number of records. */
  readonly count: number;
  /** Shape of one record: `[rows, columns]` of an image, `[]` of a label. */
  readonly shape: readonly number[];
  /** Values of these records, row-major. */
  readonly data: Uint8Array;
}

/** The header once enough bytes are there, null before. */
function readHeader(bytes: Uint8Array, source: string): IdxHeader | null {
  if (bytes.length < 4) return null;
  if (bytes[0] !== 0 || bytes[1] !== 0) {
    throw new DataCorrupt(
      source,
      `not an IDX file: starts with ${hex(bytes)}, must start with 00 00. Download it again.`,
    );
  }
  if (bytes[2] !== UNSIGNED_BYTE) {
    throw new DataCorrupt(
      source,
      `IDX values of type 0x${bytes[2]!.toString(16).padStart(2, '0')}; only unsigned bytes (0x08) are read.`,
    );
  }
  const dimensions = bytes[3]!;
  if (dimensions === 0) throw new DataCorrupt(source, 'IDX file without dimensions; at least 1 is needed.');
  const offset = 4 + 4 * dimensions;
  if (bytes.length < offset) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  if (!Number.isSafeInteger(product(shape))) {
    throw new DataCorrupt(source, `IDX shape ${shape.join('×')} is too large to be true.`);
  }
  return { shape, offset };
}

/**
 * Reads a whole IDX file from memory.
 * @param bytes the file, already decompressed
 * @param source name of the file for error messages
 * @returns shape and values; the values are a view of `bytes`
 * @throws TypeError for arguments of another kind; DataCorrupt when the bytes are no IDX file of unsigned bytes, or more or fewer than its header says
 */
export function parseIdx(bytes: Uint8Array, source = 'IDX data'): IdxArray {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(complaint('parseIdx', 'bytes', bytes, 'a Uint8Array', 'Read the file whole.')); // prettier-ignore
  const header = readHeader(bytes, source);
  if (header === null) throw cut(source, bytes.length, 'its header');
  const length = product(header.shape);
  const found = bytes.length - header.offset;
  if (found !== length) {
    throw new DataCorrupt(
      source,
      `IDX header says ${header.shape.join('×')} = ${length} values, ${found} are there. Download it again.`,
    );
  }
  return { shape: header.shape, data: bytes.subarray(header.offset) };
}

/**
 * Reads an IDX file as it comes, some records at a time, in memory that does not grow with the file.
 * @param chunks the file's bytes, decompressed, in pieces of any size, e.g. a `fs.createReadStream(path)`, or one piped
 *   through `zlib.createGunzip()`
 * @param options `source`: name for error messages; `records`: how many records a piece at most has, default 1024 (our choice);
 *   fewer where they would be more than 256 MiB
 * @throws DataCorrupt as `parseIdx` does; RangeError when `records` is not a positive integer
 */
export async function* streamIdx(
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly source?: string; readonly records?: number } = {},
): AsyncGenerator<IdxRecords, void, undefined> {
  requireOptions('streamIdx', options, { source: 1, records: 1 });
  const { source = 'IDX data', records = 1024 } = options;
  if (!Number.isSafeInteger(records) || records < 1) {
    throw new RangeError(`streamIdx: 'records' is ${records}; must be a positive integer. Leave it out for 1024.`);
  }
  let header: IdxHeader | null = null;
  let pending: Uint8Array = new Uint8Array(0); // header bytes until it is complete
  let piece: Uint8Array = new Uint8Array(0); // the records being filled
  let filled = 0;
  let first = 0;
  let recordLength = 0;
  let count = 0;
  let most = 0; // records a piece

  for await (const chunk of chunks) {
    let rest = chunk;
    if (header === null) {
      pending = concatenate(pending, chunk);
      header = readHeader(pending, source);
      if (header === null) continue;
      count = header.shape[0]!;
      recordLength = product(header.shape.slice(1));
      if (recordLength > LARGEST_PIECE) {
        throw new DataCorrupt(source, `IDX shape ${header.shape.join('×')} is too large to be true.`);
      }
      most = Math.min(records, Math.max(1, Math.floor(LARGEST_PIECE / recordLength)));
      rest = pending.subarray(header.offset);
      piece = new Uint8Array(Math.min(most, count) * recordLength);
    }
    while (rest.length > 0) {
      if (piece.length === 0) throw tooLong(source, header.shape);
      const taken = Math.min(rest.length, piece.length - filled);
      piece.set(rest.subarray(0, taken), filled);
      filled += taken;
      rest = rest.subarray(taken);
      if (filled < piece.length) continue;
      const here = piece.length / recordLength;
      yield { first, count: here, shape: header.shape.slice(1), data: piece };
      first += here;
      piece = new Uint8Array(Math.min(most, count - first) * recordLength);
      filled = 0;
    }
  }
  if (header === null) throw cut(source, pending.length, 'its header');
  if (piece.length > 0) throw cut(source, header.offset + first * recordLength + filled, `${count} records`);
}

function cut(source: string, length: number, before: string): DataCorrupt {
  return new DataCorrupt(source, `IDX file ends after ${length} bytes, before ${before}. Download it again.`);
}

function tooLong(source: string, shape: readonly number[]): DataCorrupt {
  return new DataCorrupt(source, `IDX file goes on after its ${shape.join('×')} values. Download it again.`);
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a * b, 1);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 4), (b) => b.toString(16).padStart(2, '0')).join(' ');
}

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
