import { expect, it } from 'vitest';
import { steepest } from '../../../vitest.linear.mjs';
import { decodeSafetensors, readSafetensorsHeader } from '../src/index.js';

/** A safetensors file whose header is this text. */
function file(header: string): Uint8Array {
  const text = Buffer.from(header);
  const head = Buffer.alloc(8);
  head.writeUint32LE(text.length);
  return Buffer.concat([head, text]);
}

it.each<[string, (bytes: Uint8Array) => unknown]>([
  ['file', decodeSafetensors],
  ['header', (bytes) => readSafetensorsHeader((from, to) => bytes.subarray(from, to))],
])('a safetensors %s is read in proportion to its size, whatever it holds', async (_, read) => {
  const tokens = [
    '{',
    '[',
    '"',
    '\\',
    ' ',
    '1,',
    '"a":1,',
    '0',
    '"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},',
    '"a":{"dtype":"F8","shape":[2,2],"data_offsets":[0,4]},',
    '{"a":',
    '\u00e9',
  ];
  const { exponent, text } = await steepest((header) => read(file(header)), '{"__metadata__":{"a":"', tokens);
  expect(exponent, text).toBeLessThan(1.5);
});
