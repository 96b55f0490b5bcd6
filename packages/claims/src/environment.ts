/** What `run.json` says about where a run happened. Nothing here enters a number. */
import { execFileSync } from 'node:child_process';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import type { RunFile } from './store.js';

/** Machine and source state of a run. */
export type Environment = Pick<RunFile, 'machine' | 'commit' | 'dirty'>;

/**
 * Look at this machine and at the git checkout around a folder.
 * @param folder inside the checkout; `commit` and `dirty` are null outside of any
 */
export function environment(folder: string = process.cwd()): Environment {
  const git = (...args: string[]) => {
    try {
      return execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    } catch {
      return null;
    }
  };
  const commit = git('rev-parse', 'HEAD');
  const status = commit === null ? null : git('status', '--porcelain', '--untracked-files=no');
  return {
    machine: {
      os: `${platform()} ${release()}`,
      arch: arch(),
      cpu: cpus()[0]?.model.trim() || 'unknown',
      cores: availableParallelism(),
      memoryGB: Math.round(totalmem() / 2 ** 28) / 4,
      node: process.version,
    },
    commit,
    dirty: status === null ? null : status !== '',
  };
}
