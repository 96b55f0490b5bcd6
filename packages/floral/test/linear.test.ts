import { expect, it } from 'vitest';
import { steepest } from '../../../vitest.linear.mjs';
import { parseNpy } from '../src/cli/npy.js';
import { decodeUpdate, layoutOf } from '../src/index.js';

const layout = layoutOf([{ kind: 'dense', name: 'd', inputs: 4, outputs: 3 }], { clusters: 2, rank: 1 });

/** An .npy file, version 2, whose header is this text. */
function npy(header: string): Uint8Array {
  const head = Buffer.from('\x93NUMPY\x02\x00\0\0\0\0', 'latin1');
  head.writeUint32LE(header.length, 8);
  return Buffer.concat([head, Buffer.from(header, 'latin1')]);
}

/** A message whose header is this text. */
function message(header: string): Uint8Array {
  const text = Buffer.from(header);
  const head = Buffer.alloc(8);
  head.writeUint32LE(text.length);
  return Buffer.concat([head, text]);
}

/** Readers, what a text of theirs begins with, and the tokens that they look at. */
const readers: Record<string, { read: (text: string) => unknown; begin: string; tokens: readonly string[] }> = {
  'the header of an .npy file': {
    read: (text) => parseNpy(npy(text), 'x.npy'),
    begin: "{'descr': '<f4', 'fortran_order': False, ",
    tokens: ["'descr':", "'shape':(", "'shape': ", ' ', "'", '(', ')', ',', '1,', "'fortran_order': "],
  },
  'the numbers of an .npy file': {
    read: (text) => parseNpy(Buffer.concat([npy(`{'descr': '|u1', 'fortran_order': False, 'shape': (${Buffer.byteLength(text)},)}`), Buffer.from(text)]), 'x.npy'),
    begin: '',
    tokens: ['\0', '1'],
  },
  'the header of a message': {
    read: (text) => decodeUpdate(message(text), layout, 0),
    begin: '{"__metadata__":{"kind":"update","round":"0","shapes":"',
    tokens: ['{', '}', '[', '"', '\\', '1', ',', ':', ' ', '"a":1,', '[0],', '"base":{"dtype":"F64","data_offsets":[0,0]},', 'd/kernel [4, 3]; '],
  },
}; // prettier-ignore

it.each(Object.entries(readers))('%s is read in proportion to its size, whatever it holds', async (_, reader) => {
  const { exponent, text } = await steepest(reader.read, reader.begin, reader.tokens);
  expect(exponent, text).toBeLessThan(1.5);
});
