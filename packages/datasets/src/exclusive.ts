/** One at a time, in this process and in others: a lock file that its holder keeps young. */
import { mkdir, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { folderError } from '@assay-ml/numerics/check';

/** How often the holder touches its lock, and a waiter looks, in milliseconds (our choice). */
const BEAT = 5_000;
const LOOK = 100;
/** A lock that old, in milliseconds, is of a process that was killed (our choice: twelve beats). */
const STALE = 60_000;

/**
 * Does some work while no other call for the same path does any, here or in another process on this file system.
 * @param where the caller's function, as errors name it
 * @param path what is worked on; the lock is `<path>.lock`, beside it
 * @throws the signal's reason when aborted while waiting; what the work throws
 */
export async function exclusive<T>(
  where: string,
  path: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const lock = `${path}.lock`;
  await makeFolder(where, dirname(lock));
  while (!(await taken(lock))) await sleep(LOOK, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
  const beat = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => undefined), BEAT);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(lock, { force: true });
  }
}

/** Makes a folder and those that it lies in. */
export async function makeFolder(where: string, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw folderError(where, folder, error, 'Name another; that of downloads by ASSAY_CACHE.');
  }
}

/** Takes a lock that nobody has; one that was left behind is moved out of the way, which only one of many can. */
async function taken(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx')).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const age = await stat(lock).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  if (age > STALE) {
    const aside = `${lock}.${process.pid}`;
    await rename(lock, aside).catch(() => undefined);
    await rm(aside, { force: true });
  }
  return false;
}
