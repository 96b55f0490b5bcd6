/** One run at a time in a results folder. */
import { randomUUID } from 'node:crypto';
import { linkSync, lstatSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { place, startOf, type Place } from './process-identity.js';
import { StoreError } from './store-error.js';

interface Owner extends Place {
  readonly pid: number;
  /** When the process started; a number may be given to another. */
  readonly start?: string;
  /** Of this lock: no two have the same content. */
  readonly id?: string;
}

/** Locks of this process: a lock with its id that is not among them is of an earlier process that had the same. */
const ours = new Set<string>();

const BEAT_MS = 5000;

/** A lock whose owner cannot be looked up, without a sign of life for so long, is nobody's. */
const EXPIRY_MS = 180_000;

/**
 * Take the folder's lock. One left by a process of this machine that is gone is taken over; one of another machine or
 * container when it shows no sign of life for three minutes, by the clock of the file system.
 * @returns gives the lock back
 * @throws StoreError `locked` while another run holds it, `io` when the lock is a link
 */
export function lock(folder: string): () => void {
  const path = resolve(folder, 'lock');
  const id = randomUUID();
  const mine = join(folder, `lock.${id}`);
  const start = startOf(process.pid);
  const owner: Owner = { pid: process.pid, ...place(), ...(start !== undefined && { start }), id };
  const content = JSON.stringify(owner);
  writeFileSync(mine, content);
  try {
    // A link appears whole or not at all: nobody ever reads half a lock.
    while (!link(mine, path)) {
      const seen = read(path);
      if (seen === null)
        refuseLink(path); // else it was given back in between
      else if (isStale(seen, path, owner, mine)) takeAway(path, seen, id);
      else throw held(folder, path, seen);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  ours.add(path);
  const stopBeating = beat(path, content);
  return () => {
    stopBeating();
    ours.delete(path);
    if (read(path) === content) rmSync(path, { force: true });
  };
}

/** Writes the lock again every few seconds, from a thread: this one may be busy for minutes. */
function beat(path: string, content: string): () => void {
  let thread: Worker | undefined;
  const timer = setTimeout(() => {
    thread = new Worker(
      `const { closeSync, openSync, readFileSync, writeSync } = require('node:fs');
      const { path, content } = require('node:worker_threads').workerData;
      setInterval(() => {
        try {
          const file = openSync(path, 'r+');
          if (readFileSync(file, 'utf8') === content) writeSync(file, content, 0);
          closeSync(file);
        } catch {} // given back, or a disk that is full: then it expires
      }, ${BEAT_MS});`,
      { eval: true, workerData: { path, content }, stdin: false, execArgv: [] }, // none that a debugger or loader needs
    );
    thread.on('error', () => undefined); // no more threads here: the run goes on, and the lock expires
    thread.unref();
  }, BEAT_MS).unref();
  return () => {
    clearTimeout(timer);
    void thread?.terminate();
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

function refuseLink(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    throw new StoreError('io', `'${path}' is a link to a file that is not there; must be no link. Delete it.`);
  }
}

/** Rename first: of two processes that saw the same stale lock only one gets it, and sees if it was another by then. */
function takeAway(path: string, seen: string, id: string): void {
  const aside = `${path}.stale-${id}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (read(aside) !== seen) link(aside, path);
  rmSync(aside, { force: true });
}

/** @param fresh a file of the same folder that was written just now: no two clocks are compared */
function isStale(content: string, path: string, here: Owner, fresh: string): boolean {
  const owner = parse(content);
  if (owner !== null && isHere(owner, here)) {
    if (!isRunning(owner.pid)) return true;
    if (owner.pid === here.pid && owner.start === undefined) return !ours.has(path);
    const start = startOf(owner.pid);
    if (start !== undefined && owner.start !== undefined) return start !== owner.start;
  }
  const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return written === undefined || statSync(fresh).mtimeMs - written > EXPIRY_MS;
}

/** Whether the owner's number is one of this place. A lock without an id is of an earlier version, which wrote the host alone. */
function isHere(owner: Owner, here: Owner): boolean {
  if (owner.host !== here.host) return false;
  return owner.id === undefined || (owner.boot === here.boot && owner.space === here.space);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function parse(content: string): Owner | null {
  try {
    const owner = JSON.parse(content) as Partial<Owner> | null;
    return typeof owner?.pid === 'number' && owner.pid > 0 && typeof owner.host === 'string' ? (owner as Owner) : null;
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
