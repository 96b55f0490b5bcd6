/**
 * The safetensors file format: eight bytes with the header's length (little-endian), a JSON header that gives each
 * tensor's type, shape and place, then the values, little-endian and row-major, without gaps.
 */

import { complaint, requireKeys, requireOptions } from '@assay-ml/numerics/check';

/** Values of one tensor. */
export interface Entry {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array;
}

/** Bytes that are no safetensors file, or one cut short or damaged, or not what was asked for. */
export class FileCorrupt extends Error {
  override readonly name = 'FileCorrupt';
}

const TYPES = { F32: Float32Array, F64: Float64Array, I32: Int32Array, U8: Uint8Array } as const;
type TypeName = keyof typeof TYPES;

/** How a type of the format is read: its width in bytes, and its numbers as one of {@link Entry}'s. */
interface Reader {
  readonly width: number;
  read(bytes: Uint8Array<ArrayBuffer>, name: string): Entry['data'];
}

/** Half precision: 1 sign, 5 exponent, 10 mantissa bits. */
function half(bits: number): number {
  const [exponent, mantissa] = [(bits >> 10) & 31, bits & 1023];
  const size =
    exponent === 0
      ? mantissa * 2 ** -24
      : exponent === 31
        ? mantissa === 0
          ? Infinity
          : NaN
        : (1 + mantissa / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}

let halves: Float32Array | undefined;

/** The numbers of all half precision bits. */
const halfTable = () => (halves ??= Float32Array.from({ length: 0x10000 }, (_, bits) => half(bits)));

/** 16-bit values as a table says; without one, 16 bits higher. A loop: `from` of typed arrays is several times slower. */
function widened<T extends Float32Array | Uint32Array>(
  bytes: Uint8Array<ArrayBuffer>,
  out: T,
  table?: Float32Array,
): T {
  const bits = new Uint16Array(bytes.buffer);
  for (let i = 0; i < out.length; i++) out[i] = table ? table[bits[i]!]! : bits[i]! << 16;
  return out;
}

const READERS: Readonly<Record<string, Reader>> = {
  ...Object.fromEntries(
    Object.entries(TYPES).map(([name, type]) => [
      name,
      { width: type.BYTES_PER_ELEMENT, read: (bytes: Uint8Array<ArrayBuffer>) => new type(bytes.buffer) },
    ]),
  ),
  BOOL: { width: 1, read: (bytes) => bytes },
  F16: { width: 2, read: (bytes) => widened(bytes, new Float32Array(bytes.length / 2), halfTable()) },
  // The upper half of a float32.
  BF16: { width: 2, read: (bytes) => new Float32Array(widened(bytes, new Uint32Array(bytes.length / 2)).buffer) },
  I64: {
    width: 8,
    read: (bytes, name) =>
      Int32Array.from(new BigInt64Array(bytes.buffer), (value) => {
        if (BigInt.asIntN(32, value) !== value) {
          throw corrupt(
            'decodeSafetensors',
            `has ${value} in '${name}' of type I64`,
            'within ±2³¹',
            'Store it as F64, or leave it out.',
          );
        }
        return Number(value);
      }),
  },
};

/** What the format allows a header to take. */
const LONGEST_HEADER = 100_000_000;

/**
 * A safetensors file.
 * @param entries tensors by name
 * @param metadata text by name, kept in the header
 * @throws TypeError for arguments of another kind; RangeError when the length of an entry is not the product of its shape, or one is named `__metadata__`
 */
export function encodeSafetensors(
  entries: Readonly<Record<string, Entry>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  requireKeys('encodeSafetensors', 'entries', entries, [], 'Give tensors by their names.');
  const header: [string, unknown][] = [['__metadata__', metadata]];
  if (Object.hasOwn(entries, '__metadata__')) {
    throw new RangeError(
      "encodeSafetensors: a tensor is named '__metadata__'; must be another name. The header needs it.",
    );
  }
  // Wide values first, so that each starts at a multiple of its width.
  const sorted = Object.entries(entries).sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  let end = 0;
  for (const [name, { shape, data }] of sorted) {
    if (data.length !== sizeOf(shape)) {
      throw new RangeError(
        `encodeSafetensors: '${name}' has ${data.length} numbers; must have ${sizeOf(shape)} for shape [${shape.join(', ')}]. Give every number once.`,
      );
    }
    const dtype = (Object.keys(TYPES) as TypeName[]).find((type) => data instanceof TYPES[type]);
    header.push([name, { dtype, shape, data_offsets: [end, (end += data.byteLength)] }]);
  }
  let text = JSON.stringify(Object.fromEntries(header));
  const encoder = new TextEncoder();
  text += ' '.repeat((8 - (encoder.encode(text).length % 8)) % 8);
  const head = encoder.encode(text);
  const file = new Uint8Array(8 + head.length + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(head.length), true);
  file.set(head, 8);
  let place = 8 + head.length;
  for (const [, { data }] of sorted) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), place);
    place += data.byteLength;
  }
  return file;
}

/** Which tensors are read. */
export interface DecodeOptions {
  /** Names of tensors to leave out, of types that are not read, too. Names that the file lacks do no harm. */
  readonly omit?: readonly string[];
}

