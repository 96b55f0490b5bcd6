/**
 * Archives unpacked without trust: an archive's author decides its names and sizes, and neither may reach anything outside
 * the folder that is made for it.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

import { requireOptions } from '@assay-ml/numerics/check';
import { extract, type Header } from 'tar-stream';

import { DataCorrupt } from './errors.js';
import { exclusive } from './exclusive.js';

/** Limits of what is unpacked. */
export interface UntarOptions {
  /** Most bytes that all entries together may have, each with a header of 512. Default 4 GiB (our choice). */
  readonly maxBytes?: number;
}

/**
 * Unpacks a `.tar` or `.tar.gz` into a new folder, which appears only once all of the archive is in it. Only plain files
 * and folders are taken; owners, times and permissions are not.
 * @param archive path of the archive; whether it is compressed is seen from its first bytes
 * @param to folder to make; must not exist
 * @returns the folder's absolute path
 * @throws DataCorrupt naming archive and entry, when an entry is a link or another special file, its name is absolute or
 *   leaves the folder, or is there twice, when there is more than `maxBytes`, or the archive is damaged, cut short or empty; RangeError
 *   when `maxBytes` is no positive integer; Error when the folder exists
 */
export async function untar(archive: string, to: string, options: UntarOptions = {}): Promise<string> {
  requireOptions<UntarOptions>('untar', options, { maxBytes: 1 });
  const { maxBytes = 2 ** 32 } = options;
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
    throw new RangeError(`untar: 'maxBytes' is ${maxBytes}; must be a positive integer. Leave it out for 4 GiB.`);
  }
  const folder = resolve(to);
  return exclusive('untar', folder, undefined, () => unpackTo(folder, archive, maxBytes));
}

async function unpackTo(folder: string, archive: string, maxBytes: number): Promise<string> {
  if (await isThere(folder)) throw new Error(`untar: ${folder} exists; must be new. Remove it or name another folder.`);
  const part = `${folder}.part`;
  await rm(part, { recursive: true, force: true }); // of a process that was killed
  await mkdir(part, { recursive: true });
  try {
    await unpack(archive, part, maxBytes);
    await rename(part, folder);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  return folder;
}

const TAKEN = 'has the name of another entry, or lies below a file; must have another name';
/** What the file system says of names, and what that means for an entry. */
const CLASHES: Readonly<Record<string, string>> = {
  EEXIST: TAKEN,
  ENOTDIR: TAKEN,
  EISDIR: TAKEN,
  ENAMETOOLONG: 'has a name too long for this file system; must be shorter',
};

async function unpack(archive: string, part: string, maxBytes: number): Promise<void> {
  const entries = extract();
  const reading = (await isGzip(archive))
    ? pipeline(createReadStream(archive), createGunzip(), entries)
    : pipeline(createReadStream(archive), entries);
  // An entry that is being written does not always notice that no more of it will come.
  const broken = new AbortController();
  reading.catch((error: unknown) => broken.abort(error));
  const seen = new Set<string>();
  let bytes = 0;
  let current = '';
  try {
    for await (const entry of entries) {
      current = entry.header.name;
      const { name, size = 0 } = entry.header;
      const path = pathOf(archive, entry.header);
      bytes += 512 + size;
      if (bytes > maxBytes) {
        throw new DataCorrupt(archive, `with entry ${quoted(name)} more than ${maxBytes} bytes; must be at most that.`);
      }
      if (entry.header.type === 'directory') {
        await mkdir(join(part, ...path), { recursive: true });
        entry.resume();
        continue;
      }
      const target = join(part, ...path);
      if (seen.has(target)) throw refused(archive, name, 'is there twice; must be there once');
      seen.add(target);
      await mkdir(dirname(target), { recursive: true });
      await pipeline(entry, createWriteStream(target, { flags: 'wx' }), broken);
    }
    await reading;
  } catch (error) {
    const cause: unknown = (error as Error).name === 'AbortError' ? broken.signal.reason : error;
    const clash = CLASHES[(cause as NodeJS.ErrnoException).code ?? ''];
    if (clash !== undefined) throw refused(archive, current, clash);
    if (cause instanceof DataCorrupt || (cause as NodeJS.ErrnoException).syscall !== undefined) throw cause;
    throw new DataCorrupt(archive, `not a whole archive (${(cause as Error).message}). Remove it and get it again.`, {
      cause,
    });
  } finally {
    entries.destroy();
  }
  if (seen.size === 0) throw new DataCorrupt(archive, 'no file is in this archive. Remove it and get it again.');
}

/** Where an entry goes, as names below the folder. */
function pathOf(archive: string, { name, type }: Header): string[] {
  if (type !== 'file' && type !== 'contiguous-file' && type !== 'directory') {
    throw refused(archive, name, `is a ${type ?? 'special file'}; must be a plain file or a folder`);
  }
  const path = name.split('/').filter((word, i) => i === 0 || (word !== '' && word !== '.'));
  if (path[0] === '.') path.shift();
  if (name.startsWith('/') || /^[a-z]:/i.test(name) || /[\\\0]/.test(name) || path.includes('..')) {
    throw refused(archive, name, 'would leave the folder; must be a path below it, with / between names');
  }
  return path;
}

function refused(archive: string, name: string, why: string): DataCorrupt {
  return new DataCorrupt(archive, `entry ${quoted(name)} ${why}. Nothing was unpacked; do not use this archive.`);
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 200));
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read({ buffer: Buffer.alloc(2), position: 0 });
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
