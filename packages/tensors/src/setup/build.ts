/**
 * What is set up lies in a folder of {@link nativeRoot} for each version, made beside its final place, which it takes only
 * after its self-test.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, statfs } from 'node:fs/promises';
import { folderError } from '@assay-ml/numerics/check';
import { nativeRoot } from '@assay-ml/numerics/engine';
import { isPart, makePart, removeStaleParts } from './part.js';
import { noSpace } from './tool.js';

/**
 * Makes a folder of {@link nativeRoot}, whole or not at all.
 * @param folder its final name; where another process makes the same first, that one's stays
 * @param gigabytes that must be free
 * @param make fills the folder that it is given
 * @returns what `make` does
 * @throws SetUpError where there is no space, Error where the folder cannot be made, and what `make` throws; nothing is left behind then
 */
export async function build<T>(folder: string, gigabytes: number, make: (part: string) => Promise<T>): Promise<T> {
  await mkdir(nativeRoot(), { recursive: true }).catch((error: unknown) => {
    throw folderError('native', nativeRoot(), error, 'Name another folder in ASSAY_CACHE.');
  });
  await removeStaleParts(nativeRoot());
  await checkRoom(gigabytes);
  const part = await makePart(folder);
  try {
    const made = await make(part);
    await rename(part, folder).catch((error: NodeJS.ErrnoException) => {
      if (!existsSync(folder)) throw error; // else another process was first, with the same
    });
    return made;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? noSpace((error as Error).message) : error;
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

async function checkRoom(needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(nativeRoot());
  const free = (bavail * bsize) / 1e9;
  if (free < needed) throw noSpace(`${free.toFixed(2)} GB free in ${nativeRoot()}, ${needed.toFixed(2)} GB needed`);
}

/**
 * Deletes all builds.
 * @returns names of the folders that were there
 */
export async function remove(): Promise<readonly string[]> {
  const root = nativeRoot();
  if (!existsSync(root)) return [];
  // Renamed first: a process that looks in between finds nothing rather than half of it.
  const gone = `${root}.removed-${process.pid}`;
  await rename(root, gone);
  const names = await readdir(gone);
  await rm(gone, { recursive: true, force: true });
  return names.filter((name) => !isPart(name));
}
