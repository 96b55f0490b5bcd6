/**
 * Masks as bytes: `ASYMASK1`, the length of a JSON header (uint32, little-endian), the header, the layers' bits one after
 * the other, and the CRC-32 of all before it (uint32, little-endian). A weight costs a bit.
 */
import { complaint } from '@assay-ml/numerics/check';

import { type Mask, maskLayer, sizeOf, requireMask } from './mask.js';

const MAGIC = 'ASYMASK1';

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

function crc32(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) rest = TABLE[(rest ^ bytes[i]!) & 255]! ^ (rest >>> 8);
  return ~rest >>> 0;
}

/** A mask as bytes, to be written to a file. */
export function encodeMask(mask: Mask): Uint8Array {
  requireMask('encodeMask', mask);
  const layers = mask.layers.map(({ name, shape }) => ({ name, shape }));
  const header = new TextEncoder().encode(JSON.stringify({ layers }));
  const start = MAGIC.length + 4 + header.length;
  const size = mask.layers.reduce((sum, { bits }) => sum + bits.length, 0);
  const bytes = new Uint8Array(start + size + 4);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  view.setUint32(MAGIC.length, header.length, true);
  bytes.set(header, MAGIC.length + 4);
  let at = start;
  for (const { bits } of mask.layers) {
    bytes.set(bits, at);
    at += bits.length;
  }
  view.setUint32(at, crc32(bytes.subarray(0, at)), true);
  return bytes;
}

/**
 * The mask in bytes of {@link encodeMask}.
 * @throws RangeError for anything else: another format or version, a file cut short or changed
 */
export function decodeMask(bytes: Uint8Array): Mask {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(complaint('decodeMask', 'bytes', bytes, 'a Uint8Array', 'Read the file whole.')); // prettier-ignore
  const refuse = (what: string): never => {
    throw new RangeError(`decodeMask: ${what}; must be bytes of encodeMask. Write the mask anew.`);
  };
  const magic = new TextDecoder().decode(bytes.subarray(0, MAGIC.length));
  if (magic !== MAGIC) {
    refuse(
      magic.startsWith('ASYMASK') ? `the file is of version '${magic.slice(7)}', not 1` : 'the file is no mask, its first bytes are not ASYMASK1', // prettier-ignore
    );
  }
  if (bytes.length < MAGIC.length + 8) refuse(`the file ends after ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - 4;
  if (view.getUint32(end, true) !== crc32(bytes.subarray(0, end))) {
    refuse(`the checksum of ${bytes.length} bytes is wrong: the file was cut short or changed`);
  }
  const start = MAGIC.length + 4 + view.getUint32(MAGIC.length, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(MAGIC.length + 4, start))) as {
    layers: { name: string; shape: number[] }[];
  };
  let at = start;
  const layers = header.layers.map(({ name, shape }) => {
    const from = at;
    at += Math.ceil(sizeOf(shape) / 8);
    return maskLayer(name, shape, new Uint8Array(bytes.subarray(from, at))); // a copy, also of a Buffer
  });
  return { layers };
}
