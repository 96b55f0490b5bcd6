import { expect, it } from 'vitest';
import { steepest } from '../../../vitest.linear.mjs';
import { parseGraph } from '../src/cli/truth.js';
import { parseArrow, parseCsv } from '../src/index.js';

/** Readers, what a text of theirs begins with, and the tokens that they look at. */
const readers: Record<string, { read: (text: string) => unknown; begin: string; tokens: readonly string[] }> = {
  'a table': {
    read: (text) => parseCsv(text),
    begin: 'a,b\n1,',
    tokens: ['1', '.', 'e', '-', ' ', ',', ';', '\t', '|', '"', '""', '\n', '\r\n', 'x', '1,2\n', 'a,b\n', '"a\n', '\ufeff'],
  },
  'a table whose columns are aligned by spaces': {
    read: (text) => parseCsv(text, { delimiter: ' ' }),
    begin: 'a  b\n1 ',
    tokens: [' ', '  ', '1', '1 2\n', ' 1  2 \n', '\n', '\r\n', '"', '\t'],
  },
  'a header': {
    read: (text) => parseCsv(text),
    begin: '',
    tokens: ['a,', 'ab;', 'a b ', '"a, b",', '1,', '.', ','],
  },
  'a graph': {
    read: (text) => parseGraph(text, ['a', 'b', 'c'], 'graph.txt'),
    begin: 'a->b\n',
    tokens: ['a', '->', '-', '>', '"', '""', ' ', '\t', '\n', '\r\n', 'a->b\n', 'b -> c\n', '"a"->b\n'],
  },
  'an Arrow file': {
    read: (text) => parseArrow(Buffer.from(text, 'latin1')),
    begin: 'ARROW1\0\0',
    tokens: ['\0', '\xff', '\xff\xff\xff\xff\x10\0\0\0', 'ARROW1', '\x01\0\0\0'],
  },
}; // prettier-ignore

it.each(Object.entries(readers))('%s is read in proportion to its size, whatever it holds', async (_, reader) => {
  const { exponent, text } = await steepest(reader.read, reader.begin, reader.tokens);
  expect(exponent, text).toBeLessThan(1.5);
});
