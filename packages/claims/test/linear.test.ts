import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { steepest } from '../../../vitest.linear.mjs';
import { readRecords, readRun, readVerdicts } from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'linear-'));
afterAll(() => rmSync(folder, { recursive: true }));

const json = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  '\\u0000',
  '1',
  '-',
  '.',
  'e',
  ',',
  ':',
  ' ',
  '\n',
  'null,',
  '"a":1,',
  '[0],',
];
const cell = '{"id":"a","experiment":"b","config":{},"seed":0,"status":"done","values":{},"seconds":1,"sum":"0"}\n';

/** Readers by their file, and what else than JSON they look at. */
const readers: Record<string, { read: (folder: string) => unknown; tokens: readonly string[] }> = {
  'cells.jsonl': { read: readRecords, tokens: [...json, cell, '\n\n', '\0', '{}\n', '\uFFFD'] },
  'run.json': { read: readRun, tokens: json },
  'verdicts.json': { read: readVerdicts, tokens: json },
}; // prettier-ignore

it.each(Object.entries(readers))('%s is read in proportion to its size, whatever it holds', async (file, reader) => {
  const read = (text: string) => {
    writeFileSync(join(folder, file), text);
    return reader.read(folder);
  };
  const { exponent, text } = await steepest(read, '{"schema":1,"a":[', reader.tokens);
  expect(exponent, text).toBeLessThan(1.5);
});
