/** numpy as a peer: a virtual environment made on first use, and processes in it. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Contestant } from './contest.js';

/**
 * The Python that has peers/requirements.txt installed, from `$XDG_CACHE_HOME/assay` (default ~/.cache/assay). One
 * environment for each content of that file.
 * @throws Error naming what is missing
 */
export function python(peers: string): string {
  const requirements = join(peers, 'requirements.txt');
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(cache, 'assay', `peers-${version}`);
  const path = (root: string) => join(root, 'bin', 'python');
  if (existsSync(path(folder))) return path(folder);
  process.stderr.write(`Installing the peers' packages into ${folder}\n`);
  const unfinished = `${folder}.${process.pid}`;
  try {
    run('python3', ['-m', 'venv', '--copies', unfinished], 'python3 with its venv module');
    run(path(unfinished), ['-m', 'pip', 'install', '--quiet', '-r', requirements], 'pip and a package index');
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return path(folder);
}

function run(command: string, args: readonly string[], needed: string): void {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    const words = stderr?.toString().trim().split('\n').at(-1) || message;
    throw new Error(`no numpy: peers need ${needed} (${words})`);
  }
}

/** Starts peers/<package>.py with one thread; `core` holds OpenBLAS to the kernels of one processor. */
export function pythonPeer(interpreter: string, script: string, core?: string): Contestant {
  // What was set for other programs on this machine must not slow the peer down.
  const kept = Object.entries(process.env).filter(([name]) => !/^OPENBLAS_(CORETYPE|L2_SIZE)$/.test(name));
  const env: NodeJS.ProcessEnv = Object.fromEntries(kept);
  for (const name of ['OPENBLAS', 'OMP', 'MKL']) env[`${name}_NUM_THREADS`] = '1';
  if (core !== undefined) env['OPENBLAS_CORETYPE'] = core;
  return new Contestant(interpreter, ['-u', script], env);
}
