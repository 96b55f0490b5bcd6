/** Files that a command writes: looked at before anything is computed, written whole or not at all. */
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import writeFileAtomic from 'write-file-atomic';

/** Whether something lies at a path. */
export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** @throws Error where the file could not be written: its folder is not there, or it is a folder itself */
export async function checkTarget(flag: string, path: string | undefined): Promise<void> {
  if (path === undefined) return;
  const folder = dirname(resolve(path));
  if (!(await exists(folder))) {
    throw new Error(
      `fedtrpo: '${flag}' is '${path}', whose folder is not there; must be in one that is. Make it first.`,
    );
  }
  if ((await stat(path).catch(() => null))?.isDirectory() === true) {
    throw new Error(`fedtrpo: '${flag}' is '${path}', a folder; must be a file. Name a file in it.`);
  }
}

/** Writes texts, each whole or not at all. */
export async function writeAll(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) await writeFileAtomic(path, text);
}
