/** Programs that a command calls. */
import { spawn } from 'node:child_process';
import { SetUpError } from './set-up-error.js';

/** How to call a program. */
export interface ToolOptions {
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where it runs. Default: the working folder. */
  readonly cwd?: string;
  /** Let it draw its progress on this process's stderr. */
  readonly show?: boolean;
}

/** A program that failed. */
export class ToolFailed extends Error {
  override readonly name = 'ToolFailed';

  /**
   * @param program its name
   * @param code exit code or signal; `ENOENT` when there is no such program
   * @param stderr what it said
   */
  constructor(
    readonly program: string,
    readonly code: string,
    readonly stderr: string,
  ) {
    super(`${program} ended with ${code}: ${stderr.trim().split('\n').slice(-3).join(' ')}`);
  }
}

/**
 * Runs a program to its end.
 * @returns its standard output; empty when shown
 * @throws ToolFailed; SetUpError when the disk is full; the signal's reason when aborted
 */
export async function tool(program: string, args: readonly string[], options: ToolOptions): Promise<string> {
  const { signal, env, cwd, show = false } = options;
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', show ? 2 : 'pipe', 'pipe'], signal });
  const texts = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const code = await new Promise<string>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) resolve(error.code ?? error.message); // never started; else it is being ended
    });
    child.on('close', (status, killed) => resolve(String(status ?? killed)));
  });
  signal.throwIfAborted();
  if (code === '0') return texts.stdout;
  if (/No space left on device/i.test(texts.stderr)) throw noSpace(`${program} found none`);
  throw new ToolFailed(program, code, texts.stderr);
}

/** The error of a full disk. */
export const noSpace = (how: string): SetUpError =>
  new SetUpError(`no space left for the cache (${how}). Make room, or name another folder in ASSAY_CACHE.`);
