import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors } from '@assay-ml/networks';
import { afterAll, expect, it } from 'vitest';
import { steepest } from '../../../vitest.linear.mjs';
import { decodeModel } from '../src/cli/characters.js';
import { shapesOf } from '../src/cli/shapes.js';

const folder = mkdtempSync(join(tmpdir(), 'linear-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The shapes of a file of that name and content. */
function shapes(name: string, content: string | Uint8Array): Promise<unknown> {
  writeFileSync(join(folder, name), content);
  return shapesOf(join(folder, name));
}

/** A safetensors file whose header is this text. */
function safetensors(header: string): Uint8Array {
  const text = Buffer.from(header);
  const head = Buffer.alloc(8);
  head.writeUint32LE(text.length);
  return Buffer.concat([head, text]);
}

const json = ['{', '}', '[', '"', '\\', '\\u0000', '1', '-', '.', 'e', ',', ':', ' ', 'null,', '"a":1,', '[0],'];

/** Readers, what a text of theirs begins with, and the tokens that they look at. */
const readers: Record<string, { read: (text: string) => unknown; begin: string; tokens: readonly string[] }> = {
  'a model.json': {
    read: (text) => shapes('model.json', text),
    begin: '{"weightsManifest":[{"weights":[',
    tokens: [...json, '{"name":"a/kernel","shape":[2,2]},', '{"weights":[]},'],
  },
  'the header of a safetensors file': {
    read: (text) => shapes('a.safetensors', safetensors(text)),
    begin: '{"__metadata__":{"a":"',
    tokens: [...json, '"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},'],
  },
  'the sizes of a trained model': {
    read: (config) => decodeModel(encodeSafetensors({}, { config, characters: 'ab' })),
    begin: '{"vocabulary":2,"width":',
    tokens: json,
  },
  'the characters of a trained model': {
    read: (characters) => decodeModel(encodeSafetensors({}, { config: '{"vocabulary":2,"width":2,"hidden":2,"layers":1,"heads":1,"context":2}', characters })),
    begin: 'ab',
    tokens: ['a', '\u00e9', '\u{1f600}', '\ud83d', '\n', '\0'],
  },
}; // prettier-ignore

it.each(Object.entries(readers))('%s is read in proportion to its size, whatever it holds', async (_, reader) => {
  const { exponent, text } = await steepest(reader.read, reader.begin, reader.tokens);
  expect(exponent, text).toBeLessThan(1.5);
});

it('sizes that are no JSON are refused by name', () => {
  expect(() => decodeModel(encodeSafetensors({}, { config: '{', characters: 'ab' }))).toThrow(
    "frugal-opt: the file's sizes are '{'; must be JSON, as 'frugal-opt train' writes it. Train it anew.",
  );
});
