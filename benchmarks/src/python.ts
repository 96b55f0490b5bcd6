/** numpy and PyTorch as peers: virtual environments made on first use, and processes in them. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { folderError } from '@assay-ml/numerics/check';
import { Contestant } from './contest.js';

/**
 * The Python that has a file of peers/ installed, from `$XDG_CACHE_HOME/assay` (default ~/.cache/assay). One environment
 * for each content of that file.
 * @throws Error naming what is missing, or what is in the way of the folder
 */
export function python(peers: string, file = 'requirements.txt'): string {
  const requirements = join(peers, file);
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(cache, 'assay', `peers-${version}`);
  const path = (root: string) => join(root, 'bin', 'python');
  if (existsSync(path(folder))) return path(folder);
  process.stderr.write(`Installing the peers' packages into ${folder}\n`);
  try {
    mkdirSync(dirname(folder), { recursive: true });
  } catch (error) {
    throw folderError('no peers', dirname(folder), error, 'Name another folder in XDG_CACHE_HOME.');
  }
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
    throw new Error(`no peers: they need ${needed} (${words})`);
  }
}

/** Debian's, for which `python3-torch` is installed. */
const SYSTEM = '/usr/bin/python3';

/**
 * Starts peers/<package>.py in PyTorch, by default with as many threads as native TensorFlow takes. That is the system's PyTorch, else
 * one in an environment of ours, a download of gigabytes that no CI makes.
 *
 * The system's multiplies with the libblas.so.3 that is installed, by default the reference one, twelve times slower than
 * others: it gets the OpenBLAS of an old scipy, whose names are not prefixed yet.
 * @throws Error naming what is missing
 */
export function torchPeer(
  peers: string,
  script: string,
  threads = Number(process.env['TF_NUM_INTRAOP_THREADS']) || availableParallelism(),
): Contestant {
  // Threads that spin would take the cores from those of the BLAS.
  const env = { ...environment(threads), OMP_WAIT_POLICY: 'passive' };
  if (!imports(SYSTEM, 'torch')) {
    if (process.env['CI']) throw new Error('no PyTorch: install python3-torch; CI does not download it');
    return new Contestant(python(peers, 'requirements-torch.txt'), ['-u', script], env);
  }
  const blas = python(peers, 'requirements-openblas.txt');
  const where = 'import scipy; print(scipy.__path__[0] + ".libs")';
  const folder = execFileSync(blas, ['-c', where], { encoding: 'utf8' }).trim();
  const library = readdirSync(folder).find((name) => name.startsWith('libopenblas'))!;
  return new Contestant(SYSTEM, ['-u', script], { ...env, LD_LIBRARY_PATH: folder, LD_PRELOAD: join(folder, library) });
}

function imports(interpreter: string, name: string): boolean {
  try {
    execFileSync(interpreter, ['-c', `import ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts peers/<package>.py with one thread where peers/requirements-pypi.txt is installed: gigabytes, which no CI downloads.
 * @throws Error naming what is missing
 */
export function pypiPeer(peers: string, script: string): Contestant {
  if (process.env['CI']) throw new Error('no peers: CI does not download the gigabytes of requirements-pypi.txt');
  return pythonPeer(python(peers, 'requirements-pypi.txt'), script);
}

/** Starts peers/<package>.py with one thread; `core` holds OpenBLAS to the kernels of one processor. */
export function pythonPeer(interpreter: string, script: string, core?: string): Contestant {
  return new Contestant(interpreter, ['-u', script], environment(1, core));
}

function environment(threads: number, core?: string): NodeJS.ProcessEnv {
  // What was set for other programs on this machine must not slow the peer down.
  const kept = Object.entries(process.env).filter(([name]) => !/^OPENBLAS_(CORETYPE|L2_SIZE)$/.test(name));
  const env: NodeJS.ProcessEnv = Object.fromEntries(kept);
  for (const name of ['OPENBLAS', 'OMP', 'MKL']) env[`${name}_NUM_THREADS`] = `${threads}`;
  if (core !== undefined) env['OPENBLAS_CORETYPE'] = core;
  return env;
}
