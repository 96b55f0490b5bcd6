/**
 * What clients and server send each other, in the format safetensors (float64): for clients on other machines, over a transport of
 * the user's. There is no θ in it.
 */
import { complaint, integer, invalid, requireKeys } from '@assay-ml/numerics/check';
import type { Update } from './client.js';
import type { Shared } from './model.js';
import type { Layout } from './layout.js';

/** What a message is for: its round, and a fingerprint of the layout that its numbers are of. */
interface Envelope {
  readonly kind: 'update' | 'shared';
  readonly round: number;
  readonly shapes: string;
}

/** Names and shapes of a layout, so that no numbers are taken for another model's. */
const shapesOf = ({ base, adaptors, clusters }: Layout) =>
  [...base.map(({ name, shape }) => `${name} [${shape.join(', ')}]`), ...adaptors.map((b) => `${b.target.name} × ${b.kind === 'factors' ? b.rank : 'whole'}`), `C = ${clusters}`].join('; '); // prettier-ignore

/** An update as bytes. @throws TypeError for arguments of another kind */
export function encodeUpdate(update: Update, layout: Layout, round: number): Uint8Array {
  requireKeys(
    'encodeUpdate',
    'update',
    update,
    ['client', 'examples', 'base', 'adaptors', 'pi'],
    'clientUpdate() makes one.',
  );
  const { client, examples, base, adaptors, pi } = update;
  requireKeys('encodeUpdate', 'layout', layout, ['baseSize', 'adaptorSize', 'clusters'], 'layoutOf() makes one.');
  return encode({ base, adaptors, pi }, { kind: 'update', round, shapes: shapesOf(layout) }, { client: `${client}`, examples: `${examples}` }); // prettier-ignore
}

/**
 * An update from bytes.
 * @param round the one that is going on
 * @throws TypeError for arguments of another kind; RangeError for bytes that are no such message, one of another round, or of another model (naming both)
 */
export function decodeUpdate(bytes: Uint8Array, layout: Layout, round: number): Update {
  requireBytes('decodeUpdate', bytes);
  requireKeys('decodeUpdate', 'layout', layout, ['baseSize', 'adaptorSize', 'clusters'], 'layoutOf() makes one.');
  const { arrays, notes } = decode('decodeUpdate', bytes, { kind: 'update', round, shapes: shapesOf(layout) });
  const [client, examples] = [Number(notes['client']), Number(notes['examples'])];
  integer('decodeUpdate', 'client', client, 0);
  integer('decodeUpdate', 'examples', examples, 1);
  const { base, adaptors, pi } = arrays;
  return { client, examples, base: base!, adaptors: adaptors!, pi: pi! };
}

/** What the server sends, as bytes. @throws TypeError for arguments of another kind */
export function encodeShared(shared: Shared, layout: Layout, round: number): Uint8Array {
  requireKeys('encodeShared', 'shared', shared, ['base', 'adaptors'], 'startShared() makes it.');
  const { base, adaptors } = shared;
  requireKeys('encodeShared', 'layout', layout, ['baseSize', 'adaptorSize', 'clusters'], 'layoutOf() makes one.');
  return encode({ base, adaptors }, { kind: 'shared', round, shapes: shapesOf(layout) }, {});
}

/**
 * What the server sent, from bytes.
 * @throws TypeError for arguments of another kind; RangeError as `decodeUpdate`
 */
export function decodeShared(bytes: Uint8Array, layout: Layout, round: number): Shared {
  requireBytes('decodeShared', bytes);
  requireKeys('decodeShared', 'layout', layout, ['baseSize', 'adaptorSize', 'clusters'], 'layoutOf() makes one.');
  const { base, adaptors } = decode('decodeShared', bytes, { kind: 'shared', round, shapes: shapesOf(layout) }).arrays;
  return { base: base!, adaptors: adaptors! };
}

function encode(
  arrays: Readonly<Record<string, Float64Array>>,
  envelope: Envelope,
  notes: Record<string, string>,
): Uint8Array {
  // prettier-ignore
  const header: Record<string, unknown> = {
    __metadata__: { kind: envelope.kind, round: `${envelope.round}`, shapes: envelope.shapes, ...notes },
  };
  let end = 0;
  for (const [name, values] of Object.entries(arrays)) {
    header[name] = { dtype: 'F64', shape: [values.length], data_offsets: [end, (end += 8 * values.length)] };
  }
  const text = JSON.stringify(header);
  const bytes = new TextEncoder().encode(text);
  // Numbers begin at a multiple of eight.
  const length = Math.ceil(bytes.length / 8) * 8;
  const out = new Uint8Array(8 + length + end).fill(32, 8, 8 + length);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(length), true);
  out.set(bytes, 8);
  let at = 8 + length;
  for (const values of Object.values(arrays)) for (const x of values) at = (view.setFloat64(at, x, true), at + 8);
  return out;
}

function decode(where: string, bytes: Uint8Array, wanted: Envelope) {
  const refuse = (why: string): never => {
    throw new RangeError(`${where}: 'bytes' ${why}; must be what encode${wanted.kind === 'update' ? 'Update' : 'Shared'} made. Send it again.`); // prettier-ignore
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = bytes.length < 8 ? Infinity : Number(view.getBigUint64(0, true));
  if (!(length <= bytes.length - 8)) refuse(`are cut after ${bytes.length}`);
  const header = parsed(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const notes = (header?.['__metadata__'] ?? {}) as Record<string, string>;
  if (header === null || notes['kind'] !== wanted.kind) refuse(`are no '${wanted.kind}'`);
  if (Number(notes['round']) !== wanted.round) {
    throw invalid(where, 'round', Number(notes['round']), `${wanted.round}, the round that is going on`, 'Leave the message out.'); // prettier-ignore
  }
  if (notes['shapes'] !== wanted.shapes) {
    throw new RangeError(`${where}: 'bytes' are of another model: ${notes['shapes']}; must be of ${wanted.shapes}.`);
  }
  const arrays: Record<string, Float64Array> = {};
  for (const name of wanted.kind === 'update' ? ['base', 'adaptors', 'pi'] : ['base', 'adaptors']) {
    const { dtype, data_offsets } = (header![name] ?? {}) as { dtype?: string; data_offsets?: [number, number] | null };
    const [from, to] = Array.isArray(data_offsets) ? data_offsets : [0, -1];
    const start = 8 + length + from;
    const whole = Number.isSafeInteger(from) && Number.isSafeInteger(to);
    if (dtype !== 'F64' || !whole || !(from >= 0 && to >= from) || (to - from) % 8 !== 0 || 8 + length + to > bytes.length) refuse(`lack '${name}'`); // prettier-ignore
    arrays[name] = Float64Array.from({ length: (to - from) / 8 }, (_, i) => view.getFloat64(start + 8 * i, true));
  }
  return { arrays, notes };
}

function requireBytes(where: string, bytes: unknown): void {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(complaint(where, 'bytes', bytes, 'a Uint8Array', 'Read the message whole.')); // prettier-ignore
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}
