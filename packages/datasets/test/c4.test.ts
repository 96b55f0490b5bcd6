import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { c4, DataCorrupt, DataMissing, type C4Options } from '../src/index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'c4-'));
  await mkdir(join(folder, 'c4'));
  vi.stubEnv('ASSAY_DATA', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const jsonl = (...texts: string[]) => texts.map((text) => `${JSON.stringify({ text, url: 'u' })}\n`).join('');
const put = (name: string, content: string | Uint8Array) => writeFile(join(folder, 'c4', name), content);
async function read(options: C4Options = {}): Promise<string[]> {
  const texts: string[] = [];
  for await (const text of c4(options)) texts.push(text);
  return texts;
}

describe('c4', () => {
  it('reads documents of the shards that are there, in the order of their numbers', async () => {
    await put('c4-train.00010-of-01024.json.gz', gzipSync(jsonl('late')));
    await put('c4-train.00002-of-01024.json', jsonl('two\nlines', '', 'é')); // not compressed
    await put('c4-train.00001-of-01024.json.gz', Buffer.concat([gzipSync(jsonl('a')), gzipSync(jsonl('b'))]));
    await put('c4-validation.00000-of-00008.json.gz', gzipSync(jsonl('held')));
    await put('notes.json', 'not looked at');
    expect(await read()).toEqual(['a', 'b', 'two\nlines', '', 'é', 'late']);
    expect(await read({ split: 'validation' })).toEqual(['held']);
    expect(await read({ shards: [10, 1] })).toEqual(['late', 'a', 'b']);
    vi.stubEnv('ASSAY_DATA', '');
    expect(await read({ folder: join(folder, 'c4'), shards: [2] })).toHaveLength(3);
  });

  it('stops when its reader does', async () => {
    await put('c4-train.00000-of-01024.json.gz', gzipSync(jsonl('first') + 'no document\n'));
    for await (const text of c4()) {
      expect(text).toBe('first');
      break;
    }
  });

  it('says how to get what is missing', async () => {
    await expect(read()).rejects.toThrow(DataMissing);
    await expect(read()).rejects.toThrow(
      `c4: data missing. No train shard is in ${join(folder, 'c4')}. Put shards of its`,
    );
    await put('c4-train.00001-of-01024.json', jsonl('a'));
    await expect(read({ shards: [1, 3] })).rejects.toThrow(
      `c4: data missing. No train shard 3 is in ${join(folder, 'c4')}.`,
    );
    await expect(read({ folder: join(folder, 'none') })).rejects.toThrow(DataMissing);
    vi.stubEnv('ASSAY_DATA', '');
    await expect(read()).rejects.toThrow('c4: data missing. Put shards of its variant en, named as they are published');
  });

  it.each(['{"text":"a"', '{"text":3}', '[]', 'null', '7', '', '{"Text":"a"}'])('refuses the line %j', async (line) => {
    await put('c4-train.00000-of-01024.json', `${jsonl('a')}${line}\n${jsonl('b')}`);
    await expect(read()).rejects.toThrow(DataCorrupt);
    await expect(read()).rejects.toThrow(
      `c4-train.00000-of-01024.json: line 2: ${JSON.stringify(line)} is no JSON object with a text, as a line of C4 is.`,
    );
  });

  it('refuses a shard that is damaged, cut short or empty', async () => {
    const name = 'c4-train.00000-of-01024.json.gz';
    const whole = gzipSync(jsonl(...Array.from({ length: 2000 }, (_, i) => `text ${i * i}`)));
    const damaged = Buffer.from(whole);
    damaged.fill(255, 3000, 3050);
    for (const bytes of [whole.subarray(0, whole.length - 20), damaged, Buffer.from('<html>')]) {
      await put(name, bytes);
      await expect(read()).rejects.toThrow(DataCorrupt);
    }
    await put(name, whole.subarray(0, whole.length - 20));
    await expect(read()).rejects.toThrow(
      /not a whole archive \(unexpected end of file\)\. Remove it and get it again\.$/,
    );
    await put(name, gzipSync(''));
    await expect(read()).rejects.toThrow('no document; must have at least one. Remove it and get it again.');
  });

  it('refuses an unknown split', async () => {
    await expect(read({ split: 'test' as 'train' })).rejects.toThrow(
      "c4: 'split' is 'test'; must be 'train' or 'validation'. Choose one of them.",
    );
  });
});
