import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { pack, type Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DataCorrupt, untar } from '../src/index.js';

let folder: string;
let archive: string;
let to: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'untar-'));
  archive = join(folder, 'data.tar');
  to = join(folder, 'deep', 'out');
});
afterEach(() => rm(folder, { recursive: true }));

/** A tar with these entries: a name and a text, or a header. */
async function tar(...entries: readonly (readonly [string, string] | Partial<Header>)[]): Promise<Buffer> {
  const packed = pack();
  for (const entry of entries) {
    if ('length' in entry) packed.entry({ name: entry[0] }, entry[1]);
    else packed.entry(entry as Header);
  }
  packed.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of packed) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function refusal(bytes: Buffer, options = {}): Promise<string> {
  await writeFile(archive, bytes);
  const error: unknown = await untar(archive, to, options).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(DataCorrupt);
  // Nothing is left, neither where it belongs nor beside it.
  expect(existsSync(join(folder, 'deep')) ? await readdir(join(folder, 'deep')) : []).toEqual([]);
  expect((await readdir(folder)).filter((name) => name !== 'deep')).toEqual(['data.tar']);
  return (error as Error).message.replace(`${archive}: `, '');
}

describe('untar', () => {
  it.each([
    ['.tar', (bytes: Buffer) => bytes],
    ['.tar.gz', (bytes: Buffer) => gzipSync(bytes)],
  ])('unpacks a %s into a new folder', async (_, compress) => {
    const long = `${'long/'.repeat(30)}name.txt`; // needs an extended header
    const bytes = await tar(
      { name: 'a/', type: 'directory' },
      ['a/one.bin', 'one'],
      ['./b//two.bin', '2'.repeat(100_000)],
      ['empty', ''],
      [long, 'far'],
    );
    await writeFile(archive, compress(bytes));
    expect(await untar(archive, to)).toBe(to);
    expect((await readdir(to)).sort()).toEqual(['a', 'b', 'empty', 'long']);
    expect(await readFile(join(to, 'a', 'one.bin'), 'utf8')).toBe('one');
    expect(await readFile(join(to, 'b', 'two.bin'), 'utf8')).toBe('2'.repeat(100_000));
    expect(await readFile(join(to, 'empty'), 'utf8')).toBe('');
    expect(await readFile(join(to, long), 'utf8')).toBe('far');
    expect(await readdir(join(folder, 'deep'))).toEqual(['out']);
  });

  it.each(['../out.txt', 'a/../../out.txt', '..', '/etc/out.txt', 'c:/out.txt', 'a\\..\\out.txt'])(
    'refuses the name %s',
    async (name) => {
      expect(await refusal(await tar(['fine.txt', 'fine'], [name, 'out']))).toBe(
        `entry ${JSON.stringify(name)} would leave the folder; must be a path below it, with / between names. ` +
          'Nothing was unpacked; do not use this archive.',
      );
    },
  );

  it.each(['symlink', 'link', 'fifo', 'character-device', 'block-device'] as const)('refuses a %s', async (type) => {
    const bytes = await tar(['fine.txt', 'fine'], { name: 'in', type, linkname: '/etc' }, ['in/passwd', 'x']);
    expect(await refusal(bytes)).toBe(
      `entry "in" is a ${type}; must be a plain file or a folder. Nothing was unpacked; do not use this archive.`,
    );
  });

  it('refuses a name that is there twice, also when written otherwise', async () => {
    expect(await refusal(await tar(['a/b', '1'], ['a//./b', '2']))).toContain(
      'entry "a//./b" is there twice; must be there once.',
    );
  });

  it('refuses more bytes than allowed before it writes them, headers counted', async () => {
    const bytes = await tar(['a', 'x'.repeat(1000)], ['b', 'y'.repeat(1000)]);
    const most = 2 * (512 + 1000);
    expect(await refusal(bytes, { maxBytes: most - 1 })).toBe(
      `with entry "b" more than ${most - 1} bytes; must be at most that.`,
    );
    await untar(archive, to, { maxBytes: most });
    expect(await readFile(join(to, 'b'), 'utf8')).toBe('y'.repeat(1000));
  });

  it('refuses what is damaged, cut short, empty or no archive', async () => {
    const whole = await tar(['a', 'x'.repeat(5000)]);
    const zipped = gzipSync(Buffer.concat([whole, Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i) & 255))]));
    for (const bytes of [
      whole.subarray(0, 3000),
      zipped.subarray(0, zipped.length / 2),
      Buffer.concat([zipped.subarray(0, 30), Buffer.alloc(30, 255), zipped.subarray(60)]),
      Buffer.alloc(2000, '<html>'),
    ]) {
      expect(await refusal(bytes)).toMatch(/^not a whole archive \(.+\)\. Remove it and get it again\.$/);
    }
    for (const bytes of [Buffer.alloc(0), await tar(), await tar({ name: 'a', type: 'directory' })]) {
      expect(await refusal(bytes)).toBe('no file is in this archive. Remove it and get it again.');
    }
  });

  it('does not touch a folder that is there, and clears what a killed process left', async () => {
    await writeFile(archive, await tar(['a', '1']));
    await mkdir(`${to}.part`, { recursive: true });
    await writeFile(join(`${to}.part`, 'stale'), '');
    await untar(archive, to);
    expect(await readdir(to)).toEqual(['a']);
    await expect(untar(archive, to)).rejects.toThrow(
      `untar: ${to} exists; must be new. Remove it or name another folder.`,
    );
    await expect(untar(archive, `${to}2`, { maxBytes: 0.5 })).rejects.toThrow(
      "untar: 'maxBytes' is 0.5; must be a positive integer. Leave it out for 4 GiB.",
    );
    await expect(untar(join(folder, 'none.tar'), `${to}2`)).rejects.toThrow('ENOENT');
    expect(existsSync(`${to}2`)).toBe(false);
  });
});
