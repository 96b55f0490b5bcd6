/** One run at a time in a results folder. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { StoreError } from './store-error.js';

interface Owner {
  readonly pid: number;
  readonly host: string;
}

/** Locks of this process: a lock with its id that is not among them is of an earlier process that had the same. */
const ours = new Set<string>();

/**
 * Take the folder's lock. One left by a process of this machine that is gone is taken over.
 * @returns gives the lock back
 * @throws StoreError `locked` while another run holds it
 */
export function lock(folder: string): () => void {
  const path = resolve(folder, 'lock');
  const mine = join(folder, `lock.${process.pid}`);
  const owner: Owner = { pid: process.pid, host: hostname() };
  const content = JSON.stringify(owner);
  writeFileSync(mine, content);
  try {
    // A link appears whole or not at all: nobody ever reads half a lock.
    while (!link(mine, path)) {
      const seen = read(path);
      if (seen === null) continue; // given back in between
      if (!isStale(seen, path)) throw held(folder, path, seen);
      takeAway(path, seen);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  ours.add(path);
  return () => {
    ours.delete(path);
    if (read(path) === content) rmSync(path, { force: true });
  };
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Rename first: of two processes that saw the same stale lock only one gets it, and sees if it was another by then. */
function takeAway(path: string, seen: string): void {
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (read(aside) !== seen) link(aside, path);
  rmSync(aside, { force: true });
}

function isStale(content: string, path: string): boolean {
  const owner = parse(content);
  if (owner === null || owner.host !== hostname()) return false;
  if (owner.pid === process.pid) return !ours.has(path);
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function parse(content: string): Owner | null {
  try {
    return JSON.parse(content) as Owner;
  } catch {
    return null;
  }
}

function held(folder: string, path: string, content: string): StoreError {
  const owner = parse(content);
  const who = owner === null ? 'an unknown process' : `process ${owner.pid} on ${owner.host}`;
  return new StoreError(
    'locked',
    `results folder '${folder}' is in use by ${who}. Wait for it, choose another folder, or delete '${path}' if no such run exists.`,
  );
}
