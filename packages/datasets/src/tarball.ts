import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { extract } from 'tar-stream';

/** The files of a `.tgz` that was verified, by name. */
export async function readTarball(archive: Uint8Array): Promise<Map<string, Buffer>> {
  const entries = extract();
  entries.end(await promisify(gunzip)(archive));
  const files = new Map<string, Buffer>();
  for await (const entry of entries) {
    const parts: Uint8Array[] = [];
    for await (const part of entry) parts.push(part as Uint8Array);
    files.set(entry.header.name, Buffer.concat(parts));
  }
  return files;
}