/**
 * Reads a safetensors file with tensors of type F32, F64, I32, U8, and BOOL as U8, F16 and BF16 widened to F32, I64 as I32.
 * @param bytes the whole file
 * @returns copies of its tensors, and its metadata
 * @throws TypeError for another kind of bytes; FileCorrupt for bytes that are not such a file in full, or an I64 number beyond 32 bits
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): {
  entries: Record<string, Entry>;
  metadata: Record<string, string>;
} {
  const where = 'decodeSafetensors';
  requireOptions<DecodeOptions>(where, options, { omit: 1 });
  if (!(bytes instanceof Uint8Array)) throw new TypeError(complaint(where, 'bytes', bytes, 'a Uint8Array', 'Read the file.')); // prettier-ignore
  const omitted = new Set(options.omit);
  const start = 8 + headerLength(where, bytes.subarray(0, 8));
  if (start > bytes.length) throw corrupt(where, `ends in its header, after ${bytes.length} bytes`, `at least ${start}`); // prettier-ignore
  const { places, metadata, end } = placesIn(where, bytes.subarray(8, start));
  const values = bytes.subarray(start);
  const entries = new Map<string, Entry>();
  for (const { name, dtype, shape, from, to } of places) {
    const left = omitted.has(name);
    if (!left && !Object.hasOwn(READERS, dtype)) throw unreadable(where, name, dtype);
    if (to > values.length) throw corrupt(where, `ends in '${name}', after ${bytes.length} bytes`, `at least ${start + to}`); // prettier-ignore
    // A copy: Node's Buffer would slice out a view of its pool.
    if (!left)
      entries.set(name, { shape, data: READERS[dtype]!.read(new Uint8Array(values.subarray(from, to)), name) });
  }
  if (end !== values.length) throw corrupt(where, `is ${bytes.length} bytes long`, `${start + end} by its header`);
  // Not by assignment, to which `__proto__` is no name.
  return { entries: Object.fromEntries(entries), metadata };
}

/** What a header says of a tensor. */
export interface TensorHeader {
  /** Type as the format names it, e.g. `BF16`; also of types that `decodeSafetensors` does not read. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** What its values take in the file. */
  readonly bytes: number;
}

/**
 * Reads what a safetensors file has, without its values: of a checkpoint of gigabytes only the first kilobytes.
 * @param read gives the file's bytes from `from` to below `to`, fewer where it ends: of bytes in memory
 *   `(from, to) => bytes.subarray(from, to)`, of a `Blob` `async (from, to) => new Uint8Array(await blob.slice(from, to).arrayBuffer())`
 * @returns tensors by name, in the order of their values; the metadata; how long the whole file must be
 * @throws FileCorrupt for a header that is not one in full; what `read` throws
 */
export async function readSafetensorsHeader(
  read: (from: number, to: number) => Uint8Array | Promise<Uint8Array>,
): Promise<{ entries: Record<string, TensorHeader>; metadata: Record<string, string>; bytes: number }> {
  const where = 'readSafetensorsHeader';
  const start = 8 + headerLength(where, await read(0, 8));
  const text = await read(8, start);
  if (text.length !== start - 8) throw corrupt(where, `ends in its header, after ${8 + text.length} bytes`, `at least ${start}`); // prettier-ignore
  const { places, metadata, end } = placesIn(where, text);
  const entries = places.map(({ name, dtype, shape, from, to }) => [name, { dtype, shape, bytes: to - from }] as const);
  return { entries: Object.fromEntries(entries), metadata, bytes: start + end };
}

function headerLength(where: string, bytes: Uint8Array): number {
  if (bytes.length < 8) throw corrupt(where, `is ${bytes.length} bytes long`, 'at least 8');
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > LONGEST_HEADER) throw corrupt(where, `announces a header of ${length} bytes`, `at most ${LONGEST_HEADER}`); // prettier-ignore
  return length;
}

/** A tensor and where its values are. */
interface Place {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** The tensors of a header, in the order of their values, which leave no gap up to `end`. */
function placesIn(where: string, bytes: Uint8Array) {
  const { __metadata__: given, ...header } = parseHeader(where, bytes);
  const metadata = given ?? {};
  if (!isTexts(metadata)) throw corrupt(where, 'has metadata that is no text by name', 'so');
  const places = Object.entries(header).map(([name, spec]) => placeOf(where, name, spec));
  places.sort((a, b) => a.from - b.from || a.to - b.to);
  let end = 0;
  for (const { name, dtype, shape, from, to } of places) {
    if (from !== end) throw corrupt(where, `has '${name}' at byte ${from}`, `byte ${end}, where the tensor before it ends`); // prettier-ignore
    // Of a type that is not read the width is not known here.
    const size = Object.hasOwn(READERS, dtype) ? sizeOf(shape) * READERS[dtype]!.width : Math.max(0, to - from);
    if (to - from !== size) throw corrupt(where, `gives '${name}' ${to - from} bytes`, `${size} for shape [${shape.join(', ')}]`); // prettier-ignore
    end = to;
  }
  return { places, metadata, end };
}

function parseHeader(where: string, bytes: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) return { ...header };
  } catch {
    // told below
  }
  throw corrupt(where, 'has a header that is no JSON object', 'one');
}

function placeOf(where: string, name: string, spec: unknown): Place {
  const { dtype, shape, data_offsets: offsets } = (spec ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string') throw unreadable(where, name, String(dtype));
  if (!isSizes(shape)) throw corrupt(where, `has '${name}' of shape ${JSON.stringify(shape)}`, 'a list of integers ≥ 0'); // prettier-ignore
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw corrupt(where, `has '${name}' at ${JSON.stringify(offsets)}`, 'two integers ≥ 0');
  }
  return { name, dtype, shape, from: offsets[0]!, to: offsets[1]! };
}

function isTexts(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string');
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, n) => size * n, 1);
}

function unreadable(where: string, name: string, dtype: string): FileCorrupt {
  return corrupt(where, `has '${name}' of type ${dtype}`, Object.keys(READERS).join(', '), 'Convert it first.');
}

function corrupt(
  where: string,
  problem: string,
  allowed: string,
  todo = 'It is cut short, damaged or another format.',
) {
  return new FileCorrupt(`${where}: the file ${problem}; must be ${allowed}. ${todo}`);
}
