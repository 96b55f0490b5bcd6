import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, it } from 'vitest';
import { steepest } from '../../../vitest.linear.mjs';
import * as data from '../src/index.js';
import { bert, bytesOf } from './tokenizers.js';

const folder = mkdtempSync(join(tmpdir(), 'linear-'));
afterAll(() => rmSync(folder, { recursive: true }));
const tokenizer = await data.readTokenizer(bytesOf(bert));
const characters = data.characterVocabulary('ab\u00e9\u{1f600}');

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65536) yield bytes.subarray(at, at + 65536);
}
async function through(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) void item;
}

/** Readers, what a text of theirs begins with, and the tokens that they look at. */
const readers: Record<string, { read: (text: string) => unknown; begin: string; tokens: readonly string[] }> = {
  libsvm: {
    begin: '1 1:',
    read: (text) => through(data.streamLibsvm(once(Buffer.from(text)))),
    tokens: ['1', '0', '+', '-', '.', 'e', ' ', '\t', ':', '#', '\n', '\r', 'x', '1:1 ', '1 1:1\n', '1'.repeat(50)],
  },
  csv: {
    begin: 'a\n',
    read: (text) => through(data.streamCsv(once(Buffer.from(text)))),
    tokens: ['1', '.', 'e', '-', ' ', ',', '"', '""', '\n', '\r\n', 'x', '1,', '1\n', 'a,b\n', '1,2\n', '"a\n', '\ufeff'],
  },
  'csv, one column with blank lines': {
    begin: '',
    read: (text) => through(data.streamCsv(once(Buffer.from(`y\n${text}`)), { empty: 0 })),
    tokens: ['\n', '1\n', ' ', '"', '""', '\r\n', '1'],
  },
  idx: {
    begin: '\0\0\b\x01\0\x0f\xff\xff',
    read: (text) => through(data.streamIdx(once(Buffer.from(text, 'latin1')))),
    tokens: ['\0', '\x01', '\b', '\xff', '\0\0\b\x01\0\x0f\xff\xff', '\0\0\b\x02\0\x01\0\0\0\0\0\x02'],
  },
  cifar: {
    begin: '\0',
    read: (text) => data.parseCifar(Buffer.from(text, 'latin1'), { classes: [10] }),
    tokens: ['\0', '\x09', '\xff', '\x01'.repeat(3073)],
  },
  c4: {
    begin: '{"text":"a"}\n',
    read: (text) => {
      writeFileSync(join(folder, 'c4-train.00000-of-00001.json'), text);
      return through(data.c4({ folder }));
    },
    tokens: ['{', '}', '[', '"', '\\', ':', 'a', ' ', '\n', '\r', '{"text":"a"}\n', '{"text":"', '"text":"a",'],
  },
  brown: {
    begin: 'a/b ',
    read: (text) => data.parseBrown(text, { tags: true }),
    // Lines of several words: of single ones the collector of memory would take most of the time.
    tokens: ['a', '/', ' ', '\t', '\n'.repeat(16), '\r', 'a/b ', 'a/b c/d e/f g/h i/j k/l\n', '//'],
  },
  glue: {
    begin: 'sentence\tlabel\na\t1\n',
    read: (text) => data.parseGlue('SST-2', text),
    tokens: ['a', '\t', '\n', '\r', ' ', '"', '1', 'a\t1\n', 'a\t1\r\n', '\ufeff'],
  },
  characters: {
    begin: 'a',
    read: (text) => characters.decode(characters.encode(text)) + data.characterVocabulary(text).characters,
    tokens: ['a', 'b', '\u00e9', '\u{1f600}', '\ud83d', 'ab'],
  },
  bytes: {
    begin: 'a',
    read: (text) => data.byteVocabulary().decode(data.byteVocabulary().encode(text)),
    tokens: ['a', '\u00e9', '\u{1f600}', '\ufeff', '\0'],
  },
  tokenizer: {
    begin: 'the ',
    read: (text) => tokenizer.decode(tokenizer.encode(text)),
    tokens: ['the ', 'cats', 'a', ' ', '\n', ',', '[SEP]', '[', '\u00e9', 'e\u0301', '\u0301', '\u4e2d', '##s', '\0', '\u{1f600}'],
  },
}; // prettier-ignore

it.each(Object.entries(readers))('%s is read in proportion to its size, whatever it holds', async (_, reader) => {
  const { exponent, text } = await steepest(reader.read, reader.begin, reader.tokens);
  expect(exponent, text).toBeLessThan(1.5);
});
