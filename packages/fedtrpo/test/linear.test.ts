import { expect, it } from 'vitest';
import { steepest } from '../../../vitest.linear.mjs';
import { loadPolicy, parseDistrict, syntheticFolder } from '../src/index.js';
import { parseTable } from '../src/microgrid/csv.js';

const folder = syntheticFolder({ days: 1 });
const json = ['{', '}', '[', '"', '\\', '\\u0000', '1', '-', '.', 'e', ',', ':', ' ', 'null,', '"a":1,', '[0],'];

/** Readers, what a text of theirs begins with, and the tokens that they look at. */
const readers: Record<string, { read: (text: string) => unknown; begin: string; tokens: readonly string[] }> = {
  'a table': {
    read: (text) => parseTable(text, 'a.csv'),
    begin: 'a,b\n1,',
    tokens: ['1', '.', 'e', '-', ' ', ',', '"', '""', '\n', '\r', '\r\n', 'x', '1,2\n', ',\n', '\ufeff'],
  },
  'the names of a table': {
    read: (text) => parseTable(text, 'a.csv'),
    begin: '"',
    tokens: ['a', '"', '"a', '"a",', ' ', '\t', ',', '1,', '\r', '\ufeff'],
  },
  'a schema': {
    read: (text) => parseDistrict({ ...folder, 'schema.json': text }),
    begin: '{"buildings":{"Building_1":{"energy_simulation":"Building_1.csv","a":[',
    tokens: [...json, '"Building_1":{"include":true},'],
  },
  'a policy': {
    read: (text) => loadPolicy(JSON.parse(text) as never),
    begin: '{"schema":1,"theta":{"float64":"',
    tokens: [...json, 'AAAAAAAA', '='],
  },
}; // prettier-ignore

it.each(Object.entries(readers))('%s is read in proportion to its size, whatever it holds', async (_, reader) => {
  const { exponent, text } = await steepest(reader.read, reader.begin, reader.tokens);
  expect(exponent, text).toBeLessThan(1.5);
});
