/** Why a results folder cannot be used. */
export type StoreProblem =
  /** The disk is full, or the quota. */
  | 'full'
  /** Another run holds the folder. */
  | 'locked'
  /** Made by another version of the file formats, or not a results folder. */
  | 'schema'
  /** Holds another reproduction or tier. */
  | 'other-run'
  /** Folders to merge that do not belong together. */
  | 'mismatch'
  /** Any other refusal of the file system. */
  | 'io';

/** A results folder cannot be used; exit code 2. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** An error of the kind `problem`. */
  constructor(
    readonly problem: StoreProblem,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What the file system said, with the file and what to do. */
export function storeError(file: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new StoreError(
        'full',
        `no space left to write '${file}' (${code}). Free some and run again: finished cells are kept.`,
        { cause },
      )
    : new StoreError('io', `cannot use '${file}': ${message}. Check the folder's permissions, or choose another.`, {
        cause,
      });
}
