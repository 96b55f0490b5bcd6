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
  const header: Record<string, unknown> = { __metadata__: metadata };
  if ('__metadata__' in entries) {
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
    header[name] = { dtype, shape, data_offsets: [end, (end += data.byteLength)] };
  }
  let text = JSON.stringify(header);
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
 * Reads a safetensors file with tensors of type F32, F64, I32 and U8.
 * @param bytes the whole file
 * @returns copies of its tensors, and its metadata
 * @throws FileCorrupt for bytes that are not such a file in full
 */
export function decodeSafetensors(bytes: Uint8Array): {
  entries: Record<string, Entry>;
  metadata: Record<string, string>;
} {
  if (bytes.length < 8) throw corrupt(`is ${bytes.length} bytes long`, 'at least 8');
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > LONGEST_HEADER) throw corrupt(`announces a header of ${length} bytes`, `at most ${LONGEST_HEADER}`);
  if (8 + length > bytes.length) throw corrupt(`ends in its header, after ${bytes.length} bytes`, `at least ${8 + length}`); // prettier-ignore
  const { __metadata__: metadata = {}, ...header } = parseHeader(bytes.subarray(8, 8 + length));
  if (!isTexts(metadata)) throw corrupt('has metadata that is no text by name', 'so');
  const values = bytes.subarray(8 + length);
  const entries: Record<string, Entry> = {};
  let end = 0;
  const places = Object.entries(header).map(([name, spec]) => ({ name, ...checkSpec(name, spec) }));
  for (const { name, type, shape, from, to } of places.sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== end) throw corrupt(`has '${name}' at byte ${from}`, `byte ${end}, where the tensor before it ends`);
    const size = sizeOf(shape) * type.BYTES_PER_ELEMENT;
    if (to - from !== size) throw corrupt(`gives '${name}' ${to - from} bytes`, `${size} for shape [${shape.join(', ')}]`); // prettier-ignore
    if (to > values.length) throw corrupt(`ends in '${name}', after ${bytes.length} bytes`, `at least ${8 + length + to}`); // prettier-ignore
    // A copy: Node's Buffer would slice out a view of its pool.
    entries[name] = { shape, data: new type(new Uint8Array(values.subarray(from, to)).buffer) };
    end = to;
  }
  if (end !== values.length) throw corrupt(`is ${bytes.length} bytes long`, `${8 + length + end} by its header`);
  return { entries, metadata };
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
  const type = TYPES[dtype as TypeName];
  if (!Object.hasOwn(TYPES, String(dtype))) {
    throw corrupt(`has '${name}' of type ${String(dtype)}`, Object.keys(TYPES).join(', '), 'Convert it first.');
  }
  if (!isSizes(shape)) throw corrupt(`has '${name}' of shape ${JSON.stringify(shape)}`, 'a list of integers ≥ 0');
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw corrupt(`has '${name}' at ${JSON.stringify(offsets)}`, 'two integers ≥ 0');
  }
  return { type, shape, from: offsets[0]!, to: offsets[1]! };
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
