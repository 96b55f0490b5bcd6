/** The packages as they were at a git ref, built apart, with this version's suites. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/**
 * A git worktree in a temporary folder. Third-party packages are those installed here, whatever the ref's lock file says:
 * what is compared is our code.
 */
export class Worktree {
  readonly #repository: string;
  readonly #root: string;
  /** Its benchmarks folder: with this version's dist. */
  readonly benchmarks: string;

  /** @throws Error when the ref does not exist or does not build */
  constructor(benchmarks: string, ref: string) {
    this.#repository = dirname(benchmarks);
    this.#root = join(mkdtempSync(join(tmpdir(), 'assay-bench-')), 'worktree');
    this.benchmarks = join(this.#root, basename(benchmarks));
    try {
      this.#run(this.#repository, 'git', 'worktree', 'add', '--detach', this.#root, ref);
      this.#link();
      // No suite runs claims, which may need what is no longer installed.
      const measured = readdirSync(join(this.#root, 'packages')).filter((name) => name !== 'claims');
      const projects = measured.map((name) => `packages/${name}/tsconfig.lib.json`);
      this.#run(
        this.#root,
        process.execPath,
        join(this.#repository, 'node_modules/typescript/bin/tsc'),
        '-b',
        ...projects,
      );
      rmSync(this.benchmarks, { recursive: true, force: true });
      cpSync(join(benchmarks, 'package.json'), join(this.benchmarks, 'package.json'));
      cpSync(join(benchmarks, 'dist'), join(this.benchmarks, 'dist'), { recursive: true });
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  remove(): void {
    rmSync(dirname(this.#root), { recursive: true, force: true });
    execFileSync('git', ['worktree', 'prune'], { cwd: this.#repository });
  }

  /** Everything installed here, but our own packages from the worktree. */
  #link(): void {
    const ours = '@assay-ml';
    const modules = join(this.#root, 'node_modules');
    mkdirSync(join(modules, ours), { recursive: true });
    for (const name of readdirSync(join(this.#repository, 'node_modules'))) {
      if (name !== ours) symlinkSync(join(this.#repository, 'node_modules', name), join(modules, name));
    }
    for (const name of readdirSync(join(this.#root, 'packages'))) {
      symlinkSync(join(this.#root, 'packages', name), join(modules, ours, name));
      const nested = join(this.#repository, 'packages', name, 'node_modules');
      if (existsSync(nested)) symlinkSync(nested, join(this.#root, 'packages', name, 'node_modules'));
    }
  }

  #run(cwd: string, command: string, ...args: string[]): void {
    try {
      execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (error) {
      const { stdout, stderr, message } = error as Error & { stdout?: Buffer; stderr?: Buffer };
      throw new Error(`--compare: ${[stderr, stdout].join('').trim() || message}`);
    }
  }
}
