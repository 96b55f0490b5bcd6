import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { DataCorrupt } from './errors.js';

/** What is known of a file's content. */
interface Content {
  readonly name: string;
  readonly bytes: number;
  /** Null when it was never seen: then only the size is checked. */
  readonly sha256: string | null;
}

/**
 * The content of a file, decompressed where its name ends in `.gz`, once it is known to be the right one.
 * @throws DataCorrupt when it is not
 */
export async function readVerified(path: string, { name, bytes, sha256 }: Content): Promise<Uint8Array> {
  let content: Uint8Array = await readFile(path);
  if (path.endsWith('.gz')) {
    try {
      // The limit keeps a hostile archive from filling the memory; one byte more than expected is enough to know.
      content = await promisify(gunzip)(content, { maxOutputLength: bytes + 1 });
    } catch (cause) {
      throw new DataCorrupt(path, `not the published archive of ${name}. Remove it and get it again.`, { cause });
    }
  }
  if (sha256 === null) {
    if (content.length === bytes) return content;
    throw new DataCorrupt(path, `${content.length} bytes; must be ${bytes}. Remove the file and get it again.`);
  }
  const found = createHash('sha256').update(content).digest('hex');
  if (found !== sha256) {
    throw new DataCorrupt(
      path,
      `sha256 of the content is ${found}; must be ${sha256}. Remove the file and get it again.`,
    );
  }
  return content;
}
