import { expect, it } from 'vitest';
import { steepest } from '../../../vitest.linear.mjs';
import { parseNpy } from '../src/cli/npy.js';
import { decodeMask } from '../src/index.js';

/** An .npy file, version 2, whose header is this text. */
function npy(header: string): Uint8Array {
  const head = Buffer.from('\x93NUMPY\x02\x00\0\0\0\0', 'latin1');
  head.writeUint32LE(header.length, 8);
  return Buffer.concat([head, Buffer.from(header, 'latin1')]);
}

/** Readers, and the tokens that they look at. */
const readers: Record<string, { read: (text: string) => unknown; begin: string; tokens: readonly string[] }> = {
  'the header of an .npy file': {
    read: (text) => parseNpy(npy(text), 'x.npy'),
    begin: "{'descr': '<f4', 'fortran_order': False, ",
    tokens: ["'descr':", "'shape':(", "'shape': ", ' ', "'", '(', ')', ',', '1,', "'fortran_order': "],
  },
  'the numbers of an .npy file': {
    read: (text) => parseNpy(Buffer.concat([npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}"), Buffer.from(text)]), 'x.npy'),
    begin: '',
    tokens: ['\0', '1'],
  },
  'a mask': { read: (text) => decodeMask(Buffer.from(text, 'latin1')), begin: 'ASYMASK1\x10\0\0\0{"layers":[', tokens: ['\0', '{', '[', '1,', '\xff'] },
}; // prettier-ignore

it.each(Object.entries(readers))('%s is read in proportion to its size, whatever it holds', async (_, reader) => {
  const { exponent, text } = await steepest(reader.read, reader.begin, reader.tokens);
  expect(exponent, text).toBeLessThan(1.5);
});

it('a header longer than NumPy reads is refused', () => {
  expect(() => parseNpy(npy(' '.repeat(10_001)), 'x.npy')).toThrow(
    'x.npy has a header of 10001 bytes; must be at most 10000. Write it with numpy.save.',
  );
});
