/** Arrays in NumPy's file format, versions 1 to 3 (numpy.lib.format): little-endian numbers in C order, as doubles. */

const READERS: Readonly<Record<string, readonly [bytes: number, get: (view: DataView, at: number) => number]>> = {
  '<f4': [4, (view, at) => view.getFloat32(at, true)],
  '<f8': [8, (view, at) => view.getFloat64(at, true)],
  '<i4': [4, (view, at) => view.getInt32(at, true)],
  '<i8': [8, (view, at) => Number(view.getBigInt64(at, true))],
  '|u1': [1, (view, at) => view.getUint8(at)],
};

/** Longest header read, in bytes, as numpy.load has it. */
const LONGEST_HEADER = 10_000;

/**
 * Reads a .npy file.
 * @param name of the file, for messages
 * @throws RangeError for other bytes, types, orders, or a file of another length than its header says
 */
export function parseNpy(
  bytes: Uint8Array,
  name: string,
): { readonly shape: readonly number[]; readonly values: Float64Array } {
  const refuse = (what: string, allowed: string): never => {
    throw new RangeError(`floral: '${name}' ${what}; must be ${allowed}. Write it with numpy.save.`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 12 || view.getUint32(0) !== 0x934e554d || view.getUint16(4) !== 0x5059) {
    refuse('does not begin as an .npy file', 'one');
  }
  const [start, length] = bytes[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (length > LONGEST_HEADER) refuse(`has a header of ${length} bytes`, `at most ${LONGEST_HEADER}`);
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, start + length));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? 'none';
  const [size, get] = READERS[descr] ?? refuse(`holds numbers of type ${descr}`, Object.keys(READERS).join(', '));
  if (!/'fortran_order':\s*False/.test(header)) refuse('is in Fortran order', 'in C order (numpy.ascontiguousarray)');
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? '').split(',').filter((side) => side.trim()).map(Number); // prettier-ignore
  const count = shape.reduce((product, side) => product * side, 1);
  const wanted = start + length + count * size;
  if (bytes.length !== wanted) refuse(`is ${bytes.length} bytes long`, `${wanted} for shape [${shape.join(', ')}]`);
  return { shape, values: Float64Array.from({ length: count }, (_, i) => get(view, start + length + i * size)) };
}
