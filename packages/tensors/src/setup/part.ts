/**
 * Folders that are made beside their final place, as `<name>.part-<pid>-…`, and take the final name when they are whole: a
 * folder with that name is never found half-way.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const PART = /\.part-(\d+)-\w+$/;

/** Makes the folder that will take the name of another. */
export const makePart = (folder: string): Promise<string> => mkdtemp(`${folder}.part-${process.pid}-`);

/** Whether a name is that of an unfinished folder. */
export const isPart = (name: string): boolean => PART.test(name);

/** Deletes what processes that were killed left unfinished in a folder. */
export async function removeStaleParts(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const pid = PART.exec(name)?.[1];
    if (pid === undefined) continue;
    try {
      process.kill(Number(pid), 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH')
        await rm(join(root, name), { recursive: true, force: true });
    }
  }
}
