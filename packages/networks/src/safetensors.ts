/**
 * The safetensors file format: eight bytes with the header's length (little-endian), a JSON header that gives each
 * tensor's type, shape and place, then the values, little-endian and row-major, without gaps.
 */

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

const wide = (bytes: Uint8Array<ArrayBuffer>, widen: (view: DataView, at: number) => number) => {
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => widen(view, 2 * i));
};

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

const word = new DataView(new ArrayBuffer(4));

const READERS: Readonly<Record<string, Reader>> = {
  ...Object.fromEntries(
    Object.entries(TYPES).map(([name, type]) => [
      name,
      { width: type.BYTES_PER_ELEMENT, read: (bytes: Uint8Array<ArrayBuffer>) => new type(bytes.buffer) },
    ]),
  ),
  BOOL: { width: 1, read: (bytes) => bytes },
  F16: { width: 2, read: (bytes) => wide(bytes, (view, at) => half(view.getUint16(at, true))) },
  // The upper half of a float32.
  BF16: {
    width: 2,
    read: (bytes) =>
      wide(bytes, (view, at) => {
        word.setUint32(0, view.getUint16(at, true) << 16);
        return word.getFloat32(0);
      }),
  },
  I64: {
    width: 8,
    read: (bytes, name) =>
      Int32Array.from(new BigInt64Array(bytes.buffer), (value) => {
        if (BigInt.asIntN(32, value) !== value) {
          throw corrupt(`has ${value} in '${name}' of type I64`, 'within ±2³¹', 'Store it as F64.');
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
 * @throws RangeError when the length of an entry is not the product of its shape, or one is named `__metadata__`
 */
export function encodeSafetensors(
  entries: Readonly<Record<string, Entry>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
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

/**
 * Reads a safetensors file with tensors of type F32, F64, I32, U8, and BOOL as U8, F16 and BF16 widened to F32, I64 as I32.
 * @param bytes the whole file
 * @returns copies of its tensors, and its metadata
 * @throws FileCorrupt for bytes that are not such a file in full, or an I64 number beyond 32 bits
 */
export function decodeSafetensors(bytes: Uint8Array): {
  entries: Record<string, Entry>;
  metadata: Record<string, string>;
} {
  if (bytes.length < 8) throw corrupt(`is ${bytes.length} bytes long`, 'at least 8');
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > LONGEST_HEADER) throw corrupt(`announces a header of ${length} bytes`, `at most ${LONGEST_HEADER}`);
  if (8 + length > bytes.length) throw corrupt(`ends in its header, after ${bytes.length} bytes`, `at least ${8 + length}`); // prettier-ignore
  const { __metadata__: given, ...header } = parseHeader(bytes.subarray(8, 8 + length));
  const metadata = given ?? {};
  if (!isTexts(metadata)) throw corrupt('has metadata that is no text by name', 'so');
  const values = bytes.subarray(8 + length);
  const entries = new Map<string, Entry>();
  let end = 0;
  const places = Object.entries(header).map(([name, spec]) => ({ name, ...checkSpec(name, spec) }));
  for (const { name, reader, shape, from, to } of places.sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== end) throw corrupt(`has '${name}' at byte ${from}`, `byte ${end}, where the tensor before it ends`);
    const size = sizeOf(shape) * reader.width;
    if (to - from !== size) throw corrupt(`gives '${name}' ${to - from} bytes`, `${size} for shape [${shape.join(', ')}]`); // prettier-ignore
    if (to > values.length) throw corrupt(`ends in '${name}', after ${bytes.length} bytes`, `at least ${8 + length + to}`); // prettier-ignore
    // A copy: Node's Buffer would slice out a view of its pool.
    entries.set(name, { shape, data: reader.read(new Uint8Array(values.subarray(from, to)), name) });
    end = to;
  }
  if (end !== values.length) throw corrupt(`is ${bytes.length} bytes long`, `${8 + length + end} by its header`);
  // Not by assignment, to which `__proto__` is no name.
  return { entries: Object.fromEntries(entries), metadata };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) return { ...header };
  } catch {
    // told below
  }
  throw corrupt('has a header that is no JSON object', 'one');
}

function checkSpec(name: string, spec: unknown) {
  const { dtype, shape, data_offsets: offsets } = (spec ?? {}) as Record<string, unknown>;
  if (!Object.hasOwn(READERS, String(dtype))) {
    throw corrupt(`has '${name}' of type ${String(dtype)}`, Object.keys(READERS).join(', '), 'Convert it first.');
  }
  const reader = READERS[dtype as string]!;
  if (!isSizes(shape)) throw corrupt(`has '${name}' of shape ${JSON.stringify(shape)}`, 'a list of integers ≥ 0');
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw corrupt(`has '${name}' at ${JSON.stringify(offsets)}`, 'two integers ≥ 0');
  }
  return { reader, shape, from: offsets[0]!, to: offsets[1]! };
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

function corrupt(problem: string, allowed: string, todo = 'It is cut short, damaged or another format.'): FileCorrupt {
  return new FileCorrupt(`decodeSafetensors: the file ${problem}; must be ${allowed}. ${todo}`);
}
